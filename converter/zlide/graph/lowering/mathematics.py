"""Functions of numbers that PyTorch's exporter does not have."""

from __future__ import annotations

import math
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from zlide.graph.lowering.registry import lowers
from zlide.graph.lowering.sizes import sizes


@lowers(torch.cosh, Tensor.cosh)
def cosh(x: Tensor) -> Tensor:
    return (torch.exp(x) + torch.exp(-x)) / 2


@lowers(torch.sinh, Tensor.sinh)
def sinh(x: Tensor) -> Tensor:
    return (torch.exp(x) - torch.exp(-x)) / 2


@lowers(torch.asinh, Tensor.asinh, torch.arcsinh, Tensor.arcsinh)
def asinh(x: Tensor) -> Tensor:
    size = torch.abs(x)
    return torch.sign(x) * torch.log(size + torch.sqrt(x * x + 1))


@lowers(torch.acosh, Tensor.acosh, torch.arccosh, Tensor.arccosh)
def acosh(x: Tensor) -> Tensor:
    return torch.log(x + torch.sqrt(x * x - 1))


@lowers(torch.atanh, Tensor.atanh, torch.arctanh, Tensor.arctanh)
def atanh(x: Tensor) -> Tensor:
    return (torch.log(1 + x) - torch.log(1 - x)) / 2


@lowers(torch.expm1, Tensor.expm1, torch.special.expm1)
def expm1(x: Tensor) -> Tensor:
    return torch.exp(x) - 1


@lowers(torch.log1p, Tensor.log1p, torch.special.log1p)
def log1p(x: Tensor) -> Tensor:
    return torch.log(1 + x)


@lowers(torch.trunc, Tensor.trunc, torch.fix, Tensor.fix)
def trunc(x: Tensor) -> Tensor:
    return torch.sign(x) * torch.floor(torch.abs(x))


@lowers(torch.frac, Tensor.frac)
def frac(x: Tensor) -> Tensor:
    return x - trunc(x)


@lowers(torch.sinc, Tensor.sinc, torch.special.sinc)
def sinc(x: Tensor) -> Tensor:
    """sin(πx) ÷ πx, and 1 at 0."""
    at_zero = x == 0
    angle = torch.where(at_zero, 1.0, x) * math.pi
    return torch.where(at_zero, 1.0, torch.sin(angle) / angle)


@lowers(torch.floor_divide, Tensor.floor_divide, Tensor.__floordiv__)
def floor_divide(x: Any, y: Any) -> Tensor:
    """⌊x ÷ y⌋: the exporter rounds towards 0."""
    quotient = torch.floor(torch.true_divide(x, y))
    whole = not any(isinstance(each, Tensor) and each.is_floating_point() for each in (x, y))
    result: Tensor = quotient.to(torch.int64) if whole and not isinstance(y, float) else quotient
    return result


@lowers(F.softplus)
def softplus(input: Tensor, beta: float = 1, threshold: float = 20) -> Tensor:  # noqa: A002 (the name of the original)
    """log(1 + exp(βx)) ÷ β, and x above the threshold, which the exporter forgets."""
    smooth = F.softplus(input, beta)
    return smooth if threshold >= 15 else torch.where(input * beta > threshold, input, smooth)


@lowers(F.threshold)
def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:  # noqa: A002, ARG001 (the names of the original)
    """x above the threshold, else the value: the exporter knows only 0."""
    return torch.where(input > threshold, input, value)


@lowers(F.rms_norm, torch.rms_norm)
def rms_norm(
    input: Tensor,  # noqa: A002 (the name of the original)
    normalized_shape: Any,
    weight: Tensor | None = None,
    eps: float | None = None,
) -> Tensor:
    """x ÷ √(mean(x²) + ε) (Zhang & Sennrich 2019, equation 4)."""
    dims = tuple(range(-len(normalized_shape), 0))
    epsilon = torch.finfo(input.dtype).eps if eps is None else eps
    scaled = input * torch.rsqrt(input.pow(2).mean(dim=dims, keepdim=True) + epsilon)
    return scaled if weight is None else scaled * weight


@lowers(F.bilinear, torch.bilinear)
def bilinear(x: Tensor, y: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """x (…, I), y (…, J), weight (O, I, J) → (…, O)."""
    outer = (x.unsqueeze(-1) * y.unsqueeze(-2)).flatten(-2)  # (…, I·J)
    return F.linear(outer, weight.flatten(1), bias)


@lowers(torch.logaddexp, Tensor.logaddexp)
def logaddexp(x: Tensor, y: Tensor) -> Tensor:
    """log(exp(x) + exp(y)), without overflow."""
    return torch.maximum(x, y) + torch.log(1 + torch.exp(-torch.abs(x - y)))


@lowers(torch.logaddexp2, Tensor.logaddexp2)
def logaddexp2(x: Tensor, y: Tensor) -> Tensor:
    """log2(2^x + 2^y), without overflow."""
    return torch.maximum(x, y) + torch.log2(1 + torch.exp(-torch.abs(x - y) * math.log(2)))


@lowers(torch.cumprod, Tensor.cumprod)
def cumprod(x: Tensor, dim: int, dtype: torch.dtype | None = None) -> Tensor:
    """Multiply in log2(n) steps, each by the products of as many numbers before."""
    y, size, step = x if dtype is None else x.to(dtype), sizes(x)[dim], 1
    while step < size:
        kept, moved = y.narrow(dim, 0, step), y.narrow(dim, 0, size - step)
        y = torch.cat([kept, y.narrow(dim, step, size - step) * moved], dim)
        step *= 2
    return y


_MODE = "use_mm_for_euclid_dist_if_necessary"
"""The default of `torch.cdist`."""


@lowers(torch.cdist)
def cdist(
    x1: Tensor,
    x2: Tensor,
    p: float = 2.0,
    compute_mode: str = "use_mm_for_euclid_dist_if_necessary",
) -> Tensor:
    """x1 (…, P, M), x2 (…, R, M) → (…, P, R): the exporter forgets |·| for p other than 2."""
    if p == 2:
        return torch.cdist(x1, x2, p, compute_mode)
    return _norm(x1.unsqueeze(-2) - x2.unsqueeze(-3), p)


@lowers(F.pairwise_distance, torch.pairwise_distance)
def pairwise_distance(
    x1: Tensor, x2: Tensor, p: float = 2.0, eps: float = 1e-6, keepdim: bool = False
) -> Tensor:
    """‖x1 − x2 + ε‖ over the last dimension."""
    distance = _norm(x1 - x2 + eps, p)
    return distance.unsqueeze(-1) if keepdim else distance


def _norm(x: Tensor, p: float) -> Tensor:
    """Return (Σ|x|^p)^(1/p) over the last dimension."""
    size = x.abs()
    if p == math.inf:
        return size.amax(-1)
    if p == 1:
        return size.sum(-1)
    return size.pow(p).sum(-1).pow(1 / p)
