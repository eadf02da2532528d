"""Decoders of larger pictures in four families, with seeded weights.

Widths are those of the publications, divided so that a decode takes well under a second.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from zlide.axes import Axes

LATENT = 64
"""Numbers of a latent position."""

NUM_AXES = 8

_SEED = 7
_GRID = 4
"""Pixels of a side where convolutions begin."""


@dataclass(frozen=True)
class LargerDecoder:
    """A decoder of square pictures, and axes for it, without examples."""

    decoder: nn.Module
    axes: Axes
    examples: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """A figure of the bench: a family at a size, in pixels of a side, on some threads."""

    family: str
    side: int
    threads: int


class Pixels(nn.Module):
    """z (B, Z) → pixels (B, H, W, 3) in [0, 1], of a body that ends with tanh or in (0, 1)."""

    def __init__(self, body: nn.Module, squash: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.body, self.squash = body, squash

    def forward(self, z: Tensor) -> Tensor:
        return self.squash(self.body(z)).permute(0, 2, 3, 1)


def from_tanh(x: Tensor) -> Tensor:
    return torch.tanh(x) / 2 + 0.5


def clamped(x: Tensor) -> Tensor:
    return x.clamp(0, 1)


def num_doublings(side: int, first: int = _GRID) -> int:
    """Return how often a picture doubles from `first` to `side` pixels."""
    return (side // first).bit_length() - 1


def dcgan(side: int, width: int) -> nn.Module:
    """Transposed convolutions of kernel 4 and stride 2 (Radford et al. 2016, figure 1).

    width: channels before the last layer, 64 in the paper; each earlier layer has twice as many.
    """
    widths = [width * 2**i for i in reversed(range(num_doublings(side)))]
    first = nn.ConvTranspose2d(LATENT, widths[0], _GRID, bias=False)
    layers: list[nn.Module] = [nn.Unflatten(1, (LATENT, 1, 1)), first]
    for inside, outside in zip(widths, [*widths[1:], 3], strict=True):
        layers += [nn.BatchNorm2d(inside), nn.ReLU()]
        layers.append(nn.ConvTranspose2d(inside, outside, 4, 2, 1, bias=False))
    return Pixels(nn.Sequential(*layers), from_tanh)


class UpBlock(nn.Module):
    """A residual block that doubles a picture (Miyato et al. 2018, "SNGAN", figure 9)."""

    def __init__(self, inside: int, outside: int) -> None:
        super().__init__()
        up = partial(nn.Upsample, scale_factor=2)
        self.main = nn.Sequential(
            *[nn.BatchNorm2d(inside), nn.ReLU(), up(), nn.Conv2d(inside, outside, 3, padding=1)],
            *[nn.BatchNorm2d(outside), nn.ReLU(), nn.Conv2d(outside, outside, 3, padding=1)],
        )
        self.skip = nn.Sequential(up(), nn.Conv2d(inside, outside, 1))

    def forward(self, x: Tensor) -> Tensor:
        main: Tensor = self.main(x)
        skip: Tensor = self.skip(x)
        return main + skip


def residual(side: int, width: int) -> nn.Module:
    """Residual blocks with upsampling; width: channels of the last one, 64 in the paper."""
    count = num_doublings(side)
    widths = [min(width * 2**i, 16 * width) for i in reversed(range(count))]
    blocks = [UpBlock(*pair) for pair in zip([widths[0], *widths], widths, strict=False)]
    return Pixels(
        nn.Sequential(
            *[nn.Linear(LATENT, widths[0] * _GRID**2), nn.Unflatten(1, (widths[0], _GRID, _GRID))],
            *blocks,
            *[nn.BatchNorm2d(width), nn.ReLU(), nn.Conv2d(width, 3, 3, padding=1)],
        ),
        from_tanh,
    )


class Soft(nn.Module):
    """3·tanh(x / 3), by which TAESD clamps its latents."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.tanh(x / 3) * 3


