"""Functions of pictures that PyTorch's exporter does not have, or writes in dear ops."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from zlide.graph.lowering.registry import lowers
from zlide.graph.lowering.sizes import sizes

Matrix = NDArray[np.float64]


@lowers(F.group_norm, torch.group_norm)
def group_norm(
    input: Tensor,  # noqa: A002 (the name of the original)
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *_: Any,
) -> Tensor:
    """Normalize x (B, C, …): means over pixels, then over the channels of each group.

    Wu & He 2018, equations 1, 2 and 7. A product with a constant matrix averages channels.
    """
    centered = input - _group_means(input, num_groups)
    y = centered * torch.rsqrt(_group_means(centered * centered, num_groups) + eps)
    shape = (-1, *[1] * (input.dim() - 2))
    y = y if weight is None else y * weight.view(shape)
    return y if bias is None else y + bias.view(shape)


def _group_means(x: Tensor, groups: int) -> Tensor:
    """Return the means of x (B, C, …) by group, as (B, C, 1, …)."""
    size = sizes(x)[1] // groups
    dims = tuple(range(2, x.dim()))
    means = x.mean(dims) if dims else x  # (B, C)
    if size > 1:
        average = np.kron(np.eye(groups), np.full((size, size), 1 / size))
        means = means @ torch.from_numpy(average.astype(np.float32))
    return means.view(*sizes(means), *[1] * len(dims))


@lowers(F.local_response_norm)
def local_response_norm(
    input: Tensor,  # noqa: A002 (the name of the original)
    size: int,
    alpha: float = 1e-4,
    beta: float = 0.75,
    k: float = 1.0,
) -> Tensor:
    """x ÷ (k + α/n·Σ x²)^β over n channels beside it (Krizhevsky et al. 2012, section 3.3)."""
    places = np.arange(sizes(input)[1])
    distance = places[None] - places[:, None]  # of the channel that is read
    near = (distance >= -(size // 2)) & (distance <= (size - 1) // 2)
    band = torch.from_numpy(near.astype(np.float32))
    squares = (input * input).flatten(2)
    sums = (band @ squares).view(sizes(input))
    return input * (sums * (alpha / size) + k).pow(-beta)


@lowers(
    F.adaptive_avg_pool1d, F.adaptive_avg_pool2d, F.adaptive_avg_pool3d, torch.adaptive_avg_pool1d
)
def adaptive_avg_pool(input: Tensor, output_size: Any) -> Tensor:  # noqa: A002 (the name of the original)
    """Means of as many windows as asked for, by a matrix for each direction."""
    for axis, size in _spatial(input, output_size):
        n = sizes(input)[axis]
        if size == 1:
            input = input.mean(axis, keepdim=True)  # noqa: A001
        elif size != n:
            matrix = np.zeros((size, n))
            for i, (begin, end) in enumerate(_windows(n, size)):
                matrix[i, begin:end] = 1 / (end - begin)
            input = _along(input, axis, matrix)  # noqa: A001
    return input


@lowers(F.adaptive_max_pool1d, F.adaptive_max_pool2d, F.adaptive_max_pool3d)
def adaptive_max_pool(
    input: Tensor,  # noqa: A002 (the name of the original)
    output_size: Any,
    return_indices: bool = False,  # noqa: ARG001 (the exporter refuses them)
) -> Tensor:
    """Take the largest number of each of as many windows as asked for."""
    for axis, size in _spatial(input, output_size):
        windows = _windows(sizes(input)[axis], size)
        parts = [
            input.narrow(axis, begin, end - begin).amax(axis, keepdim=True)
            for begin, end in windows
        ]
        input = torch.cat(parts, axis)  # noqa: A001
    return input


def _spatial(x: Tensor, target: Any) -> list[tuple[int, int]]:
    """Return axis and size of each direction. A size None keeps that of x."""
    asked = [target] * (x.dim() - 2) if isinstance(target, int | None) else list(target)
    return [
        (axis, sizes(x)[axis] if size is None else int(size))
        for axis, size in enumerate(asked, start=x.dim() - len(asked))
    ]


def _windows(n: int, count: int) -> list[tuple[int, int]]:
    return [(i * n // count, -(-(i + 1) * n // count)) for i in range(count)]


def _along(x: Tensor, axis: int, matrix: Matrix) -> Tensor:
    """Multiply x along an axis by a matrix (m, n)."""
    constant = torch.from_numpy(np.ascontiguousarray(matrix.T, np.float32))
    result: Tensor = (x.transpose(axis, -1) @ constant).transpose(axis, -1)
    return result


@lowers(F.interpolate)
def interpolate(  # noqa: PLR0913, PLR0917 (the arguments of the original)
    input: Tensor,  # noqa: A002 (the name of the original)
    size: Any = None,
    scale_factor: Any = None,
    mode: str = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Resize, with the modes that the exporter does not have as matrices."""
    if mode == "area":
        return adaptive_avg_pool(input, _sizes(input, size, scale_factor))
    if mode != "nearest-exact" and not antialias:
        return F.interpolate(input, size, scale_factor, mode, align_corners, recompute_scale_factor)
    target = _sizes(input, size, scale_factor)
    factors = _factors(input, target, scale_factor, recompute=recompute_scale_factor)
    for axis, (count, factor) in enumerate(zip(target, factors, strict=True), start=2):
        n = sizes(input)[axis]
        matrix = _resizing(n, count, factor, mode, align=bool(align_corners))
        if count != n or factor != 1:
            input = _along(input, axis, matrix)  # noqa: A001
    return input


