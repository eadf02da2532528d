"""Ops that change the shape, join tensors, split them or pad them."""

from __future__ import annotations

from itertools import accumulate
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.graph.emit.node import Node, NotEmittedError, emits
from zlide.graph.emit.pair import concrete, encoded
from zlide.graph.emit.rows import with_rows
from zlide.graph.ir import Value, broadcast, const, make
from zlide.graph.ir.build import (
    add,
    at_rank,
    broadcast_to,
    cast,
    concat,
    expand_dims,
    gather,
    mul,
    pad,
    reshape,
    slice_,
    split,
    squeeze,
    take,
    tile,
    to_float,
    transpose,
)
from zlide.graph.ir.shape import reshaped


@emits("Reshape")
def reshape_(node: Node) -> Value:
    """Reshape to a constant shape: 0 keeps a size, and −1 is what is left over."""
    x, target = node.input(0), node.pair(1)
    assert target is not None  # noqa: S101 (Reshape has no optional input)
    keeps = not node.attribute("allowzero", 0)
    ours, theirs = (
        _solved(concrete(x.shape, rows), array.ravel().tolist(), keeps=keeps)
        for rows, array in zip(target.rows, (target.ours, target.theirs), strict=True)
    )
    if target.rows[0] == target.rows[1]:  # a constant that an op computed
        return reshape(x, reshaped(x.shape, target.ours.ravel().tolist()))
    pairs = zip(ours, theirs, strict=True)
    return reshape(x, [encoded(a, b, target.rows) for a, b in pairs])


def _solved(shape: tuple[int, ...], target: list[int], *, keeps: bool) -> tuple[int, ...]:
    """Return the sizes that a target means for a shape without a dynamic batch."""
    kept = [shape[i] if size == 0 and keeps else size for i, size in enumerate(target)]
    return reshaped(shape, kept)


@emits("Flatten")
def flatten(node: Node) -> Value:
    x, axis = node.input(0), node.attribute("axis", 1)
    axis %= x.rank + 1
    first, second = (prod(part) for part in (x.shape[:axis], x.shape[axis:]))
    return reshape(x, (first, second))


@emits("Squeeze")
def squeeze_(node: Node) -> Value:
    x, axes = node.input(0), node.integers(1, "axes")
    return squeeze(x, [i for i, n in enumerate(x.shape) if n == 1] if axes is None else axes)


@emits("Unsqueeze")
def unsqueeze(node: Node) -> Value:
    return expand_dims(node.input(0), node.integers(1, "axes") or [])


@emits("Transpose")
def transpose_(node: Node) -> Value:
    x = node.input(0)
    perm = node.attribute("perm") or list(reversed(range(x.rank)))
    return transpose(x, [axis % x.rank for axis in perm])


@emits("Concat")
def concat_(node: Node) -> Value:
    return concat(node.present, node.attribute("axis"))


