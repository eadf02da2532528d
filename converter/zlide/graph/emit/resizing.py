"""Resize pictures: by kernels of TensorFlow.js where they compute the same, else by matrices.

A resize of one direction is a matrix: each pixel of the result is a sum of some of the source.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from zlide.graph.emit.convolutions import to_channels_first, to_channels_last
from zlide.graph.emit.node import Node, NotEmittedError, emits
from zlide.graph.ir import Value, const, make
from zlide.graph.ir.build import matmul, reshape

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Method:
    """How pixels are computed, in ONNX's words."""

    mode: str
    coordinates: str
    nearest: str
    cubic: float
    exclude_outside: bool
    antialias: bool


@emits("Resize", "Upsample")
def resize(node: Node) -> Value:
    """Resize the dimensions after batch and channels, by factors or to sizes."""
    x = node.input(0)
    scales, sizes = _targets(node, x)
    method = Method(
        node.attribute("mode", "nearest"),
        node.attribute(
            "coordinate_transformation_mode",
            "asymmetric" if node.op == "Upsample" else "half_pixel",
        ),
        node.attribute("nearest_mode", "floor" if node.op == "Upsample" else "round_prefer_floor"),
        float(node.attribute("cubic_coeff_a", -0.75)),
        bool(node.attribute("exclude_outside", 0)),
        bool(node.attribute("antialias", 0)),
    )
    if sizes[:2] != [x.shape[0], x.shape[1]]:
        raise NotEmittedError("a resize of batch or channels", "resize height and width alone")
    y = to_channels_last(x)
    if x.rank == 4 and (kernel := _kernel(x.shape[2:], sizes[2:], scales[2:], method)):
        op, attributes = kernel
        y = make(op, y, const(np.array(sizes[2:], np.int32)), **attributes)
        return to_channels_first(y)
    for axis in range(1, x.rank - 1):
        n, size, scale = x.shape[axis + 1], sizes[axis + 1], scales[axis + 1]
        if size != n or scale != 1:
            y = along(y, axis, matrix(n, size, scale, method))
    return to_channels_first(y)


def _targets(node: Node, x: Value) -> tuple[list[float], list[int]]:
    """Return factors and sizes of all dimensions."""
    at = 1 if node.op == "Upsample" else 2
    factors, sizes = node.array(at), None
    if factors is None or factors.size == 0:
        sizes = node.integers(3)
    if sizes is None and factors is None:
        raise NotEmittedError("a resize without sizes", "give size= or scale_factor=")
    if sizes is not None:
        whole = [n if n < 0 else size for n, size in zip(x.shape, sizes, strict=True)]
        return [size / n for size, n in zip(whole, x.shape, strict=True)], whole
    assert factors is not None  # noqa: S101 (checked above)
    scales = [float(each) for each in factors]
    return scales, [
        n if scale == 1 else int(np.floor(n * scale + 1e-6))
        for n, scale in zip(x.shape, scales, strict=True)
    ]


def _kernel(
    before: tuple[int, ...], after: list[int], scales: list[float], method: Method
) -> tuple[str, dict[str, bool]] | None:
    """Return the op that computes the same, and its attributes, or None."""
    exact = all(abs(n * s - m) < 1e-3 for n, m, s in zip(before, after, scales, strict=True))
    whole = all(m % n == 0 for n, m in zip(before, after, strict=True))
    if method.antialias:
        return None
    if (
        method.mode == "nearest"
        and whole
        and exact
        and method.coordinates
        in {
            "asymmetric",
            "half_pixel",
        }
    ):
        # Every rule of rounding takes the pixel itself where the factor is whole, but for ties.
        centered = method.coordinates == "half_pixel"
        if centered or method.nearest == "floor":
            return "ResizeNearestNeighbor", {
                "align_corners": False,
                "half_pixel_centers": False,
            }
    if method.mode == "linear" and method.coordinates == "align_corners":
        return "ResizeBilinear", {"align_corners": True, "half_pixel_centers": False}
    if (
        method.mode == "linear"
        and exact
        and (
            method.coordinates == "half_pixel"
            or (method.coordinates == "pytorch_half_pixel" and min(after) > 1)
        )
    ):
        return "ResizeBilinear", {"align_corners": False, "half_pixel_centers": True}
    return None


