"""Convolutions in one, two and three dimensions, with their channels last.

One dimension is a picture of one row. Three are pictures whose depth counts as more rows of the
batch, added up over the depth of the kernel.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.graph.emit.node import Node, NotEmittedError, emits
from zlide.graph.emit.phases import Direction, phase_convolution, transposed_direction
from zlide.graph.ir import Value, const, make
from zlide.graph.ir.build import add, concat, matmul, pad, reshape, slice_, split, take, transpose


@dataclass(frozen=True)
class Geometry:
    """Strides, dilations and padding along the spatial dimensions. pads: (before, after)."""

    strides: Sequence[int]
    dilations: Sequence[int]
    pads: Sequence[tuple[int, int]]

    @classmethod
    def of(cls, node: Node, kernel: Sequence[int], size: Sequence[int]) -> Geometry:
        ones = [1] * len(kernel)
        strides, dilations = node.attribute("strides", ones), node.attribute("dilations", ones)
        flat = node.attribute("pads", [0] * 2 * len(kernel))
        pads = list(zip(flat[: len(kernel)], flat[len(kernel) :], strict=True))
        mode = node.attribute("auto_pad", "NOTSET")
        if mode.startswith("SAME"):
            totals = [
                max((-(-n // s) - 1) * s + (k - 1) * d + 1 - n, 0)
                for n, s, k, d in zip(size, strides, kernel, dilations, strict=True)
            ]
            small = [(total // 2, total - total // 2) for total in totals]
            pads = small if mode == "SAME_UPPER" else [(b, a) for a, b in small]
        return cls(strides, dilations, pads)

    def tail(self) -> Geometry:
        """Return the geometry without the first dimension."""
        return Geometry(self.strides[1:], self.dilations[1:], self.pads[1:])

    def with_row(self) -> Geometry:
        """Return the geometry of pictures of one row."""
        return Geometry((1, *self.strides), (1, *self.dilations), ((0, 0), *self.pads))


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
        # A depthwise kernel of a backend cannot pad unevenly by itself.
        padded = pad(x, [(0, 0), *geometry.pads, (0, 0)])
        plain = Geometry(geometry.strides, geometry.dilations, [(0, 0)] * 2)
        return make("DepthwiseConv2dNative", padded, by_channel, **window_attributes(plain))
    pictures = split(x, [depth] * groups, 3)
    kernels = split(kernel, [outputs // groups] * groups, 3)
    pairs = zip(pictures, kernels, strict=True)
    return concat([make("Conv2D", each, k, **attributes) for each, k in pairs], 3)


def window_attributes(geometry: Geometry) -> dict[str, object]:
    """Return strides, padding and dilations as TensorFlow spells them."""
    flat = [0, 0, *(n for pair in geometry.pads for n in pair), 0, 0]
    padding = {"padding": "EXPLICIT", "explicit_paddings": flat} if any(flat) else {}
    return {
        "strides": [1, *geometry.strides, 1],
        "padding": "VALID",
        "dilations": [1, *geometry.dilations, 1],
        **padding,
    }


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
    pictures = split(last, [x.shape[1] // groups] * groups, last.rank - 1)
    kernels = split(kernel, [x.shape[1] // groups] * groups, kernel.rank - 2)
    spread = {1: _spread_1d, 2: _spread_2d, 3: _spread_3d}[spatial]
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
