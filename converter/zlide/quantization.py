"""Quantization of weights to float32, float16 or uint8 precision.

In uint8 precision, a weight is an 8-bit whole number times a scale per output channel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from zlide.bundle import Precision
from zlide.errors import ZlideError

LEVELS = 127
"""In uint8 precision, a weight is a whole number from −127 to 127, times its scale."""

SCALE_BITS = 11
"""Significant bits of a scale: few enough that its products are exact in float32.

Therefore quantized weights stay the same when they are quantized again.
"""

MAX_CHANGED: Mapping[Precision, float] = {"uint8": 0.005, "float16": 0.05}
"""Largest share of samples that a precision may change if the author did not ask for one."""

_REMEDY = (
    "keep float32 with `zlide build … --precision float32`, or with "
    'zlide.export(…, precision="float32")'
)

_TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)


class Overflow(ZlideError):  # noqa: N818 (not an error where any precision will do)
    """A weight beyond the range of float16."""


@dataclass(frozen=True)
class PrecisionChoice:
    """The precision of a bundle's weights.

    changed: the number of samples that it changes, and the number of samples compared.
    overflow: the weight, if any, that ruled out a smaller precision.
    """

    precision: Precision
    changed: tuple[int, int]
    overflow: str | None = None


def quantize_weights(module: nn.Module, precision: Precision) -> None:
    """Round every floating parameter and buffer of `module` in place; they stay float32.

    uint8: tensors of two and more dimensions get a scale per output channel (per row of an
    embedding); others are rounded to float16. Raises Overflow for a weight beyond float16.
    """
    if precision == "float32":
        return
    channel_axes = {
        f"{name}.{weight}".removeprefix("."): axis
        for name, child in module.named_modules()
        for weight, axis in _channel_axes(child).items()
    }
    for name, tensor in [*module.named_parameters(), *module.named_buffers()]:
        if not tensor.is_floating_point():
            continue
        if precision == "uint8" and tensor.dim() > 1:
            rounded = quantize_per_channel(tensor.detach(), channel_axes.get(name, 0))
        else:
            rounded = _round_to_float16(tensor.detach(), name)
        tensor.data.copy_(rounded)


def _channel_axes(module: nn.Module) -> Mapping[str, int]:
    """Return the output channels' dimension of weights in which it is not the first."""
    if isinstance(module, _TRANSPOSED):
        return {"weight": 1}
    named: Mapping[str, int] = getattr(module, "channel_axes", {})
    return named


def choose_precision(
    requested: Precision | None, count_changed: Callable[[Precision], tuple[int, int]]
) -> PrecisionChoice:
    """Return the requested precision, or the smallest one that `MAX_CHANGED` allows.

    count_changed: precision → the number of samples that it changes, and of samples compared.
    Raises Overflow if the requested precision cannot hold a weight.
    """
    if requested is not None:
        return PrecisionChoice(requested, count_changed(requested))
    overflow = None
    for precision, max_share in MAX_CHANGED.items():
        try:
            changed, samples = count_changed(precision)
        except Overflow as error:
            overflow = f"{error.where} {error.problem}"
            continue
        if changed <= max_share * samples:
            return PrecisionChoice(precision, (changed, samples))
    return PrecisionChoice("float32", count_changed("float32"), overflow)


@contextmanager
def quantized_weights(module: nn.Module, precision: Precision) -> Iterator[None]:
    """Quantize the weights of `module` within the block, and restore them after it.

    Gradients computed within the block stay. This is the straight-through estimator
    (Bengio et al. 2013, arXiv:1308.3432): steps smaller than a scale add up until they count.
    """
    if precision == "float32":
        yield
        return
    tensors = [*module.parameters(), *module.buffers()]
    exact = [(tensor, tensor.detach().clone()) for tensor in tensors]
    quantize_weights(module, precision)
    try:
        yield
    finally:
        for tensor, before in exact:
            tensor.data.copy_(before)


def quantize_per_channel(weights: Tensor, axis: int) -> Tensor:
    """Round float32 weights to whole numbers, −127 to 127, times a scale per index along `axis`.

    Channels that are whole numbers times a power of two, as ones and zeros are, do not change.
    """
    others = [i for i in range(weights.dim()) if i != axis]
    fraction, exponent = torch.frexp(weights.abs().amax(others, keepdim=True) / LEVELS)
    above, below = (
        torch.ldexp(round_(fraction * 2**SCALE_BITS) / 2**SCALE_BITS, exponent)
        for round_ in (torch.ceil, torch.floor)
    )
    # Near the largest float32, the scale above is infinite.
    scale = torch.where(torch.isfinite(above * LEVELS), above, below)
    multiples = torch.ldexp(weights, -exponent)
    is_exact = (multiples == multiples.round()).all(others, keepdim=True)
    rounded = (weights / scale).round().clamp(-LEVELS, LEVELS) * scale
    return torch.where(is_exact | (scale == 0) | ~torch.isfinite(scale), weights, rounded)


def _round_to_float16(tensor: Tensor, name: str) -> Tensor:
    rounded = tensor.to(torch.float16).to(tensor.dtype)
    if (torch.isinf(rounded) & torch.isfinite(tensor)).any():
        raise Overflow(name, f"holds {tensor.abs().max():.3g}, beyond float16", _REMEDY)
    return rounded
