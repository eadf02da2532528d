"""Convolutions in one, two and three dimensions, with their channels last.

One dimension is a picture of one row. Three are pictures whose depth counts as more rows of the
batch, added up over the depth of the kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.graph.emit.depthwise import depthwise_convolution
from zlide.graph.emit.geometry import Geometry, window_attributes
from zlide.graph.emit.node import Node, NotEmittedError, emits
from zlide.graph.emit.phases import Direction, phase_convolution, transposed_direction
from zlide.graph.ir import Value, const, make
from zlide.graph.ir.build import add, concat, matmul, pad, reshape, slice_, split, take, transpose

MAX_DENSE = 16
"""Channels up to which groups are one convolution: the kernels compute 8 outputs at a time."""


@emits("Conv")
def convolution(node: Node) -> Value:
    """x (B, C, …), weight (O, C/g, …) → (B, O, …)."""
    x, weight = node.input(0), node.input(1)
    bias = node.input(2) if node.has(2) else None
    spatial = x.rank - 2
    _refuse_weights_by_row(weight)
    geometry = Geometry.of(node, weight.shape[2:], x.shape[2:])
    last = to_channels_last(x)
    kernel = transpose(weight, [*range(2, weight.rank), 1, 0])  # (…, C/g, O)
    y = _convolve(last, kernel, geometry, node.attribute("group", 1), spatial)
    y = y if bias is None else add(y, bias)
    return to_channels_first(y)


def _refuse_weights_by_row(weight: Value) -> None:
    if any(size < 0 for size in weight.shape):
        raise NotEmittedError(
            "a convolution whose weights differ from row to row",
            "multiply the unfolded picture by the weights (F.unfold, then a matmul)",
        )


def to_channels_last(x: Value) -> Value:
    return transpose(x, [0, *range(2, x.rank), 1])


def to_channels_first(x: Value) -> Value:
    return transpose(x, [0, x.rank - 1, *range(1, x.rank - 1)])


def _convolve(x: Value, kernel: Value, geometry: Geometry, groups: int, spatial: int) -> Value:
    if spatial == 1:
        batch, length, channels = x.shape
        row = reshape(x, (batch, 1, length, channels))
        y = _convolve_2d(row, reshape(kernel, (1, *kernel.shape)), geometry.with_row(), groups)
        return reshape(y, (batch, *y.shape[2:]))
    return (_convolve_2d if spatial == 2 else _convolve_3d)(x, kernel, geometry, groups)


def _convolve_2d(x: Value, kernel: Value, geometry: Geometry, groups: int) -> Value:
    """x (B, H, W, C), kernel (h, w, C/g, O) → (B, H', W', O)."""
    attributes = window_attributes(geometry)
    if groups == 1:
        return make("Conv2D", x, kernel, **attributes)
    rows, columns, depth, outputs = kernel.shape
    if depth == 1:
        by_channel = reshape(kernel, (rows, columns, groups, outputs // groups))
        return depthwise_convolution(x, by_channel, geometry)
    if (dense := _dense(kernel, groups, 3)) is not None:
        return make("Conv2D", x, dense, **attributes)
    pictures = split(x, [depth] * groups, 3)
    kernels = split(kernel, [outputs // groups] * groups, 3)
    pairs = zip(pictures, kernels, strict=True)
    return concat([make("Conv2D", each, k, **attributes) for each, k in pairs], 3)


def _dense(kernel: Value, groups: int, axis: int) -> Value | None:
    """Return the kernel (…, C, O) of one convolution of all groups, 0 between different groups.

    axis: that of `kernel` along which the groups lie; the other of the last two has one group.
    Returns None if more products cost more than splitting and joining channels.
    """
    weights = kernel.array
    if weights is None:
        return None
    other = 2 * weights.ndim - 3 - axis
    if max(weights.shape[axis], weights.shape[other] * groups) > MAX_DENSE:
        return None
    parts = np.split(weights, groups, axis)
    zero = np.zeros_like(parts[0])
    rows = [[part if i == j else zero for j in range(groups)] for i, part in enumerate(parts)]
    return const(np.concatenate([np.concatenate(row, -1) for row in rows], -2))


def _convolve_3d(x: Value, kernel: Value, geometry: Geometry, groups: int) -> Value:
    """x (B, D, H, W, C), kernel (d, h, w, C/g, O) → (B, D', H', W', O)."""
    x = pad(x, [(0, 0), geometry.pads[0], *[(0, 0)] * 3])
    depth, stride, dilation = kernel.shape[0], geometry.strides[0], geometry.dilations[0]
    count = (x.shape[1] - (depth - 1) * dilation - 1) // stride + 1
    parts = []
    for i in range(depth):
        begin = i * dilation
        planes = take(x, 1, slice(begin, begin + (count - 1) * stride + 1, stride))
        pictures = reshape(planes, (planes.shape[0] * count, *planes.shape[2:]))
        layer = reshape(take(kernel, 0, slice(i, i + 1)), kernel.shape[1:])
        parts.append(_convolve_2d(pictures, layer, geometry.tail(), groups))
    y = reduce(add, parts)
    return reshape(y, (x.shape[0], count, *y.shape[1:]))


@emits("ConvTranspose")
def transposed_convolution(node: Node) -> Value:
    """x (B, C, …), weight (C, O/g, …) → (B, O, …)."""
    x, weight, groups = node.input(0), node.input(1), node.attribute("group", 1)
    bias = node.input(2) if node.has(2) else None
    _refuse_weights_by_row(weight)
    spatial = x.rank - 2
    geometry = Geometry.of(node, weight.shape[2:], x.shape[2:])
    extra = node.attribute("output_padding") or [0] * spatial
    if node.attribute("output_shape"):
        raise NotEmittedError("a transposed convolution to a given size", "give output_padding")
    last = to_channels_last(x)
    kernel = transpose(weight, [*range(2, weight.rank), 0, 1])  # (…, C, O/g)
    spread = {1: _spread_1d, 2: _spread_2d, 3: _spread_3d}[spatial]
    dense = _dense(kernel, groups, kernel.rank - 2) if groups > 1 else None
    if dense is not None:
        kernel, groups = dense, 1
    pictures = split(last, [x.shape[1] // groups] * groups, last.rank - 1)
    kernels = split(kernel, [x.shape[1] // groups] * groups, kernel.rank - 2)
    parts = [
        spread(picture, each, geometry, extra)
        for picture, each in zip(pictures, kernels, strict=True)
    ]
    y = concat(parts, last.rank - 1)
    return to_channels_first(y if bias is None else add(y, bias))


def _spread_1d(x: Value, kernel: Value, geometry: Geometry, extra: Sequence[int]) -> Value:
    batch, length, channels = x.shape
    row, flat = reshape(x, (batch, 1, length, channels)), reshape(kernel, (1, *kernel.shape))
    y = _spread_2d(row, flat, geometry.with_row(), (0, *extra))
    return reshape(y, (batch, *y.shape[2:]))


def _spread_2d(x: Value, kernel: Value, geometry: Geometry, extra: Sequence[int]) -> Value:
    """x (B, H, W, C), kernel (h, w, C, O) → (B, H', W', O)."""
    weights = kernel.array
    if weights is None:
        raise NotEmittedError(
            "a transposed convolution whose weights depend on the data",
            "upsample, then use a convolution",
        )
    rows, columns = (
        transposed_direction(
            x.shape[i + 1],
            weights.shape[i],
            geometry.strides[i],
            geometry.dilations[i],
            geometry.pads[i],
            extra[i],
        )
        for i in (0, 1)
    )
    if x.shape[1:3] == (1, 1):
        return _from_one_pixel(x, weights, rows, columns)
    return phase_convolution(x, weights, rows, columns)


def _from_one_pixel(x: Value, weights: NDArray[Any], rows: Direction, columns: Direction) -> Value:
    """Map x (B, 1, 1, C) to (B, H', W', O): each input channel times its whole kernel."""
    channels, outputs = weights.shape[2:]
    placed = np.zeros((rows.size, columns.size, channels, outputs), np.float32)
    for i, j in np.ndindex(rows.size, columns.size):
        row, column = rows.tap(i, 0), columns.tap(j, 0)
        if row is not None and column is not None:
            placed[i, j] = weights[row, column]
    matrix = placed.transpose(2, 0, 1, 3).reshape(channels, -1)
    flat = matmul(reshape(x, (x.shape[0], channels)), const(matrix))
    return reshape(flat, (x.shape[0], rows.size, columns.size, outputs))


def _spread_3d(x: Value, kernel: Value, geometry: Geometry, extra: Sequence[int]) -> Value:
    """x (B, D, H, W, C), kernel (d, h, w, C, O) → (B, D', H', W', O)."""
    batch, count = x.shape[:2]
    depth, stride, dilation = kernel.shape[0], geometry.strides[0], geometry.dilations[0]
    size = (count - 1) * stride + (depth - 1) * dilation + 1
    pictures = reshape(x, (batch * count, *x.shape[2:]))
    parts = []
    for i in range(depth):
        layer = reshape(take(kernel, 0, slice(i, i + 1)), kernel.shape[1:])
        y = _spread_2d(pictures, layer, geometry.tail(), extra[1:])
        planes = reshape(y, (batch, count, 1, *y.shape[1:]))
        apart = pad(planes, [(0, 0), (0, 0), (0, stride - 1), *[(0, 0)] * 3])
        apart = reshape(apart, (batch, count * stride, *y.shape[1:]))
        apart = take(apart, 1, slice(0, (count - 1) * stride + 1))
        begin = i * dilation
        parts.append(pad(apart, [(0, 0), (begin, size - begin - apart.shape[1]), *[(0, 0)] * 3]))
    before, after = geometry.pads[0]
    whole = pad(reduce(add, parts), [(0, 0), (0, extra[0]), *[(0, 0)] * 3])
    kept = size + extra[0] - before - after
    return slice_(whole, [0, before, 0, 0, 0], [-1, kept, -1, -1, -1])
