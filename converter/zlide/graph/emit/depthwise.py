"""Convolutions of each channel by itself, by the shapes of kernels that are fast.

The wasm backend is fast for kernels of 2, 3, 4, 9 and 25 weights, and slow for others. On 131×131
pixels of 32 channels, one of 4×4 takes 6.9 ms, 5×5 takes 2.2, and 1×4 and 4×1 together 0.5.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.graph.emit.geometry import Geometry, window_attributes
from zlide.graph.ir import Value, const, make
from zlide.graph.ir.build import pad

LARGE = 5
"""Side of the largest kernel that is fast."""

_EXACT = 1e-7
"""Largest error of a product of a column and a row, relative to the largest weight."""


def depthwise_convolution(x: Value, kernel: Value, geometry: Geometry) -> Value:
    """x (B, H, W, C), kernel (h, w, C, M) → (B, H', W', C·M)."""
    # A depthwise kernel of a backend cannot pad unevenly by itself.
    padded = pad(x, [(0, 0), *geometry.pads, (0, 0)])
    inside = Geometry(geometry.strides, geometry.dilations, [(0, 0)] * 2)
    weights = kernel.array
    if weights is None or {*geometry.strides, *geometry.dilations} != {1}:
        return _convolve(padded, kernel, inside)
    if (lines := separated(weights)) is not None:
        column, row = lines
        return _convolve(_convolve(padded, const(column), inside), const(row), inside)
    height, width = weights.shape[:2]
    if 9 < height * width < LARGE**2 and max(height, width) <= LARGE:
        more = [(0, LARGE - height), (0, LARGE - width)]
        square = np.pad(weights, [*more, (0, 0), (0, 0)])
        return _convolve(pad(padded, [(0, 0), *more, (0, 0)]), const(square), inside)
    return _convolve(padded, kernel, inside)


def _convolve(x: Value, kernel: Value, geometry: Geometry) -> Value:
    return make("DepthwiseConv2dNative", x, kernel, **window_attributes(geometry))


def separated(weights: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]] | None:
    """Return a column (h, 1, C, 1) and a row (1, w, C, 1) whose product is `weights`, or None.

    Only kernels with more weights than both together are taken apart.
    """
    height, width, channels, multiplier = weights.shape
    if multiplier != 1 or height * width <= height + width:
        return None
    wide = weights[..., 0].astype(np.float64)
    row_of, column_of = np.unravel_index(
        np.abs(wide).reshape(height * width, channels).argmax(0), (height, width)
    )
    all_ = np.arange(channels)
    largest = wide[row_of, column_of, all_]
    column = wide[:, column_of, all_]  # (h, C)
    row = wide[row_of, :, all_].T / np.where(largest, largest, 1)  # (w, C)
    error = np.abs(column[:, None] * row - wide).max((0, 1))
    if (error > _EXACT * np.abs(largest)).any():
        return None
    return (
        column[:, None, :, None].astype(np.float32),
        row[None, :, :, None].astype(np.float32),
    )
