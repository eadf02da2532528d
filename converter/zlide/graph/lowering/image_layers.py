"""PyTorch → PyTorch: lowering of image layers to ops that every backend runs fast."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

Weights = NDArray[np.float32]


class LoweredConvTranspose2d(nn.ConvTranspose2d):
    """`nn.ConvTranspose2d` as a convolution and depth-to-space; of one pixel as a matrix product.

    With stride s, output s·a + r is Σ_j x[a − j] · W[s·j + r]. That is a convolution for each of
    the s² phases r; one convolution computes them all (Shi et al. 2016, "Is the deconvolution layer
    the same as a convolutional layer?", arXiv:1609.07009).
    """

    def forward(self, input: Tensor, output_size: Any = None) -> Tensor:  # noqa: A002 (the name of the original)
        """Map input (B, C, H, W) to (B, O, H', W')."""
        stride, kernel_size = list(self.stride), list(self.kernel_size)
        padding: Any = list(self.padding)  # a string only in convolutions that are not transposed
        output_padding = self._output_padding(
            input, output_size, stride, padding, kernel_size, 2, list(self.dilation)
        )
        rows, columns = (
            _Direction(int(n), *options)
            for n, *options in zip(
                input.shape[2:], kernel_size, stride, padding, output_padding, strict=True
            )
        )
        # Rearranging weights outside PyTorch makes them constants of the graph.
        weight, bias = self.weight.numpy(), None if self.bias is None else self.bias.numpy()
        if (rows.n, columns.n, self.groups) == (1, 1, 1):
            return _from_one_pixel(input, weight, bias, rows, columns)
        phases = torch.from_numpy(_phases(weight, rows, columns, self.groups))
        biases = (
            None if bias is None else torch.from_numpy(bias.repeat(rows.stride * columns.stride))
        )
        x = F.pad(input, (columns.before, columns.after, rows.before, rows.after))
        y = F.conv2d(x, phases, biases, groups=self.groups)  # (B, O·s², …)
        y = F.pixel_shuffle(y, rows.stride) if rows.stride > 1 else y
        return y[:, :, rows.cut : rows.cut + rows.size, columns.cut : columns.cut + columns.size]


class _Direction:
    """A transposed convolution of `n` pixels in one direction, along rows or columns."""

    def __init__(self, n: int, kernel: int, stride: int, padding: int, output_padding: int) -> None:
        self.n, self.kernel, self.stride, self.padding = n, kernel, stride, padding
        self.size = (n - 1) * stride - 2 * padding + kernel + output_padding  # of the output
        self.taps = -(-kernel // stride)  # of the kernel of each phase
        self.cut = padding % stride  # outputs to crop at the start
        self.before = self.taps - 1 - padding // stride  # zeros around the input
        self.after = -(-(self.cut + self.size) // stride) - n + padding // stride


def _phases(weight: Weights, rows: _Direction, columns: _Direction, groups: int) -> Weights:
    """Return weights (C, O/g, K, K) as (O·s², C/g, taps, taps), by output channel and phase."""
    spare = [(0, d.taps * d.stride - d.kernel) for d in (rows, columns)]
    weight = np.pad(weight, [(0, 0), (0, 0), *spare])
    weight = weight.reshape(
        groups, -1, weight.shape[1], rows.taps, rows.stride, columns.taps, columns.stride
    )
    weight = np.flip(
        weight.transpose(0, 2, 4, 6, 1, 3, 5), (5, 6)
    )  # (g, O/g, s, s, C/g, taps, taps)
    return np.ascontiguousarray(weight.reshape(-1, *weight.shape[4:]))


def _from_one_pixel(
    x: Tensor, weight: Weights, bias: Weights | None, rows: _Direction, columns: _Direction
) -> Tensor:
    """Map x (B, C, 1, 1) to (B, O, H', W'): each input channel times its whole kernel."""
    outputs = weight.shape[1]
    placed = np.zeros((len(weight), outputs, rows.size, columns.size), np.float32)  # (C, O, H', W')
    kernel = weight[:, :, rows.padding :, columns.padding :][:, :, : rows.size, : columns.size]
    placed[:, :, : kernel.shape[2], : kernel.shape[3]] = kernel
    biases = None if bias is None else torch.from_numpy(bias.repeat(rows.size * columns.size))
    product = F.linear(
        x.flatten(1), torch.from_numpy(placed.reshape(len(weight), -1).T.copy()), biases
    )
    return product.reshape(-1, outputs, rows.size, columns.size)


class LoweredGroupNorm(nn.GroupNorm):
    """`nn.GroupNorm` of pictures: means over pixels, then over the channels of each group.

    A product with a constant matrix averages channels.
    """

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name of the original)
        """Normalize input (B, C, H, W)."""
        if input.dim() != 4:
            return super().forward(input)
        return _normalize(input, self.num_groups, self.eps, self.weight, self.bias)


class LoweredInstanceNorm2d(nn.InstanceNorm2d):
    """`nn.InstanceNorm2d` as group norm of single channels, or as batch norm with statistics."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name of the original)
        """Normalize input (B, C, H, W)."""
        if self.running_mean is None or self.running_var is None:
            return _normalize(input, self.num_features, self.eps, self.weight, self.bias)
        return F.batch_norm(
            input, self.running_mean, self.running_var, self.weight, self.bias, eps=self.eps
        )


def _normalize(
    x: Tensor, groups: int, eps: float, weight: Tensor | None, bias: Tensor | None
) -> Tensor:
    """Normalize x (B, C, H, W) to mean 0, variance 1 in each group of channels; scale and shift."""
    centered = x - _mean(x, groups)
    normalized = centered * torch.rsqrt(_mean(centered * centered, groups) + eps)
    if weight is None or bias is None:
        return normalized
    return normalized * weight[:, None, None] + bias[:, None, None]


def _mean(x: Tensor, groups: int) -> Tensor:
    """Return the means of x (B, C, H, W) by group, as (B, C, 1, 1)."""
    group_size = x.shape[1] // groups
    mean = x.mean((2, 3), keepdim=True)
    if group_size == 1:
        return mean
    average = np.kron(np.eye(groups), np.full((group_size, group_size), 1 / group_size)).astype(
        np.float32
    )
    return F.conv2d(mean, torch.from_numpy(average[:, :, None, None]))


class LoweredUnflatten(nn.Unflatten):
    """`nn.Unflatten`, which the exporter does not support, as a reshape."""

    def forward(self, input: Tensor) -> Tensor:  # noqa: A002 (the name of the original)
        """Map input (…, N, …) to (…, *unflattened_size, …)."""
        if not isinstance(self.dim, int):
            return super().forward(input)
        dim = self.dim % input.dim()
        return input.reshape(*input.shape[:dim], *self.unflattened_size, *input.shape[dim + 1 :])