@emits("Split")
def split_(node: Node) -> list[Value]:
    x, axis = node.input(0), node.attribute("axis", 0)
    sizes = node.integers(1, "split")
    if sizes is None:
        size = -(-x.shape[axis] // node.num_outputs)
        whole = [size] * (node.num_outputs - 1)
        sizes = [*whole, x.shape[axis] - sum(whole)]
    return split(x, sizes, axis)


@emits("Slice")
def slice_by_bounds(node: Node) -> Value:
    x = node.input(0)
    starts, ends = node.integers(1, "starts") or [], _ends(node)
    axes = node.integers(3, "axes") or list(range(len(starts)))
    steps = node.integers(4) or [1] * len(starts)
    begin, size = [0] * x.rank, [-1] * x.rank
    stepped = []
    for start, end, axis, step in zip(starts, ends, axes, steps, strict=True):
        axis %= x.rank  # noqa: PLW2901 (counted from the front)
        length = x.shape[axis]
        if length < 0:
            _refuse_part_of_batch(start, end, step)
        elif step == 1:
            first, last, _ = slice(start, end).indices(length)
            begin[axis], size[axis] = first, max(last - first, 0)
        else:
            below_first = step < 0 and end < -length
            stepped.append((axis, slice(start, None if below_first else end, step)))
    x = slice_(x, begin, size)
    for axis, index in stepped:
        x = take(x, axis, index)
    return x


def _ends(node: Node) -> list[int]:
    """Return where slices end; the end of the batch is as far as can be."""
    ends = node.integers(2, "ends") or []
    pair = node.pairs[2] if len(node.pairs) > 2 else None
    if pair is None or pair.is_same:
        return ends
    same = (pair.ours == pair.theirs).ravel()
    return [end if same[i] else np.iinfo(np.int32).max for i, end in enumerate(ends)]


def _refuse_part_of_batch(start: int, end: int, step: int) -> None:
    if (start, step) != (0, 1) or end < np.iinfo(np.int32).max:  # the end was made so above
        raise NotEmittedError("a slice of the batch", "compute all rows alike")


@emits("Expand")
def expand(node: Node) -> Value:
    """Repeat along dimensions of size 1; 1 in the target keeps the size."""
    x, target = node.input(0), node.integers(1) or []
    return repeat_to(node, x, broadcast(x.shape, target))


def repeat_to(node: Node, x: Value, shape: tuple[int, ...]) -> Value:
    """Repeat x along dimensions of size 1 until it has this shape, the batch among them."""
    x = at_rank(x, len(shape))
    for axis, (old, new) in enumerate(zip(x.shape, shape, strict=True)):
        if new < 0 and old == 1:
            x = with_rows(x, axis, -new, node.batch)
    return broadcast_to(x, shape)


@emits("Tile")
def tile_(node: Node) -> Value:
    """Repeat all of x along each dimension, also as often as the batch has rows."""
    x, times = node.input(0), node.integers(1) or []
    for axis, count in enumerate(times):
        if count < 0:
            blocks = reshape(x, [*x.shape[:axis], 1, *x.shape[axis:]])
            blocks = with_rows(blocks, axis, -count, node.batch)
            size = count * x.shape[axis]
            x = reshape(blocks, [*x.shape[:axis], size, *x.shape[axis + 1 :]])
    return tile(x, [max(count, 1) for count in times])


@emits("Pad")
def pad_(node: Node) -> Value:
    """Pad with a number, a reflection, copies of the edge, or the other end."""
    x = node.input(0)
    widths = node.integers(1, "pads") or []
    axes = node.integers(3) or list(range(x.rank))
    pairs = [(0, 0)] * x.rank
    for i, axis in enumerate(axes):
        pairs[axis % x.rank] = (widths[i], widths[len(axes) + i])
    mode = node.attribute("mode", "constant")
    if mode == "constant":
        number = node.array(2)
        value = float(node.attribute("value", 0.0) if number is None else number.ravel()[0])
        return pad(x, pairs, max(value, float(np.finfo(np.float32).min)))
    if any(min(pair) < 0 for pair in pairs):
        raise NotEmittedError("padding that crops", "slice first, then pad")
    return {"reflect": _mirror, "edge": _edge, "wrap": _wrap}[mode](x, pairs)


def _mirror(x: Value, pairs: list[tuple[int, int]]) -> Value:
    paddings = const(np.array(pairs, np.int32))
    return cast(make("MirrorPad", to_float(x), paddings, mode="REFLECT"), x.dtype)


def _edge(x: Value, pairs: list[tuple[int, int]]) -> Value:
    for axis, (before, after) in enumerate(pairs):
        if before or after:
            size = x.shape[axis]
            first, last = take(x, axis, slice(0, 1)), take(x, axis, slice(size - 1, size))
            x = concat([first] * before + [x] + [last] * after, axis)
    return x


def _wrap(x: Value, pairs: list[tuple[int, int]]) -> Value:
    for axis, (before, after) in enumerate(pairs):
        size = x.shape[axis]
        parts = [x]
        if before:
            parts.insert(0, take(x, axis, slice(size - before, size)))
        if after:
            parts.append(take(x, axis, slice(0, after)))
        x = concat(parts, axis)
    return x


@emits("DepthToSpace")
def depth_to_space(node: Node) -> Value:
    """(B, C·s·s, H, W) → (B, C, s·H, s·W); channels are (s, s, C) in DCR, (C, s, s) in CRD."""
    x, block = node.input(0), node.attribute("blocksize")
    last = transpose(x, (0, 2, 3, 1))
    if node.attribute("mode", "DCR") == "CRD":
        order = np.arange(x.shape[1]).reshape(-1, block, block).transpose(1, 2, 0).ravel()
        last = gather(last, const(order), axis=3)
    return transpose(spread_channels(last, block, block), (0, 3, 1, 2))


def spread_channels(x: Value, rows: int, columns: int) -> Value:
    """(B, H, W, rows·columns·C) → (B, rows·H, columns·W, C).

    The columns of one row are beside each other already; only rows have to change places.
    """
    batch, height, width, depth = x.shape
    channels = depth // (rows * columns)
    if rows > 1:
        x = reshape(x, (batch * height, width, rows, columns * channels))
        x = transpose(x, (0, 2, 1, 3))
    return reshape(x, (batch, height * rows, width * columns, channels))


@emits("SpaceToDepth")
def space_to_depth(node: Node) -> Value:
    """(B, C, s·H, s·W) → (B, s·s·C, H, W)."""
    x, block = node.input(0), node.attribute("blocksize")
    batch, channels, height, width = x.shape
    last = transpose(x, (0, 2, 3, 1))
    rows = reshape(last, (batch * (height // block), block, width // block, block * channels))
    blocks = reshape(
        transpose(rows, (0, 2, 1, 3)),
        (batch, height // block, width // block, block * block * channels),
    )
    return transpose(blocks, (0, 3, 1, 2))


@emits("Trilu")
def triangle(node: Node) -> Value:
    x, diagonal = node.input(0), (node.integers(1) or [0])[0]
    ones = np.ones(x.shape[-2:], np.float32)
    mask = np.triu(ones, diagonal) if node.attribute("upper", 1) else np.tril(ones, diagonal)
    return cast(mul(to_float(x), const(mask)), x.dtype)


@emits("EyeLike")
def eye_like(node: Node) -> Value:
    rows, columns = node.input(0).shape
    return const(np.eye(rows, columns, node.attribute("k", 0), dtype=np.float32))


@emits("CumSum")
def cumulative_sum(node: Node) -> Value:
    """Add up along an axis, from the end by turning x: not every backend counts from there."""
    x, (axis,) = node.input(0), node.integers(1) or [0]
    axis %= x.rank
    values, exclusive = to_float(x), bool(node.attribute("exclusive", 0))
    at = const(np.int32(axis))
    if not node.attribute("reverse", 0):
        sums = make("Cumsum", values, at, exclusive=exclusive, reverse=False)
        return cast(sums, x.dtype)
    turned = take(values, axis, slice(None, None, -1))
    sums = make("Cumsum", turned, at, exclusive=exclusive, reverse=False)
    return cast(take(sums, axis, slice(None, None, -1)), x.dtype)


@emits("Col2Im")
def fold(node: Node) -> Value:
    """(B, C·h·w, L) → (B, C, H, W): add up windows where they overlap."""
    x = node.input(0)
    (height, width), (rows, columns) = (node.integers(i) or [1, 1] for i in (1, 2))
    strides, dilations = (node.attribute(name, [1, 1]) for name in ("strides", "dilations"))
    top, left, bottom, right = node.attribute("pads", [0] * 4)
    batch, depth, _ = x.shape
    channels = depth // (rows * columns)
    full = height + top + bottom, width + left + right
    down, across = (
        (n - d * (k - 1) - 1) // s + 1
        for n, d, k, s in zip(full, dilations, (rows, columns), strides, strict=True)
    )
    windows = reshape(x, (batch, channels, rows * columns, down, across))
    parts = []
    for i, place in enumerate(np.ndindex(rows, columns)):
        part = reshape(_index(windows, 2, i), (batch, channels, down, across))
        for axis in (0, 1):
            part = _spread(part, axis + 2, strides[axis], place[axis] * dilations[axis], full[axis])
        parts.append(part)
    picture = list(accumulate(parts, add))[-1]
    begin, size = [0, 0, top, left], [-1, -1, height, width]
    return slice_(picture, begin, size)


def _index(x: Value, axis: int, index: int) -> Value:
    return take(x, axis, slice(index, index + 1))


def _spread(x: Value, axis: int, stride: int, offset: int, size: int) -> Value:
    """Put the elements along an axis `stride` apart, from `offset` on, between zeros."""
    count = x.shape[axis]
    if stride > 1:
        shape = [*x.shape[: axis + 1], 1, *x.shape[axis + 1 :]]
        widths = [(0, 0)] * len(shape)
        widths[axis + 1] = (0, stride - 1)
        x = pad(reshape(x, shape), widths)
        x = reshape(x, [*x.shape[:axis], count * stride, *x.shape[axis + 2 :]])
    widths = [(0, 0)] * x.rank
    widths[axis] = (offset, size - offset - x.shape[axis])
    return pad(x, widths)


@emits("ConstantOfShape")
def constant_of_shape(node: Node) -> Value:
    shape = node.integers(0) or []
    value = node.attribute("value")
    number = np.zeros(1, np.float32) if value is None else _numbers(value)
    return const(np.full(shape, number.ravel()[0]))


def _numbers(tensor: object) -> NDArray[Any]:
    from onnx import numpy_helper

    return np.asarray(numpy_helper.to_array(tensor))


@emits("Constant")
def constant(node: Node) -> Value:
    """Return a constant of an attribute."""
    for name in ("value", "value_float", "value_int", "value_floats", "value_ints"):
        if (value := node.attribute(name)) is not None:
            numbers = _numbers(value) if name == "value" else np.asarray(value)
            return const(numbers.astype(np.float32) if "float" in name else numbers)
    raise NotEmittedError("a constant of text or a sparse constant", "use numbers")
