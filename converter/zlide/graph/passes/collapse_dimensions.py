"""op(x) in more than four dimensions → reshape(op(reshape(x))) in four.

Before: x (B, C, H, 1, W, 1) → Pad of the last and the third last dimension.
After: x → Reshape (B·C·H, 1, W, 1) → Pad → Reshape.
WebGL and WebGPU run these ops in at most four dimensions. Dimensions beside each other that the op
leaves alone become one, and one of size 1 joins any.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.graph.audit import MAX_RANK, UP_TO_MAX_RANK
from zlide.graph.ir import Uses, Value, const, make, with_inputs
from zlide.graph.ir.build import at_rank, reshape
from zlide.graph.passes.kinds import ELEMENTWISE

Groups = list[list[int]]
"""Dimensions that become one. One that the op changes comes first."""


def collapse_dimensions(_uses: Uses, value: Value) -> Value | None:
    if value.rank <= MAX_RANK or value.array is not None:
        return None
    if value.op in ELEMENTWISE:
        return _elementwise(value)
    if value.op not in UP_TO_MAX_RANK or value.op not in _TOUCHED:
        return None
    x = value.inputs[0]
    touched = _TOUCHED[value.op](value)
    alone = {axis for axis in range(x.rank) if axis not in touched and x.shape[axis] == 1}
    groups = _joined(x.rank, lambda a, b: bool({a, b} & alone) or not {a, b} & touched)
    groups = [sorted(group, key=lambda axis: axis not in touched) for group in groups]
    small = reshape(x, _grouped(x.shape, groups))
    if len(groups) > MAX_RANK:
        return None
    return reshape(_BOUNDS[value.op](value, small, groups), value.shape)


def _elementwise(value: Value) -> Value | None:
    """Collapse an elementwise op; WebGPU broadcasts no operand of fewer dimensions there."""
    operands = [each if each.rank == 0 else at_rank(each, value.rank) for each in value.inputs]
    wide = [each.shape for each in operands if each.rank]
    groups = _joined(
        value.rank,
        lambda a, b: (
            all((shape[a] == 1) == (shape[b] == 1) for shape in wide)
            or all(shape[a] == 1 for shape in wide)
            or all(shape[b] == 1 for shape in wide)
        ),
    )
    if len(groups) == value.rank:
        return None
    small = [
        each if not each.rank else reshape(each, _grouped(each.shape, groups)) for each in operands
    ]
    return reshape(with_inputs(value, small), value.shape)


def _joined(rank: int, together: Callable[[int, int], bool]) -> Groups:
    groups: Groups = [[0]]
    for axis in range(1, rank):
        if all(together(other, axis) for other in groups[-1]):
            groups[-1].append(axis)
        else:
            groups.append([axis])
    return groups


def _grouped(shape: tuple[int, ...], groups: Groups) -> list[int]:
    return [prod(shape[axis] for axis in group) for group in groups]


def _rows(value: Value, index: int) -> NDArray[Any]:
    array = value.inputs[index].array
    assert array is not None  # noqa: S101 (bounds are constant)
    return array


def _padded(value: Value) -> set[int]:
    return {i for i, row in enumerate(_rows(value, 1)) if row.any()}


def _tiled(value: Value) -> set[int]:
    return {i for i, times in enumerate(_rows(value, 1)) if times != 1}


def _summed(value: Value) -> set[int]:
    return {int(axis) % value.rank for axis in np.ravel(_rows(value, 1))}


def _sliced(value: Value) -> set[int]:
    both = value.attributes["begin_mask"] & value.attributes["end_mask"]
    steps = _rows(value, 3)
    return {i for i in range(value.rank) if not both >> i & 1 or steps[i] != 1}


def _by_group(value: Value, small: Value, groups: Groups) -> Value:
    first = [group[0] for group in groups]
    return with_inputs(value, [small, const(_rows(value, 1)[first]), *value.inputs[2:]])


def _by_axis(value: Value, small: Value, groups: Groups) -> Value:
    found = [
        next(i for i, group in enumerate(groups) if int(axis) % value.rank in group)
        for axis in np.ravel(_rows(value, 1))
    ]
    axes = np.array(found, np.int32).reshape(_rows(value, 1).shape)
    return with_inputs(value, [small, const(axes), *value.inputs[2:]])


def _by_slice(value: Value, small: Value, groups: Groups) -> Value:
    first = [group[0] for group in groups]
    masks = {
        name: sum(1 << i for i, axis in enumerate(first) if value.attributes[name] >> axis & 1)
        for name in ("begin_mask", "end_mask")
    }
    bounds = [const(_rows(value, i)[first]) for i in (1, 2, 3)]
    return make("StridedSlice", small, *bounds, **{**value.attributes, **masks})


_TOUCHED: dict[str, Callable[[Value], set[int]]] = {
    **dict.fromkeys(("Pad", "PadV2", "MirrorPad"), _padded),
    "Tile": _tiled,
    "Cumsum": _summed,
    "StridedSlice": _sliced,
}
"""The dimensions that an op does not leave alone."""

_BOUNDS: dict[str, Callable[[Value, Value, Groups], Value]] = {
    **dict.fromkeys(("Pad", "PadV2", "MirrorPad", "Tile"), _by_group),
    "Cumsum": _by_axis,
    "StridedSlice": _by_slice,
}
"""The op again, of fewer dimensions."""
