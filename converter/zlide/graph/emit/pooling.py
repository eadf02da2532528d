"""Pooling in one, two and three dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from zlide.graph.emit.convolutions import to_channels_first, to_channels_last
from zlide.graph.emit.geometry import Geometry
from zlide.graph.emit.node import Node, NotEmittedError, emits
from zlide.graph.ir import Value, const, make
from zlide.graph.ir.build import maximum, mul, pad, reshape, take

LOWEST = float(np.finfo(np.float32).min)


@emits("MaxPool", "AveragePool")
def pool(node: Node) -> Value:
    x, kernel = node.input(0), node.attribute("kernel_shape")
    if node.num_outputs > 1:
        raise NotEmittedError("max pooling that also returns indices", "upsample by a factor")
    geometry = Geometry.of(node, kernel, x.shape[2:])
    if node.attribute("ceil_mode", 0):
        geometry = _with_last_windows(geometry, kernel, x.shape[2:])
    last = to_channels_last(x)
    if node.op == "MaxPool":
        y = _reduce_windows("MaxPool", _padded(last, geometry, LOWEST), kernel, geometry)
    else:
        asked = node.attribute("pads", [0] * 2 * len(kernel))
        counted = list(zip(asked[: len(kernel)], asked[len(kernel) :], strict=True))
        if not node.attribute("count_include_pad", 0):
            counted = [(0, 0)] * len(kernel)
        sums = _reduce_windows("AvgPool", _padded(last, geometry, 0.0), kernel, geometry)
        y = mul(sums, const(_corrections(x.shape[2:], kernel, geometry, counted)))
    return to_channels_first(y)


def _with_last_windows(geometry: Geometry, kernel: Sequence[int], size: Sequence[int]) -> Geometry:
    """Return a geometry padded for the windows that ceil_mode adds.

    PyTorch adds one only if it starts inside the picture or its padding before it.
    """
    pads = []
    for n, k, s, d, (before, after) in zip(
        size, kernel, geometry.strides, geometry.dilations, geometry.pads, strict=True
    ):
        extent = (k - 1) * d + 1
        count = -(-(n + before + after - extent) // s) + 1
        count -= (count - 1) * s >= n + before
        pads.append((before, max(after, (count - 1) * s + extent - n - before)))
    return Geometry(geometry.strides, geometry.dilations, pads)


def _padded(x: Value, geometry: Geometry, value: float) -> Value:
    return pad(x, [(0, 0), *geometry.pads, (0, 0)], value)


def _corrections(
    size: Sequence[int],
    kernel: Sequence[int],
    geometry: Geometry,
    counted: Sequence[tuple[int, int]],
) -> NDArray[np.float32]:
    """Return kernel size ÷ number of pixels that count, for each window, (1, …, 1).

    counted: padding that counts as pixels.
    """
    factors = np.ones((1,) * (len(size) + 2))
    for axis, (n, k, s, pads, inside) in enumerate(
        zip(size, kernel, geometry.strides, geometry.pads, counted, strict=True), start=1
    ):
        count = (n + sum(pads) - k) // s + 1
        begins = np.arange(count) * s - pads[0]
        low, high = np.maximum(begins, -inside[0]), np.minimum(begins + k, n + inside[1])
        shape = [-1 if i == axis else 1 for i in range(factors.ndim)]
        factors = factors * (k / (high - low)).reshape(shape)
    return factors.astype(np.float32)


def _reduce_windows(op: str, x: Value, kernel: Sequence[int], geometry: Geometry) -> Value:
    """Combine the elements of each window of padded x (B, …, C)."""
    if any(d != 1 for d in geometry.dilations):
        return _dilated_max(x, kernel, geometry)
    if len(kernel) == 1:
        row = reshape(x, (x.shape[0], 1, *x.shape[1:]))
        y = _pool_2d(op, row, (1, *kernel), (1, *geometry.strides))
        return reshape(y, (y.shape[0], *y.shape[2:]))
    if len(kernel) == 2:
        return _pool_2d(op, x, kernel, geometry.strides)
    return _pool_3d(op, x, kernel, geometry.strides)


def _pool_2d(op: str, x: Value, kernel: Sequence[int], strides: Sequence[int]) -> Value:
    return make(op, x, ksize=[1, *kernel, 1], strides=[1, *strides, 1], padding="VALID")


def _pool_3d(op: str, x: Value, kernel: Sequence[int], strides: Sequence[int]) -> Value:
    """Pool each plane, then planes: rows and columns in one dimension."""
    batch, depth, height, width, channels = x.shape
    planes = reshape(x, (batch * depth, height, width, channels))
    y = _pool_2d(op, planes, kernel[1:], strides[1:])
    rows, columns = y.shape[1:3]
    stacked = reshape(y, (batch, depth, rows * columns, channels))
    y = _pool_2d(op, stacked, (kernel[0], 1), (strides[0], 1))
    return reshape(y, (batch, y.shape[1], rows, columns, channels))


def _dilated_max(x: Value, kernel: Sequence[int], geometry: Geometry) -> Value:
    parts = []
    for place in np.ndindex(*kernel):
        part = x
        for axis, (i, k, s, d) in enumerate(
            zip(place, kernel, geometry.strides, geometry.dilations, strict=True), start=1
        ):
            count = (x.shape[axis] - (k - 1) * d - 1) // s + 1
            part = take(part, axis, slice(i * d, i * d + (count - 1) * s + 1, s))
        parts.append(part)
    return reduce(maximum, parts)
