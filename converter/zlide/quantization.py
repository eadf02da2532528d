"""Weights as they travel: float32, float16, or eight bits a number with a scale for each output of a layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from zlide.bundle import Precision
from zlide.errors import ZlideError

LEVELS = 127
"""A weight of eight bits is a whole number from −127 to 127, times its scale."""

SCALE_BITS = 11
"""Significant bits of a scale, so few that its products are exact in float32: what is rounded stays as it is when rounded again."""

MOST_CHANGED: Mapping[Precision, float] = {"uint8": 0.005, "float16": 0.05}
"""Share of the samples that a rounding may change where nothing else is asked for."""

_REMEDY = 'keep it with `zlide build … --precision float32`, or in Python with about=zlide.About(rounding="float32")'

_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


class Overflow(ZlideError):  # noqa: N818 (where no rounding was asked for, nothing went wrong)
    """A weight that float16 cannot hold."""


@dataclass(frozen=True)
class PrecisionChoice:
    """How weights travel: at so many of so many samples that makes another; and the weight, if any, that kept them from fewer bits."""

    precision: Precision
    changed: tuple[int, int]
    overflow: str | None = None


def quantize_weights(module: nn.Module, precision: Precision) -> None:
    """Round every floating parameter and buffer in place to what travels; they stay float32. Raises Overflow where one does.

    uint8: tensors of two dimensions and more, each output of a layer (a row of a table) to a scale of its own; others as float16.
    """
    if precision == "float32":
        return
    outputs = {
        f"{name}.weight".removeprefix("."): 1
        for name, child in module.named_modules()
        if isinstance(child, _TRANSPOSED)
    }
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if tensor.is_floating_point():
            eight = precision == "uint8" and tensor.dim() > 1
            tensor.data.copy_(
                quantize_per_channel(tensor.detach(), outputs.get(name, 0))
                if eight
                else _to_half(tensor.detach(), name)
            )


def choose_precision(
    asked: Precision | None, changed: Callable[[Precision], tuple[int, int]]
) -> PrecisionChoice:
    """The rounding that was asked for, or else the first of `MOST_CHANGED` that changes no larger share of the samples, or float32.

    changed: how many of how many samples are others after a rounding. Raises Overflow where it does, and a rounding was asked for.
    """
    if asked is not None:
        return PrecisionChoice(asked, changed(asked))
    overflow = None
    for precision, share in MOST_CHANGED.items():
        try:
            others, samples = changed(precision)
        except Overflow as error:
            overflow = f"{error.where} {error.problem}"
            continue
        if others <= share * samples:
            return PrecisionChoice(precision, (others, samples))
    return PrecisionChoice("float32", changed("float32"), overflow)


@contextmanager
def quantized_weights(module: nn.Module, precision: Precision) -> Iterator[None]:
    """Within the block the weights are as they travel; after it they are as before, with the gradients at what they were within.

    The straight-through estimator (Bengio et al. 2013, arXiv:1308.3432): steps too small for a scale add up until they are not.
    """
    if precision == "float32":
        yield
        return
    exact = [
        (tensor, tensor.detach().clone()) for tensor in [*module.parameters(), *module.buffers()]
    ]
    quantize_weights(module, precision)
    try:
        yield
    finally:
        for tensor, before in exact:
            tensor.data.copy_(before)


def quantize_per_channel(weights: Tensor, axis: int) -> Tensor:
    """float32 of any shape → the nearest whole numbers, −127 to 127, times a scale for each index along `axis`.

    What is such numbers times a power of two already, as ones and zeros are, stays as it is.
    """
    others = [i for i in range(weights.dim()) if i != axis]
    fraction, exponent = torch.frexp(weights.abs().amax(others, keepdim=True) / LEVELS)
    above, below = (
        torch.ldexp(round_(fraction * 2**SCALE_BITS) / 2**SCALE_BITS, exponent)
        for round_ in (torch.ceil, torch.floor)
    )
    scale = torch.where(
        torch.isfinite(above * LEVELS), above, below
    )  # next to the largest float32 there is none above
    whole = torch.ldexp(weights, -exponent)
    kept = (whole == whole.round()).all(others, keepdim=True)
    return torch.where(
        kept | (scale == 0) | ~torch.isfinite(scale),
        weights,
        (weights / scale).round().clamp(-LEVELS, LEVELS) * scale,
    )


def _to_half(tensor: Tensor, name: str) -> Tensor:
    rounded = tensor.to(torch.float16).to(tensor.dtype)
    if (torch.isinf(rounded) & torch.isfinite(tensor)).any():
        raise Overflow(name, f"holds {tensor.abs().max():.3g}, beyond float16", _REMEDY)
    return rounded