def along(x: Value, axis: int, m: Matrix) -> Value:
    """Multiply x (B, …, n, …, C) along an axis by a matrix (m, n)."""
    shape = x.shape
    rest = shape[axis + 1 :]
    width = int(np.prod(rest))
    rows = int(np.prod(shape[1:axis], dtype=int)) * shape[0]
    flat = reshape(x, (rows, shape[axis], width))
    y = matmul(const(m[None]), flat)
    return reshape(y, (*shape[:axis], len(m), *rest))


def matrix(n: int, size: int, scale: float, method: Method) -> Matrix:
    """Return the matrix (size, n) of a resize, after ONNX's definition of Resize."""
    result = np.zeros((size, n), np.float64)
    for i in range(size):
        at = _source(i, n, size, scale, method.coordinates)
        for pixel, weight in _weights(at, scale, n, method):
            result[i, min(max(pixel, 0), n - 1)] += weight
    return result.astype(np.float32)


def _source(i: int, n: int, size: int, scale: float, coordinates: str) -> float:
    if coordinates == "align_corners":
        return i * (n - 1) / (size - 1) if size > 1 else 0.0
    if coordinates == "asymmetric":
        # In float32, as PyTorch computes them.
        return float(np.float32(i) * np.float32(1 / scale))
    if coordinates == "pytorch_half_pixel" and size == 1:
        return 0.0 if n == 1 else (0.5 / scale - 0.5)
    if coordinates in {"half_pixel", "pytorch_half_pixel"}:
        return (i + 0.5) / scale - 0.5
    if coordinates == "half_pixel_symmetric":
        adjustment = size / (scale * n)
        return n / 2 * (1 - adjustment) + (i + 0.5) / scale - 0.5
    raise NotEmittedError(f"a resize with {coordinates}", "use align_corners or half_pixel")


def _weights(at: float, scale: float, n: int, method: Method) -> list[tuple[int, float]]:
    """Return the pixels that are added up at a place of the source, and their weights."""
    if method.mode == "nearest":
        return [(_nearest(at, method.nearest), 1.0)]
    stretch = min(scale, 1.0) if method.antialias else 1.0
    support = (1.0 if method.mode == "linear" else 2.0) / stretch
    first, last = int(np.floor(at - support)) + 1, int(np.ceil(at + support)) - 1
    first, last = min(first, int(np.floor(at))), max(last, int(np.floor(at)))
    pairs = [
        (pixel, _kernel_weight((pixel - at) * stretch, method)) for pixel in range(first, last + 1)
    ]
    if method.exclude_outside or method.antialias:
        pairs = [(pixel, weight) for pixel, weight in pairs if 0 <= pixel < n]
    total = sum(weight for _, weight in pairs)
    return [(pixel, weight / total) for pixel, weight in pairs]


def _kernel_weight(distance: float, method: Method) -> float:
    """Keys 1981, equations 4 and 15; linear for the linear mode."""
    d, a = abs(distance), method.cubic
    if method.mode == "linear":
        return max(0.0, 1.0 - d)
    if d <= 1:
        return ((a + 2) * d - (a + 3)) * d * d + 1
    return a * (((d - 5) * d + 8) * d - 4) if d < 2 else 0.0


def _nearest(at: float, rounding: str) -> int:
    if rounding == "floor":
        return int(np.floor(at))
    if rounding == "ceil":
        return int(np.ceil(at))
    if rounding == "round_prefer_floor":
        return int(np.ceil(at - 0.5))
    return int(np.floor(at + 0.5))
