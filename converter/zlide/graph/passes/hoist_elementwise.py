"""f(move(x)) → move(f(x)), for elementwise f and ops that only move numbers.

Before: Conv2D → Reshape → Transpose → Reshape → AddV2 (bias by channel) → Relu.
After: Conv2D → AddV2 → Relu → Reshape → Transpose → Reshape.
The bias and the activation can then be fused with the convolution.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.graph.ir import Uses, Value, const, with_inputs
from zlide.graph.passes.kinds import BINARY, PRODUCTS, UNARY, constant_operand, permutation

_MOVING = frozenset("Reshape Transpose Slice ConcatV2".split())


def hoist_elementwise(uses: Uses, value: Value) -> Value | None:
    if value.op in UNARY and value.op != "Cast":
        x, number = value.inputs[0], None
    elif value.op in BINARY and (found := constant_operand(value)) is not None:
        x, number = found
    else:
        return None
    if x.op not in _MOVING or not uses.once(x) or not _ends_in_product(uses, x):
        return None
    if x.shape != value.shape:
        return None
    sources = x.inputs[:-1] if x.op == "ConcatV2" else x.inputs[:1]
    rest = x.inputs[len(sources) :]
    if number is None:
        return with_inputs(x, [*(with_inputs(value, [each]) for each in sources), *rest])
    before = _before(x, sources, number.array)
    if before is None:
        return None
    moved = []
    for each, numbers in zip(sources, before, strict=True):
        pair = [each, const(numbers)]
        moved.append(with_inputs(value, pair if value.inputs[0] is x else pair[::-1]))
    return with_inputs(x, [*moved, *rest])


def _ends_in_product(uses: Uses, x: Value) -> bool:
    """Return whether products compute all that x moves."""
    if x.op in _MOVING and uses.once(x):
        sources = x.inputs[:-1] if x.op == "ConcatV2" else x.inputs[:1]
        return all(_ends_in_product(uses, each) for each in sources)
    if x.op in {"AddV2", "Mul", "Relu"} and x.inputs[-1].array is not None:
        return x.inputs[0].op in PRODUCTS
    return x.op in PRODUCTS


def _before(  # noqa: PLR0911 (one way out for each op)
    move: Value, sources: tuple[Value, ...], numbers: NDArray[Any] | None
) -> list[NDArray[Any]] | None:
    """Return a constant by channel as it has to be before a move, for each source."""
    if numbers is None:
        return None
    if numbers.size == 1:
        return [numbers.reshape(())] * len(sources)
    if numbers.ndim == 0 or numbers.size != numbers.shape[-1]:
        return None
    flat = numbers.ravel()
    if move.op == "Slice":
        return [flat] if sources[0].shape[-1] == move.shape[-1] else None
    if move.op == "Transpose":
        perm = permutation(move)
        return [flat] if perm is not None and perm[-1] == len(perm) - 1 else None
    if move.op == "ConcatV2":
        return _by_part(move, sources, flat)
    return _by_reshape(sources[0].shape[-1], move.shape[-1], flat)


def _by_part(
    move: Value, sources: tuple[Value, ...], flat: NDArray[Any]
) -> list[NDArray[Any]] | None:
    axis = move.inputs[-1].array
    if axis is None or int(axis) != move.rank - 1:
        return [flat] * len(sources)
    ends = np.cumsum([each.shape[-1] for each in sources])
    return list(np.split(flat, ends[:-1]))


def _by_reshape(before: int, after: int, flat: NDArray[Any]) -> list[NDArray[Any]] | None:
    if before % after == 0:
        return [np.tile(flat, before // after)]
    if after % before == 0 and np.array_equal(flat, np.tile(flat[:before], after // before)):
        return [flat[:before]]
    return None
