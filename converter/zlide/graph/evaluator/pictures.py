"""Pooling and resizing of pictures (N, H, W, C)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from zlide.graph.evaluator.operation import Array, operations
from zlide.graph.evaluator.windows import Geometry, padded, taps

Numbers = NDArray[np.float32]


def max_pool(
    x: Array,
    *,
    ksize: Sequence[int],
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
) -> Array:
    return _pool(x, ksize, Geometry(strides, padding, explicit_paddings), np.maximum, -np.inf)


def avg_pool(x: Array, *, ksize: Sequence[int], strides: Sequence[int], padding: str) -> Array:
    """Return the mean of each window, without padding."""
    geometry = Geometry(strides, padding)
    ones = np.ones((1, *x.shape[1:3], 1), np.float32)
    sums, counts = (_pool(each, ksize, geometry, np.add, 0) for each in (x, ones))
    return sums / counts


def _pool(
    x: Array,
    ksize: Sequence[int],
    geometry: Geometry,
    combine: Callable[[Array, Array], Array],
    value: float,
) -> Array:
    """Combine the elements of each window; `value` is that of the padding."""
    if (ksize[0], ksize[3]) != (1, 1):
        raise ValueError(f"expected windows of one row and one channel, found {list(ksize)}")
    windows = geometry.windows(x.shape, ksize[1:3])
    (_, result), *others = taps(padded(x, windows, value), windows)
    for _, values in others:
        result = combine(result, values)
    return result


def resize_bilinear(
    x: Array, size: Array, *, align_corners: bool = False, half_pixel_centers: bool = False
) -> Array:
    center = _HALF if half_pixel_centers else np.float32(0)
    for axis in (1, 2):
        length = x.shape[axis]
        at = _scaled(length, int(size[axis - 1]), align_corners, center) - center
        below = np.floor(at)
        share = (at - below).reshape([-1 if i == axis else 1 for i in range(x.ndim)])
        low, high = (_take(x, each, axis) for each in (below, np.ceil(at)))
        x = low + (high - low) * share
    return x


def resize_nearest_neighbor(
    x: Array, size: Array, *, align_corners: bool = False, half_pixel_centers: bool = False
) -> Array:
    center = _HALF if half_pixel_centers else np.float32(0)
    for axis in (1, 2):
        at = _scaled(x.shape[axis], int(size[axis - 1]), align_corners, center)
        x = _take(x, np.floor(at + _HALF if align_corners else at), axis)
    return x


_HALF = np.float32(0.5)


def _scaled(length: int, count: int, align_corners: bool, center: np.float32) -> Numbers:
    """Return the centers of `count` pixels, scaled to `length` pixels in float32 as in TensorFlow.

    center: that of the first pixel.
    """
    aligned = align_corners and count > 1
    scale = np.float32((length - 1) / (count - 1) if aligned else length / count)
    return np.asarray((np.arange(count, dtype=np.float32) + center) * scale)


def _take(x: Array, at: Numbers, axis: int) -> Array:
    return np.take(x, np.clip(at, 0, x.shape[axis] - 1).astype(np.int32), axis)


PICTURES = operations(
    {
        "AvgPool": avg_pool,
        "MaxPool": max_pool,
        "ResizeBilinear": resize_bilinear,
        "ResizeNearestNeighbor": resize_nearest_neighbor,
    }
)
