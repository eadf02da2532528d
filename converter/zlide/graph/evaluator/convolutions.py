"""Convolutions of pictures (N, H, W, C) with kernels (rows, columns, C, outputs), and in 3D."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from zlide.graph.evaluator.activation import fused
from zlide.graph.evaluator.operation import Array, operations
from zlide.graph.evaluator.windows import ONES, Geometry, Windows, padded, patches, taps

_BLOCK = 2**21
"""Numbers in the windows that are copied at a time: 8 MB, so that they stay in the cache."""


def conv2d(
    x: Array,
    kernel: Array,
    *,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    dilations: Sequence[int] = ONES,
) -> Array:
    return _convolve(x, kernel, Geometry(strides, padding, explicit_paddings, dilations))


def conv3d(
    x: Array,
    kernel: Array,
    *,
    strides: Sequence[int],
    padding: str,
    dilations: Sequence[int] = (1, *ONES),
) -> Array:
    """Convolve (N, D, H, W, C) with kernels (layers, rows, columns, C, outputs)."""
    return _convolve(x, kernel, Geometry(strides, padding, (), dilations))


def _convolve(x: Array, kernel: Array, geometry: Geometry) -> Array:
    outputs = kernel.shape[-1]
    windows = _windows(x, kernel, geometry)
    views = patches(padded(x, windows), windows)
    shape, matrix = views.shape[: x.ndim - 1], kernel.reshape(-1, outputs)
    result = np.empty((*shape, outputs), np.result_type(x, kernel))
    step = max(1, _BLOCK // (math.prod(shape[1:]) * len(matrix)))
    for begin in range(0, len(x), step):
        block = views[begin : begin + step].reshape(-1, len(matrix))
        np.matmul(block, matrix, out=result[begin : begin + step].reshape(-1, outputs))
    return result


def depthwise_conv2d(
    x: Array,
    kernel: Array,
    *,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    dilations: Sequence[int] = ONES,
) -> Array:
    """Convolve each channel with kernels of its own, (rows, columns, C, multiplier)."""
    _, _, channels, multiplier = kernel.shape
    windows = _windows(x, kernel, Geometry(strides, padding, explicit_paddings, dilations))
    counts = (window.count for window in windows)
    result = np.zeros((len(x), *counts, channels, multiplier), np.result_type(x, kernel))
    for place, values in taps(padded(x, windows), windows):
        result += values[..., None] * kernel[place]
    return result.reshape(*result.shape[:3], channels * multiplier)


def conv2d_backprop_input(  # noqa: PLR0913 (the inputs and attributes of the op)
    sizes: Array,
    kernel: Array,
    x: Array,
    *,
    strides: Sequence[int],
    padding: str,
    explicit_paddings: Sequence[int] = (),
    dilations: Sequence[int] = ONES,
) -> Array:
    """Compute a transposed convolution, to pictures of these sizes (N, H, W, C).

    kernel: (rows, columns, C, channels of x).
    """
    rows, columns, channels, inputs = kernel.shape
    geometry = Geometry(strides, padding, explicit_paddings, dilations)
    windows = geometry.windows(sizes.tolist(), (rows, columns))
    counts = tuple(window.count for window in windows)
    if x.shape != (sizes[0], *counts, inputs) or sizes[3] != channels:
        expected = (int(sizes[0]), *counts, inputs)
        raise ValueError(f"expected pictures {expected} to {channels} channels, found {x.shape}")
    result = padded(np.zeros(sizes.tolist(), np.result_type(x, kernel)), windows)
    for place, view in taps(result, windows):
        view[...] += np.matmul(x, kernel[place].T)
    return _without_padding(result, windows)


def _windows(x: Array, kernel: Array, geometry: Geometry) -> Windows:
    """Return the windows of a kernel over x. Raises ValueError unless their channels agree."""
    *sizes, channels, _ = kernel.shape
    if x.ndim != kernel.ndim or x.shape[-1] != channels:
        raise ValueError(f"expected pictures of {channels} channels, found {x.shape}")
    return geometry.windows(x.shape, sizes)


def _without_padding(x: Array, windows: Windows) -> Array:
    height, width = (
        slice(window.before, size - window.after)
        for window, size in zip(windows, x.shape[1:3], strict=True)
    )
    return x[:, height, width]


_PLAIN = operations(
    {
        "Conv2D": conv2d,
        "Conv3D": conv3d,
        "DepthwiseConv2dNative": depthwise_conv2d,
        "Conv2DBackpropInput": conv2d_backprop_input,
    }
)

CONVOLUTIONS = {
    **_PLAIN,
    "_FusedConv2D": fused(_PLAIN["Conv2D"]),
    "FusedDepthwiseConv2dNative": fused(_PLAIN["DepthwiseConv2dNative"]),
}
