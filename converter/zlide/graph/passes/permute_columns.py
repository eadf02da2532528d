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
    product, _ = _product_before(value)
    return product is not None


def with_columns(value: Value, order: Order) -> Value:
    """Return `value` with its last dimension in another order. `can_permute_columns` holds."""
    product, after = _product_before(value)
    assert product is not None  # noqa: S101 (can_permute_columns holds)
    x, weight, *rest = product.inputs
    found = with_inputs(product, [x, _constant_with_columns(weight, order), *rest])
    for step in reversed(after):
        inputs = [
            found if each.array is None else _constant_with_columns(each, order)
            for each in step.inputs
        ]
        found = with_inputs(step, inputs)
    return found


def _product_before(value: Value) -> tuple[Value | None, list[Value]]:
    """Return the product by a constant that elementwise ops give `value`, and these, last first."""
    after: list[Value] = []
    while value.op not in {"MatMul", "Conv2D"}:
        if value.op in UNARY:
            operand = value.inputs[0]
        elif value.op in BINARY and (found := constant_operand(value)) is not None:
            operand = found[0]
            if operand.shape != value.shape:
                return None, []
        else:
            return None, []
        after.append(value)
        value = operand
    return (value if value.inputs[1].array is not None else None), after


def _constant_with_columns(value: Value, order: Order) -> Value:
    assert value.array is not None  # noqa: S101 (a constant)
    if value.array.shape[-1:] in {(), (1,)}:
        return value
    return const(value.array.take(order, axis=-1))