class TaesdBlock(nn.Module):
    """Three convolutions and a skip."""

    def __init__(self, width: int) -> None:
        super().__init__()
        make = partial(nn.Conv2d, width, width, 3, padding=1)
        self.main = nn.Sequential(make(), nn.ReLU(), make(), nn.ReLU(), make())

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.main(x) + x)


def taesd(side: int, width: int) -> nn.Module:
    """Tiny autoencoder of Stable Diffusion's latents; a pixel of them stands for 8×8.

    width: 64 as published. A linear layer makes the latents of z.
    """
    grid = side // 8
    layers: list[nn.Module] = [
        *[nn.Linear(LATENT, 4 * grid * grid), nn.Unflatten(1, (4, grid, grid))],
        *[Soft(), nn.Conv2d(4, width, 3, padding=1), nn.ReLU()],
    ]
    for _ in range(3):
        layers += [TaesdBlock(width) for _ in range(3)]
        layers.append(nn.Upsample(scale_factor=2))
        layers.append(nn.Conv2d(width, width, 3, padding=1, bias=False))
    layers += [TaesdBlock(width), nn.Conv2d(width, 3, 3, padding=1)]
    return Pixels(nn.Sequential(*layers), clamped)


class Modulated(nn.Module):
    """A convolution modulated by a style, then demodulated (Karras et al. 2020, section 2.2).

    The style scales the input and the demodulation the output, which needs no weights by row.
    """

    def __init__(self, inside: int, outside: int, size: int, *, demodulate: bool = True) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outside, inside, size, size))
        self.scale = 1 / (inside * size * size) ** 0.5
        self.style = nn.Linear(LATENT, inside)
        self.demodulate = demodulate

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        style = self.style(w) + 1
        weight = self.weight * self.scale
        y = self.convolve(x * style[:, :, None, None], weight)
        if not self.demodulate:
            return y
        squares = (style**2) @ (weight**2).sum((2, 3)).T
        return y * torch.rsqrt(squares + 1e-8)[:, :, None, None]

    def convolve(self, x: Tensor, weight: Tensor) -> Tensor:
        return F.conv2d(x, weight, padding=weight.shape[-1] // 2)


class ModulatedUp(Modulated):
    """A transposed convolution of stride 2, then a blur: the picture doubles."""

    blur: Tensor

    def __init__(self, inside: int, outside: int, size: int) -> None:
        super().__init__(inside, outside, size)
        self.register_buffer("blur", blur(outside))

    def convolve(self, x: Tensor, weight: Tensor) -> Tensor:
        y = F.conv_transpose2d(x, weight.transpose(0, 1), stride=2)
        return F.conv2d(y, self.blur, padding=1, groups=self.blur.shape[0])


class UpsampledRgb(nn.Module):
    """Zeros between the pixels, then a blur, as `upfirdn2d` computes it."""

    blur: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("blur", blur(3))

    def forward(self, rgb: Tensor) -> Tensor:
        return F.conv_transpose2d(rgb, self.blur, stride=2, padding=1, groups=3)


def blur(channels: int) -> Tensor:
    """Return (1, 3, 3, 1) in both directions as a kernel (C, 1, 4, 4) that adds up to 4."""
    line = torch.tensor([1.0, 3, 3, 1]) / 4
    return torch.outer(line, line).repeat(channels, 1, 1, 1)


class StyledLayer(nn.Module):
    """A modulated convolution, fixed noise, a bias and a leaky ReLU."""

    noise: Tensor

    def __init__(self, conv: Modulated, side: int) -> None:
        super().__init__()
        self.conv = conv
        self.register_buffer("noise", torch.randn(1, 1, side, side) / 10)
        self.bias = nn.Parameter(torch.zeros(1, conv.weight.shape[0], 1, 1))

    def forward(self, x: Tensor, w: Tensor) -> Tensor:
        return F.leaky_relu(self.conv(x, w) + self.noise + self.bias, 0.2) * 2**0.5


class StyleGan2(nn.Module):
    """Mapping, constant, styled layers and skips to RGB (Karras et al. 2020, figure 7b).

    width: channels of the last picture; each earlier one has twice as many, at most 8 times.
    """

    def __init__(self, side: int, width: int) -> None:
        super().__init__()
        count = num_doublings(side)
        widths = [min(width * 2**i, 8 * width) for i in reversed(range(count + 1))]
        mapping = [
            each for _ in range(4) for each in (nn.Linear(LATENT, LATENT), nn.LeakyReLU(0.2))
        ]
        self.mapping = nn.Sequential(*mapping)
        self.upsampled = UpsampledRgb()
        self.constant = nn.Parameter(torch.randn(1, widths[0], _GRID, _GRID))
        self.first = StyledLayer(Modulated(widths[0], widths[0], 3), _GRID)
        sizes = [_GRID * 2**i for i in range(1, count + 1)]
        steps = list(zip(widths, widths[1:], sizes, strict=False))
        enlarging = [StyledLayer(ModulatedUp(a, b, 3), size) for a, b, size in steps]
        plain = [StyledLayer(Modulated(b, b, 3), size) for _, b, size in steps]
        self.enlarging, self.plain = nn.ModuleList(enlarging), nn.ModuleList(plain)
        self.to_rgb = nn.ModuleList(Modulated(b, 3, 1, demodulate=False) for _, b, _ in steps)

    def forward(self, z: Tensor) -> Tensor:
        w = self.mapping(z)
        x = self.first(self.constant.expand(z.shape[0], -1, -1, -1), w)
        rgb: Tensor | None = None
        for enlarging, plain, to_rgb in zip(self.enlarging, self.plain, self.to_rgb, strict=True):
            x = plain(enlarging(x, w), w)
            rgb = to_rgb(x, w) if rgb is None else self.upsampled(rgb) + to_rgb(x, w)
        assert rgb is not None
        return rgb


def stylegan2(side: int, width: int) -> nn.Module:
    return Pixels(StyleGan2(side, width), lambda x: (x / 4 + 0.5).clamp(0, 1))


_FAMILIES: dict[str, tuple[Callable[[int, int], nn.Module], dict[int, int]]] = {
    "DCGAN-like": (dcgan, {128: 32, 256: 16}),
    "residual blocks": (residual, {128: 16, 256: 8}),
    "TAESD-like": (taesd, {128: 64, 256: 32}),
    "StyleGAN2-like": (stylegan2, {128: 32, 256: 16}),
}
"""How each family is made, and its width by the side of its pictures."""

_NAMES = {1: "image {side}, {family}", 2: "image {side} on two threads, {family}"}

LARGER = {
    name.format(side=side, family=family): Row(family, side, threads)
    for threads, name in _NAMES.items()
    for side in (128, 256)
    for family in _FAMILIES
}
"""Rows by the name of the figure."""


def larger_decoder(family: str, side: int) -> LargerDecoder:
    """Return a decoder, the same at every call."""
    make, widths = _FAMILIES[family]
    with torch.random.fork_rng():
        torch.manual_seed(_SEED)
        decoder = make(side, widths[side])
        _settle(decoder)
    return LargerDecoder(decoder.eval().requires_grad_(requires_grad=False), _axes())


def _settle(decoder: nn.Module) -> None:
    """Give batch norms the statistics of what they see, as training would."""
    if not any(isinstance(layer, nn.BatchNorm2d) for layer in decoder.modules()):
        return
    with torch.no_grad():
        for _ in range(10):
            decoder.train()(torch.randn(4, LATENT))


def _axes() -> Axes:
    """Orthonormal directions of a normal prior."""
    normal = np.random.default_rng(_SEED).normal(size=(LATENT, NUM_AXES))
    directions = np.linalg.qr(normal)[0].T.astype(np.float32)
    mean, stdev = np.zeros(LATENT, np.float32), np.ones(NUM_AXES, np.float32)
    return Axes(mean, directions, stdev)
