"""Choose where channels are last, so that transposes move as few numbers as possible.

Before: x → Transpose to last → Conv2D → Transpose to first → Relu → Transpose to last → Conv2D →
Transpose to first → Reshape.
After: x → Transpose to last → Conv2D → Relu → Conv2D → Transpose to first → Reshape.

PyTorch and ONNX put channels first, TensorFlow.js last. Convolutions are emitted between two
transposes. Ops that compute alike in either layout can be *moved*: computed with channels last.
A minimum cut tells the ops to move. Its graph has two ends, "kept" and "moved". An edge costs as
many numbers as a transpose would move if the layouts of its ends differed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count

import numpy as np

from zlide.graph.ir import PART, Value, const, in_order, make, size_of, with_inputs
from zlide.graph.ir.build import at_rank, transpose
from zlide.graph.passes.kinds import ELEMENTWISE, REDUCTIONS, permutation
from zlide.graph.passes.merge_transposes import moves_only_ones
from zlide.graph.passes.permute_columns import can_permute_columns

RANKS = range(3, 6)
"""Ranks of sequences, pictures and volumes with batch and channels."""

KEPT, MOVED = 0, 1
"""The two ends of the network."""


def to_last(rank: int) -> list[int]:
    return [0, *range(2, rank), 1]


def to_first(rank: int) -> list[int]:
    return [0, rank - 1, *range(1, rank - 1)]


def choose_layouts(outputs: Sequence[Value]) -> list[Value]:
    """Return the outputs of an equal graph with the cheapest layouts."""
    moved = _moved_values(outputs)
    return _Mover(moved).kept_all(outputs) if moved else list(outputs)


def _moved_values(outputs: Sequence[Value]) -> set[Value]:
    """Return the values to compute with channels last."""
    values = list(in_order(outputs))
    numbers = {value: i for i, value in enumerate(filter(is_agnostic, values), start=2)}
    if not numbers:
        return set()
    network = _Network(count(len(numbers) + 2))
    readers: dict[Value, list[Value]] = {}
    for value in values:
        for source in value.inputs:
            readers.setdefault(source, []).append(value)
    for value, number in numbers.items():
        for source in _operands(value):
            network.join(_end_or_number(source, numbers), number, _cost(source, value))
        fixed = [
            KEPT if permutation(reader) != to_last(value.rank) else MOVED
            for reader in readers.get(value, [])
            if reader not in numbers
        ]
        fixed += [KEPT] * sum(output is value for output in outputs)
        for end in set(fixed):
            network.join(number, end, _cost(value, value))
    behind = network.behind(MOVED)
    return {value for value, number in numbers.items() if number in behind}


def is_agnostic(value: Value) -> bool:
    """Return whether an op computes alike with channels last."""
    if value.rank not in RANKS or value.array is not None:
        return False
    if value.op == PART:
        return is_agnostic(value.inputs[0])
    if value.op in REDUCTIONS:
        return bool(value.attributes.get("keep_dims"))
    return value.op in ELEMENTWISE or value.op in _MOVERS


def _operands(value: Value) -> list[Value]:
    """Return the inputs of an agnostic op that depend on the data."""
    return [source for source in value.inputs if source.array is None]


def _end_or_number(source: Value, numbers: dict[Value, int]) -> int:
    if source in numbers:
        return numbers[source]
    return MOVED if permutation(source) == to_first(source.rank) else KEPT


def _cost(source: Value, reader: Value) -> int:
    """Return how many numbers are moved, for each row, if `source` changes its layout."""
    if reader.op == PART:
        return 10**6 * max(1, size_of(reader.shape))  # all parts have the layout of the whole
    shape = (1,) * (reader.rank - source.rank) + source.shape
    if len(shape) not in RANKS or moves_only_ones(shape, to_last(len(shape))):
        return 0
    if source.op == "Reshape" and can_permute_columns(source.inputs[0]):
        return 0
    return size_of(shape)


class _Network:
    """A flow network, and the sides of its minimum cut."""

    def __init__(self, numbers: count[int]) -> None:
        self._size = next(numbers)
        self._edges: dict[tuple[int, int], int] = {}

    def join(self, a: int, b: int, capacity: int) -> None:
        """Let it cost `capacity` if a and b are on different sides."""
        if a != b and capacity:
            for edge in ((a, b), (b, a)):
                self._edges[edge] = self._edges.get(edge, 0) + capacity

    def behind(self, end: int) -> set[int]:
        """Return the nodes on the side of MOVED in a minimum cut with the fewest moved."""
        from scipy.sparse import (
            csr_array,
        )  # a maximum flow is in a library that scikit-learn brings
        from scipy.sparse.csgraph import maximum_flow

        ceiling = np.iinfo(np.int32).max // 4
        rows, columns = zip(*self._edges, strict=True) if self._edges else ((), ())
        capacities = [min(each, ceiling) for each in self._edges.values()]
        shape = (self._size, self._size)
        graph = csr_array((capacities, (rows, columns)), shape=shape, dtype=np.int32)
        residual = (graph - maximum_flow(graph, end, KEPT).flow).tocsr()
        reached, waiting = {end}, [end]
        while waiting:
            at = waiting.pop()
            begin, stop = residual.indptr[at], residual.indptr[at + 1]
            for other, left in zip(
                residual.indices[begin:stop], residual.data[begin:stop], strict=True
            ):
                if left > 0 and int(other) not in reached:
                    reached.add(int(other))
                    waiting.append(int(other))
        return reached


class _Mover:
    """Writes the graph again, with some values computed with channels last."""

    def __init__(self, moved: set[Value]) -> None:
        self._moved = moved
        self._new: dict[Value, Value] = {}  # in the layout in which it is computed

    def kept_all(self, outputs: Sequence[Value]) -> list[Value]:
        for value in in_order(outputs):
            if value in self._moved:
                self._new[value] = self._move(value)
            elif value.inputs:
                self._new[value] = with_inputs(value, [self._kept(each) for each in value.inputs])
            else:
                self._new[value] = value
        return [self._kept(output) for output in outputs]

    def _kept(self, value: Value) -> Value:
        new = self._new[value]
        return transpose(new, to_first(value.rank)) if value in self._moved else new

    def _last(self, value: Value, rank: int) -> Value:
        """Return a value of at most `rank` dimensions with channels last."""
        if value in self._moved:
            return self._new[value]
        if value.array is not None and value.array.size == 1:
            return value
        return transpose(at_rank(self._new[value], rank), to_last(rank))

    def _move(self, value: Value) -> Value:
        rank = value.rank
        if value.op == PART:
            return with_inputs(value, [self._new[value.inputs[0]]])
        if value.op in ELEMENTWISE:
            return with_inputs(value, [self._last(each, rank) for each in value.inputs])
        if value.op in REDUCTIONS:
            return _MOVERS["reduction"](value, [self._last(value.inputs[0], rank)])
        operands = [self._last(each, rank) for each in _operands(value)]
        return _MOVERS[value.op](value, operands)


def _numbers(value: Value) -> list[int]:
    assert value.array is not None  # noqa: S101 (bounds are constant)
    return [int(each) for each in np.ravel(value.array)]


def _axes(value: Value, rank: int) -> Value:
    """Return constant axes of channels first as those of channels last."""
    assert value.array is not None  # noqa: S101 (axes are constant)
    order = to_last(rank)
    found = [order.index(axis % rank) for axis in _numbers(value)]
    return const(np.array(found, np.int32).reshape(value.array.shape))


def _by_dimension(value: Value, rank: int) -> Value:
    """Return a constant with a row for each dimension, in the order of channels last."""
    assert value.array is not None  # noqa: S101 (bounds are constant)
    return const(value.array[to_last(rank)])


def _move_concat(value: Value, operands: list[Value]) -> Value:
    parts = iter(operands)
    *sources, axis = value.inputs
    last = [
        next(parts) if each.array is None else transpose(each, to_last(value.rank))
        for each in sources
    ]
    return make("ConcatV2", *last, _axes(axis, value.rank))


def _move_split(value: Value, operands: list[Value]) -> Value:
    axis, _ = value.inputs
    return with_inputs(value, [_axes(axis, value.rank), operands[0]])


def _move_split_v(value: Value, operands: list[Value]) -> Value:
    _, sizes, axis = value.inputs
    return with_inputs(value, [operands[0], sizes, _axes(axis, value.rank)])


def _move_bounds(value: Value, operands: list[Value]) -> Value:
    _, *bounds = value.inputs
    return with_inputs(
        value,
        [operands[0], *(b if b.rank == 0 else _by_dimension(b, value.rank) for b in bounds)],
    )


def _move_strided_slice(value: Value, operands: list[Value]) -> Value:
    order = to_last(value.rank)
    masks = {
        name: sum(1 << i for i, axis in enumerate(order) if value.attributes[name] >> axis & 1)
        for name in ("begin_mask", "end_mask")
    }
    bounds = [_by_dimension(each, value.rank) for each in value.inputs[1:]]
    return make("StridedSlice", operands[0], *bounds, **{**value.attributes, **masks})


def _move_axis(value: Value, operands: list[Value]) -> Value:
    return with_inputs(value, [operands[0], _axes(value.inputs[1], value.rank)])


_MOVERS: dict[str, Callable[[Value, list[Value]], Value]] = {
    "ConcatV2": _move_concat,
    "Split": _move_split,
    "SplitV": _move_split_v,
    "Slice": _move_bounds,
    "Pad": _move_bounds,
    "PadV2": _move_bounds,
    "MirrorPad": _move_bounds,
    "Tile": _move_bounds,
    "StridedSlice": _move_strided_slice,
    "Cumsum": _move_axis,
    "reduction": _move_axis,
}