def _sizes(x: Tensor, size: Any, scale_factor: Any) -> list[int]:
    if size is not None:
        return (
            [int(size)] * (x.dim() - 2)
            if not isinstance(size, Sequence)
            else [int(n) for n in size]
        )
    factors = _each(x, scale_factor)
    return [int(n * factor) for n, factor in zip(sizes(x)[2:], factors, strict=True)]


def _each(x: Tensor, factor: Any) -> Sequence[float]:
    return factor if isinstance(factor, Sequence) else [factor] * (x.dim() - 2)


def _factors(
    x: Tensor, target: Sequence[int], scale_factor: Any, *, recompute: bool | None
) -> Sequence[float]:
    """Return by how much each direction grows, as PyTorch computes coordinates from it."""
    if scale_factor is not None and not recompute:
        return _each(x, scale_factor)
    return [size / n for size, n in zip(target, sizes(x)[2:], strict=True)]


def _resizing(n: int, size: int, factor: float, mode: str, *, align: bool) -> Matrix:
    """Return the matrix (size, n) of a resize in mode nearest-exact, or with antialiasing."""
    matrix = np.zeros((size, n))
    for i in range(size):
        if mode == "nearest-exact":
            matrix[i, min(int((i + 0.5) / factor), n - 1)] = 1
            continue
        step = ((n - 1) / (size - 1) if size > 1 else 0) if align else 1 / factor
        stretch = max(step, 1.0)
        center = (i * step + 0.5) if align else (i + 0.5) * step
        distances = np.abs(np.arange(n) + 0.5 - center) / stretch
        weights = _triangle(distances) if "linear" in mode else _cubic(distances)
        matrix[i] = weights / weights.sum()
    return matrix


def _triangle(distance: Matrix) -> Matrix:
    return np.maximum(0, 1 - distance)


def _cubic(d: Matrix) -> Matrix:
    """Keys 1981, equation 4, with a = −0.5 as in PyTorch's antialiasing."""
    near = (1.5 * d - 2.5) * d * d + 1
    far = -0.5 * (((d - 5) * d + 8) * d - 4)
    return np.where(d <= 1, near, np.where(d < 2, far, 0))


