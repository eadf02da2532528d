"""gather(x · W + b) → x · gather(W) + gather(b), for the columns of a product.

Before: MatMul (x, W) → Reshape (B, C, H, W) → Transpose (0, 2, 3, 1).
After: MatMul (x, W with its columns in another order) → Reshape (B, H, W, C).
The same for a lookup of channels in another order, as PixelShuffle has it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.graph.ir import Uses, Value, const, with_inputs
from zlide.graph.ir.build import reshape
from zlide.graph.passes.kinds import BINARY, UNARY, constant_operand, permutation

Order = NDArray[Any]


def permute_columns(_uses: Uses, value: Value) -> Value | None:
    perm = permutation(value)
    source = value.inputs[0] if value.inputs else None
    if perm is not None and source is not None and source.op == "Reshape":
        return _of_picture(value, source, perm)
    if value.op == "GatherV2" and source is not None and value.inputs[1].array is not None:
        order, at = value.inputs[1].array, value.inputs[2].array
        is_last = at is not None and int(at) == source.rank - 1
        is_order = order.ndim == 1 and sorted(order) == list(range(source.shape[-1]))
        if is_last and is_order and can_permute_columns(source):
            return with_columns(source, order)
    return None


def _of_picture(value: Value, source: Value, perm: list[int]) -> Value | None:
    vector = source.inputs[0]
    if perm[0] != 0 or source.shape[0] >= 0 or not can_permute_columns(vector):
        return None
    if vector.rank != 2 or vector.shape[0] != source.shape[0]:
        return None
    places = np.arange(vector.shape[1]).reshape(source.shape[1:])
    order = places.transpose([axis - 1 for axis in perm[1:]]).ravel()
    return reshape(with_columns(vector, order), value.shape)


def can_permute_columns(value: Value) -> bool:
    """Return whether the last dimension can have another order without work for the page."""
    if value.op in {"MatMul", "Conv2D"}:
        return value.inputs[1].array is not None
    if value.op in UNARY:
        return can_permute_columns(value.inputs[0])
    if value.op in BINARY and (found := constant_operand(value)) is not None:
        return found[0].shape == value.shape and can_permute_columns(found[0])
    return False


def with_columns(value: Value, order: Order) -> Value:
    """Return `value` with its last dimension in another order. `can_permute_columns` holds."""
    if value.array is not None:
        last = value.array.shape[-1:]
        return value if last in {(), (1,)} else const(value.array.take(order, axis=-1))
    if value.op in {"MatMul", "Conv2D"}:
        x, weight, *rest = value.inputs
        return with_inputs(value, [x, with_columns(weight, order), *rest])
    return with_inputs(value, [with_columns(each, order) for each in value.inputs])
