"""Functions that make values, with the names and the arguments that NumPy's have.

They leave out ops without effect: a transpose in order, a reshape to the same shape.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from zlide.graph.ir.infer import BOOL, FLOAT, INT
from zlide.graph.ir.shape import batch_axis, broadcast
from zlide.graph.ir.value import Value, const, make, make_all

Operand = Value | float
"""A value, or a number that becomes a constant."""


def as_value(x: Operand) -> Value:
    return x if isinstance(x, Value) else const(np.float32(x))


def add(x: Operand, y: Operand) -> Value:
    return make("AddV2", as_value(x), as_value(y))


def sub(x: Operand, y: Operand) -> Value:
    return make("Sub", as_value(x), as_value(y))


def mul(x: Operand, y: Operand) -> Value:
    return make("Mul", as_value(x), as_value(y))


def div(x: Operand, y: Operand) -> Value:
    return make("RealDiv", as_value(x), as_value(y))


def maximum(x: Operand, y: Operand) -> Value:
    return make("Maximum", as_value(x), as_value(y))


def minimum(x: Operand, y: Operand) -> Value:
    return make("Minimum", as_value(x), as_value(y))


def select(condition: Value, x: Operand, y: Operand) -> Value:
    return make("SelectV2", condition, as_value(x), as_value(y))


def unary(op: str, x: Value) -> Value:
    return make(op, x)


def cast(x: Value, dtype: np.dtype[Any]) -> Value:
    return x if x.dtype == dtype else make("Cast", x, DstT=dtype)


def to_float(x: Value) -> Value:
    return cast(x, FLOAT)


def to_int(x: Value) -> Value:
    return cast(x, INT)


def to_bool(x: Value) -> Value:
    return cast(x, BOOL)


def reshape(x: Value, shape: Sequence[int]) -> Value:
    """Reshape x to a shape in which −n is n times the batch."""
    shape = tuple(int(size) for size in shape)
    if x.shape == shape:
        return x
    target = list(shape)
    if (axis := batch_axis(shape)) is not None:
        target[axis] = -1
    return make("Reshape", x, const(np.array(target, np.int32)))


def transpose(x: Value, perm: Sequence[int]) -> Value:
    if list(perm) == list(range(len(perm))):
        return x
    return make("Transpose", x, const(np.array(perm, np.int32)))


def expand_dims(x: Value, axes: Sequence[int]) -> Value:
    """Insert dimensions of size 1 at these axes of the result."""
    rank = x.rank + len(axes)
    added = {axis % rank for axis in axes}
    rest = iter(x.shape)
    return reshape(x, [1 if i in added else next(rest) for i in range(rank)])


def squeeze(x: Value, axes: Sequence[int]) -> Value:
    """Drop dimensions of size 1."""
    dropped = {axis % x.rank for axis in axes}
    return reshape(x, [size for i, size in enumerate(x.shape) if i not in dropped])


def at_rank(x: Value, rank: int) -> Value:
    """Insert dimensions of size 1 at the front until x has `rank` dimensions."""
    return reshape(x, (1,) * (rank - x.rank) + x.shape)


def concat(parts: Sequence[Value], axis: int) -> Value:
    parts = [part for part in parts if part.shape[axis] != 0] or list(parts[:1])
    if len(parts) == 1:
        return parts[0]
    return make("ConcatV2", *parts, const(np.int32(axis % parts[0].rank)))


def split(x: Value, sizes: Sequence[int], axis: int) -> list[Value]:
    if len(sizes) == 1:
        return [x]
    axis %= x.rank
    if len(set(sizes)) == 1:
        return make_all("Split", [const(np.int32(axis)), x], {"num_split": len(sizes)})
    counts, at = const(np.array(sizes, np.int32)), const(np.int32(axis))
    return make_all("SplitV", [x, counts, at], {"num_split": len(sizes)})


def slice_(x: Value, begin: Sequence[int], size: Sequence[int]) -> Value:
    """Cut out a block; a size of −1 is the rest."""
    whole = [b == 0 and s in {-1, n} for b, s, n in zip(begin, size, x.shape, strict=True)]
    if all(whole):
        return x
    sizes = [-1 if all_ else s for s, all_ in zip(size, whole, strict=True)]
    return make("Slice", x, const(np.array(begin, np.int32)), const(np.array(sizes, np.int32)))


def take(x: Value, axis: int, index: slice) -> Value:
    """Slice x along one axis, with bounds and steps as in Python."""
    size = x.shape[axis]
    if size < 0:
        if index != slice(None):
            raise ValueError("expected all rows of the batch, found a part of them")
        return x
    start, stop, step = index.indices(size)
    count = len(range(start, stop, step))
    if step == 1:
        begin, sizes = [0] * x.rank, [-1] * x.rank
        begin[axis], sizes[axis] = start, count
        return slice_(x, begin, sizes)
    begins, ends, steps = [0] * x.rank, [0] * x.rank, [1] * x.rank
    begins[axis], steps[axis] = start, step
    ends[axis] = max(stop, 0)
    others = sum(1 << i for i in range(x.rank) if i != axis)
    return make(
        "StridedSlice",
        x,
        *(const(np.array(each, np.int32)) for each in (begins, ends, steps)),
        begin_mask=others,
        end_mask=others | (1 << axis if stop < 0 else 0),
        ellipsis_mask=0,
        new_axis_mask=0,
        shrink_axis_mask=0,
    )


def gather(x: Value, indices: Value, axis: int) -> Value:
    """Pick elements along an axis. Negative constant indices count from the end."""
    axis %= x.rank
    if indices.array is not None and (indices.array < 0).any():
        found = indices.array
        indices = const(np.where(found < 0, found + x.shape[axis], found))
    return make("GatherV2", x, indices, const(np.int32(axis)), batch_dims=0)


def gather_by_row(x: Value, indices: Value) -> Value:
    """Pick elements of x (B, N, …) by indices (B, L), for each row by itself: (B, L, …).

    It is one lookup in the elements of all rows: wasm computes batch_dims wrongly.
    """
    batch, size, *rest = x.shape
    first = to_float(slice_(indices, [0, 0], [-1, 1]))
    ones = add(mul(reshape(first, (batch,)), 0.0), 1.0)
    rows = make("Cumsum", ones, const(np.int32(0)), exclusive=True, reverse=False)
    starts = reshape(to_int(mul(rows, float(size))), (batch, 1))
    places = add(indices, starts)
    flat = reshape(x, (batch * size, *rest))
    return make("GatherV2", flat, places, const(np.int32(0)), batch_dims=0)


def pad(x: Value, widths: Sequence[Sequence[int]], value: float = 0.0) -> Value:
    """Pad each dimension before and after with a number; negative widths crop."""
    if any(before < 0 or after < 0 for before, after in widths):
        for axis, (before, after) in enumerate(widths):
            end = x.shape[axis] + min(after, 0)
            if min(before, after) < 0:
                x = take(x, axis, slice(max(-before, 0), end))
        widths = [(max(before, 0), max(after, 0)) for before, after in widths]
    if not any(before or after for before, after in widths):
        return x
    paddings = const(np.array(widths, np.int32))
    if x.dtype != FLOAT:
        return cast(make("PadV2", to_float(x), paddings, const(np.float32(value))), x.dtype)
    return (
        make("PadV2", x, paddings, const(np.float32(value))) if value else make("Pad", x, paddings)
    )


def reduce(op: str, x: Value, axes: Sequence[int], *, keep_dims: bool = True) -> Value:
    """Combine the elements along axes with Sum, Mean, Max, Min or Prod, as floats."""
    at = const(np.array(sorted(axis % x.rank for axis in axes), np.int32))
    return cast(make(op, to_float(x), at, keep_dims=keep_dims), x.dtype)


def mean(x: Value, axes: Sequence[int]) -> Value:
    return reduce("Mean", x, axes)


def total(x: Value, axes: Sequence[int]) -> Value:
    return reduce("Sum", x, axes)


def matmul(x: Value, y: Value) -> Value:
    """Multiply matrices (…, M, K) by (…, K, N)."""
    if x.rank == y.rank == 2:
        return make("MatMul", x, y, transpose_a=False, transpose_b=False)
    if y.rank == 2:
        # All rows in one product, which is faster than one for each matrix.
        rows = reshape(x, (prod(x.shape[:-1]), x.shape[-1]))
        return reshape(matmul(rows, y), (*x.shape[:-1], y.shape[-1]))
    rank = max(x.rank, y.rank)
    x, y = at_rank(x, rank), at_rank(y, rank)
    batch = broadcast(x.shape[:-2], y.shape[:-2])
    # TensorFlow.js multiplies the wrong matrices if it has to broadcast both factors.
    if batch != x.shape[:-2] and batch != y.shape[:-2]:
        x = broadcast_to(x, (*batch, *x.shape[-2:]))
    return make("BatchMatMulV2", x, y, adj_x=False, adj_y=False)


def broadcast_to(x: Value, shape: Sequence[int]) -> Value:
    """Repeat x along dimensions of size 1 until it has this shape."""
    x = at_rank(x, len(shape))
    if x.shape == tuple(shape):
        return x
    times = [new if old == 1 else 1 for old, new in zip(x.shape, shape, strict=True)]
    if any(count < 0 for count in times):
        raise ValueError(f"expected rows to repeat to {tuple(shape)}, found {x.shape}")
    return tile(x, times)


def tile(x: Value, times: Sequence[int]) -> Value:
    if all(count == 1 for count in times):
        return x
    return make("Tile", x, const(np.array(times, np.int32)))


def softmax(x: Value) -> Value:
    """Compute softmax along the last axis."""
    return make("Softmax", x)