@lowers(F.affine_grid, torch.affine_grid_generator)
def affine_grid(theta: Tensor, size: Any, align_corners: bool | None = None) -> Tensor:
    """Move points (…, 1) from −1 to 1 by theta (B, 2, 3) or (B, 3, 4), as (B, H, W, 2)."""
    spatial = [int(n) for n in size][2:]
    ranges = []
    for n in reversed(spatial):
        line = np.linspace(-1, 1, n) if n > 1 else np.zeros(n)
        ranges.append(line if align_corners else line * ((n - 1) / n))
    grid = np.meshgrid(*reversed(ranges), indexing="ij")
    points = np.stack([*reversed(grid), np.ones_like(grid[0])], -1).reshape(-1, len(spatial) + 1)
    moved = torch.from_numpy(points.astype(np.float32)) @ theta.transpose(1, 2)
    return moved.view(-1, *spatial, len(spatial))


@lowers(F.conv2d, torch.conv2d)
def conv2d(  # noqa: PLR0913, PLR0917 (the arguments of the original)
    input: Tensor,  # noqa: A002 (the name of the original)
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> Tensor:
    """Convolve. Rows as groups of one picture become products of matrices.

    That is how a row gets weights of its own: StyleGAN2, Karras et al. 2020, appendix B.
    """
    if not _is_by_row(input, weight, groups) or isinstance(padding, str) or bias is not None:
        return F.conv2d(input, weight, bias, stride, padding, dilation, groups)
    (down, across), (top, left), (d_row, d_column) = map(_two, (stride, padding, dilation))
    outputs, channels, rows, columns = sizes(weight)
    x = F.pad(input.view(groups, channels, *sizes(input)[2:]), (left, left, top, top))
    height = (sizes(x)[2] - d_row * (rows - 1) - 1) // down + 1
    width = (sizes(x)[3] - d_column * (columns - 1) - 1) // across + 1
    by_row = weight.view(groups, outputs // groups, channels, rows, columns)
    y: Any = 0
    for i in range(rows):
        for j in range(columns):
            begin_row, begin_column = i * d_row, j * d_column
            part = x[
                :,
                :,
                begin_row : begin_row + (height - 1) * down + 1 : down,
                begin_column : begin_column + (width - 1) * across + 1 : across,
            ]
            y = y + by_row[..., i, j] @ part.flatten(2)  # (B, O, H'·W')
    result: Tensor = y.reshape(1, outputs, height, width)
    return result


@lowers(F.conv_transpose2d, torch.conv_transpose2d)
def conv_transpose2d(  # noqa: PLR0913, PLR0917 (the arguments of the original)
    input: Tensor,  # noqa: A002 (the name of the original)
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    output_padding: Any = 0,
    groups: int = 1,
    dilation: Any = 1,
) -> Tensor:
    """Convolve transposed; with weights by row, convolve between zeros."""
    if not _is_by_row(input, weight, groups) or bias is not None:
        return F.conv_transpose2d(
            input, weight, bias, stride, padding, output_padding, groups, dilation
        )
    (down, across), pads, extra, steps = map(_two, (stride, padding, output_padding, dilation))
    total, outputs, rows, columns = sizes(weight)
    _, _, height, width = sizes(input)
    batch, channels = groups, total // groups
    x = input.view(batch, channels, height, 1, width, 1)
    apart = F.pad(x, (0, across - 1, 0, 0, 0, down - 1))
    apart = apart.reshape(batch, channels, height * down, width * across)
    around = [d * (k - 1) - p for d, k, p in zip(steps, (rows, columns), pads, strict=True)]
    ends = [n + e - s + 1 for n, e, s in zip(around, extra, (down, across), strict=True)]
    apart = F.pad(apart, (around[1], ends[1], around[0], ends[0]))
    by_row = weight.view(batch, channels, outputs, rows, columns).transpose(1, 2).flip((3, 4))
    flat = by_row.reshape(batch * outputs, channels, rows, columns)
    rows_in_one = apart.reshape(1, batch * channels, *sizes(apart)[2:])
    result: Tensor = conv2d(rows_in_one, flat, None, 1, 0, steps, groups)
    return result


def _is_by_row(x: Tensor, weight: Tensor, groups: int) -> bool:
    """Return whether the groups are the rows of a batch: their weights are computed."""
    is_computed = not isinstance(weight, torch.nn.Parameter)
    return x.dim() == 4 and int(x.shape[0]) == 1 and groups > 1 and is_computed


def _two(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (value[0], value[-1])
