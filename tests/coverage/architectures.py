"""Whole decoders of pictures after public architectures, with small widths.

Each maps z (B, 6) to pixels (B, H, W, 3) in [0, 1]. `make` in `decoders.py` seeds them.
"""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from tests.coverage.decoders import LATENT, Factory, function
from tests.coverage.lines import Codebook, Computed, Modulated
from tests.coverage.operations import ConvNeXt, tokens


class Pixels(nn.Module):
    """Ends a decoder: (B, 3, H, W) → pixels (B, H, W, 3)."""

    def __init__(self, body: nn.Module, squash: Callable[[Tensor], Tensor] = torch.sigmoid) -> None:
        super().__init__()
        self.body, self.squash = body, squash

    def forward(self, z: Tensor) -> Tensor:
        return self.squash(self.body(z)).permute(0, 2, 3, 1)


def from_tanh(x: Tensor) -> Tensor:
    return (torch.tanh(x) + 1) / 2


def clamped(x: Tensor) -> Tensor:
    return (x / 2 + 0.5).clamp(0, 1)


def stack(*layers: nn.Module, squash: Callable[[Tensor], Tensor] = torch.sigmoid) -> nn.Module:
    return Pixels(nn.Sequential(*layers), squash)


def grid_from_z(width: int, side: int) -> list[nn.Module]:
    """Layers z → (B, width, side, side)."""
    return [nn.Linear(LATENT, width * side * side), nn.Unflatten(1, (width, side, side))]


def conv(inside: int, outside: int, size: int = 3) -> nn.Conv2d:
    return nn.Conv2d(inside, outside, size, padding=size // 2)


class Residual(nn.Module):
    """x plus layers of x, and layers of x in the way around if there are any."""

    def __init__(self, *layers: nn.Module, skip: nn.Module | None = None) -> None:
        super().__init__()
        self.layers, self.skip = nn.Sequential(*layers), skip or nn.Identity()

    def forward(self, x: Tensor) -> Tensor:
        return self.skip(x) + self.layers(x)


def vae_mlp() -> nn.Module:
    layers = [nn.Linear(LATENT, 16), nn.Tanh(), nn.Linear(16, 16), nn.ReLU(), nn.Linear(16, 192)]
    return stack(*layers, nn.Unflatten(1, (3, 8, 8)))


def upsampled(inside: int, outside: int) -> list[nn.Module]:
    transposed = nn.ConvTranspose2d(inside, outside, 4, 2, 1, bias=False)
    return [transposed, nn.BatchNorm2d(outside), nn.ReLU(inplace=True)]


def vae_conv() -> nn.Module:
    return stack(*grid_from_z(8, 4), *upsampled(8, 6), nn.ConvTranspose2d(6, 3, 4, 2, 1))


def vae_resnet() -> nn.Module:
    block = Residual(nn.BatchNorm2d(8), nn.ReLU(), conv(8, 8), nn.BatchNorm2d(8), nn.ReLU())
    return stack(
        *grid_from_z(8, 4), block, nn.Upsample(scale_factor=2), conv(8, 8), block, conv(8, 3)
    )


def beta_vae() -> nn.Module:
    """Linear layers, then transposed convolutions from 1 × 1, as Burgess et al. have them."""
    return stack(
        *[nn.Linear(LATENT, 16), nn.ReLU(), nn.Unflatten(1, (16, 1, 1))],
        *[nn.ConvTranspose2d(16, 8, 4), nn.ReLU(), nn.ConvTranspose2d(8, 8, 4, 2, 1), nn.ReLU()],
        nn.ConvTranspose2d(8, 3, 4, 2, 1),
    )


class SqueezeExcite(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.Linear(width, 4), nn.ReLU(inplace=True), nn.Linear(4, width), nn.Sigmoid()
        )

    def forward(self, x: Tensor) -> Tensor:
        pooled = torch.mean(x, dim=[2, 3])
        return x * self.layers(pooled).view(x.size(0), -1, 1, 1)


def nvae() -> nn.Module:
    """Cells of NVAE: normalized weights kept on the layer, Swish, squeeze and excitation."""
    cell = Residual(
        *[nn.BatchNorm2d(8), Computed(8, 16, 3), nn.SiLU(), nn.BatchNorm2d(16)],
        *[nn.Conv2d(16, 16, 5, padding=2, groups=16), nn.SiLU(), Computed(16, 8, 3)],
        SqueezeExcite(8),
    )
    up = nn.Upsample(scale_factor=2, mode="bilinear", align_corners=True)
    return stack(*grid_from_z(8, 4), cell, up, nn.ELU(), Computed(8, 3, 3))


def dcgan() -> nn.Module:
    first = [nn.Unflatten(1, (LATENT, 1, 1)), nn.ConvTranspose2d(LATENT, 8, 4, bias=False)]
    rest = [nn.BatchNorm2d(8), nn.ReLU(), *upsampled(8, 8), *upsampled(8, 4)]
    return stack(*first, *rest, nn.ConvTranspose2d(4, 3, 4, 2, 1, bias=False), squash=from_tanh)


def wgan_gp() -> nn.Module:
    """Residual blocks that upsample by depth to space of repeated channels."""

    def block() -> nn.Module:
        up = [function(lambda x: torch.cat([x] * 4, 1))(), nn.PixelShuffle(2)]
        return Residual(
            *[nn.BatchNorm2d(8), nn.ReLU(), *up, conv(8, 8)],
            *[nn.BatchNorm2d(8), nn.ReLU(), conv(8, 8)],
            skip=nn.Sequential(*up, conv(8, 8, 1)),
        )

    return stack(*grid_from_z(8, 4), block(), block(), nn.ReLU(), conv(8, 3), squash=from_tanh)


class Equalized(nn.Conv2d):
    """A convolution whose weights are scaled when it is called."""

    def forward(self, x: Tensor) -> Tensor:
        scale = (2 / self.weight[0].numel()) ** 0.5
        return F.conv2d(x, self.weight * scale, self.bias, padding=self.padding)


class PixelNorm(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x / torch.sqrt(torch.mean(x**2, dim=1, keepdim=True) + 1e-8)


def progan() -> nn.Module:
    def block() -> list[nn.Module]:
        return [Equalized(8, 8, 3, padding=1), nn.LeakyReLU(0.2), PixelNorm()]

    return stack(
        *[PixelNorm(), *grid_from_z(8, 4), nn.LeakyReLU(0.2), *block()],
        *[nn.Upsample(scale_factor=2), *block(), *block(), Equalized(8, 3, 1)],
        squash=clamped,
    )


class StyleGAN2(nn.Module):
    """Mapping, constant, modulated convolutions with fixed noise, blurred skips to RGB."""

    blur: Tensor
    noise: Tensor

    def __init__(self, *, fused: bool) -> None:
        super().__init__()
        self.mapping = nn.Sequential(
            PixelNorm(), nn.Linear(LATENT, 8), nn.LeakyReLU(0.2), nn.Linear(8, 8), nn.LeakyReLU(0.2)
        )
        self.constant = nn.Parameter(torch.randn(1, 8, 4, 4))
        make = partial(Modulated, 8, style=8, fused=fused)
        self.convs = nn.ModuleList(make(8) for _ in range(3))
        self.to_rgb = nn.ModuleList(make(3) for _ in range(2))
        self.strength = nn.Parameter(torch.zeros(3))
        self.bias = nn.Parameter(torch.zeros(3, 1, 8, 1, 1))
        kernel = torch.tensor([1.0, 3, 3, 1]) / 4
        self.register_buffer("blur", torch.outer(kernel, kernel))
        self.register_buffer("noise", torch.randn(1, 1, 8, 8))

    def layer(self, number: int, x: Tensor, w: Tensor) -> Tensor:
        noise = self.noise[:, :, : x.shape[2], : x.shape[3]] * self.strength[number]
        y = self.convs[number](x, w) + noise + self.bias[number]
        return F.leaky_relu(y, 0.2) * 2**0.5

    def upsample(self, x: Tensor) -> Tensor:
        """Put zeros between the pixels, and blur, as `upfirdn2d` does."""
        batch, channels, height, width = x.shape
        x = F.pad(x.view(batch, channels, height, 1, width, 1), (0, 1, 0, 0, 0, 1))
        x = F.pad(x.reshape(batch, channels, 2 * height, 2 * width), (2, 1, 2, 1))
        kernel = self.blur.flip([0, 1])[None, None].repeat(channels, 1, 1, 1)
        return F.conv2d(x, kernel, groups=channels)

    def forward(self, z: Tensor) -> Tensor:
        w = self.mapping(z)
        x = self.layer(0, self.constant.repeat(z.shape[0], 1, 1, 1), w)
        rgb = self.to_rgb[0](x, w)
        x = self.layer(2, self.layer(1, self.upsample(x), w), w)
        rgb = self.upsample(rgb) + self.to_rgb[1](x, w)
        return clamped(rgb).permute(0, 2, 3, 1)


class BigGAN(nn.Module):
    """Batch norm conditioned on the embedding of a fixed label and on chunks of z, attention."""

    def __init__(self) -> None:
        super().__init__()
        self.labels = nn.Embedding(5, 4)
        self.first = parametrizations.spectral_norm(nn.Linear(LATENT // 3, 8 * 16))
        self.norms = nn.ModuleList(nn.BatchNorm2d(8, affine=False) for _ in range(2))
        self.styles = nn.ModuleList(nn.Linear(4 + LATENT // 3, 16) for _ in range(2))
        self.convs = nn.ModuleList(parametrizations.spectral_norm(conv(8, 8)) for _ in range(2))
        self.query, self.key, self.value = conv(8, 2, 1), conv(8, 2, 1), conv(8, 8, 1)
        self.gain, self.last = nn.Parameter(torch.tensor(0.7)), conv(8, 3)

    def attend(self, x: Tensor) -> Tensor:
        key = F.max_pool2d(self.key(x), 2).flatten(2)
        value = F.max_pool2d(self.value(x), 2).flatten(2)
        weights = F.softmax(torch.bmm(self.query(x).flatten(2).transpose(1, 2), key), -1)
        return x + self.gain * torch.bmm(value, weights.transpose(1, 2)).view(*x.shape)

    def forward(self, z: Tensor) -> Tensor:
        label = torch.full((z.shape[0],), 3, dtype=torch.long)
        first, *chunks = torch.split(z, LATENT // 3, 1)
        x = self.first(first).view(-1, 8, 4, 4)
        for chunk, norm, style, layer in zip(
            chunks, self.norms, self.styles, self.convs, strict=True
        ):
            gain, bias = style(torch.cat([self.labels(label), chunk], 1)).chunk(2, 1)
            x = norm(x) * (1 + gain[:, :, None, None]) + bias[:, :, None, None]
            x = layer(F.interpolate(F.relu(x), scale_factor=2))
        return from_tanh(self.last(F.relu(self.attend(x)))).permute(0, 2, 3, 1)


def vq_vae() -> nn.Module:
    block = Residual(nn.ReLU(), conv(4, 4), nn.ReLU(), conv(4, 4, 1))
    return stack(
        *[*grid_from_z(4, 4), Codebook(), conv(4, 4), block, nn.ReLU()],
        *[nn.ConvTranspose2d(4, 4, 4, 2, 1), nn.ReLU(), nn.ConvTranspose2d(4, 3, 4, 2, 1)],
    )


class PixelAttention(nn.Module):
    """Attention over the pixels of a normalized picture, as in VQ-GAN and Stable Diffusion."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(4, width, eps=1e-6)
        self.q, self.k, self.v, self.out = (conv(width, width, 1) for _ in range(4))

    def forward(self, x: Tensor) -> Tensor:
        normal = self.norm(x)
        b, c, h, w = x.shape
        q = self.q(normal).reshape(b, c, h * w).permute(0, 2, 1)
        k = self.k(normal).reshape(b, c, h * w)
        weights = torch.softmax(torch.bmm(q, k) * int(c) ** -0.5, dim=2).permute(0, 2, 1)
        y = torch.bmm(self.v(normal).reshape(b, c, h * w), weights).reshape(b, c, h, w)
        return x + self.out(y)


class ScaledAttention(PixelAttention):
    """The same with `scaled_dot_product_attention`, as later libraries write it."""

    def forward(self, x: Tensor) -> Tensor:
        normal = self.norm(x)
        q, k, v = (tokens(layer(normal)).unsqueeze(1) for layer in (self.q, self.k, self.v))
        y = F.scaled_dot_product_attention(q, k, v)
        return x + self.out(y.squeeze(1).transpose(1, 2).reshape(x.shape))


def norm_silu(width: int) -> list[nn.Module]:
    return [nn.GroupNorm(4, width, eps=1e-6), nn.SiLU()]


def kl_block(inside: int, outside: int) -> nn.Module:
    skip = conv(inside, outside, 1) if inside != outside else None
    layers = [*norm_silu(inside), conv(inside, outside), *norm_silu(outside), nn.Dropout(0.1)]
    return Residual(*layers, conv(outside, outside), skip=skip)


def vq_gan() -> nn.Module:
    middle = [kl_block(8, 8), PixelAttention(8), kl_block(8, 8)]
    up = [nn.Upsample(scale_factor=2), conv(8, 8)]
    first = [*grid_from_z(4, 4), Codebook(), conv(4, 8)]
    return stack(*first, *middle, *up, *norm_silu(8), conv(8, 3), squash=clamped)


def stable_diffusion() -> nn.Module:
    middle = [kl_block(8, 8), ScaledAttention(8), kl_block(8, 8)]
    up = [nn.Upsample(scale_factor=2), conv(8, 8), kl_block(8, 4), nn.Upsample(scale_factor=2)]
    first = [*grid_from_z(4, 4), conv(4, 4, 1), conv(4, 8)]
    return stack(*first, *middle, *up, conv(4, 4), *norm_silu(4), conv(4, 3), squash=clamped)


def taesd() -> nn.Module:
    def block() -> nn.Module:
        layers = [conv(8, 8), nn.ReLU(), conv(8, 8), nn.ReLU(), conv(8, 8)]
        return nn.Sequential(Residual(*layers), nn.ReLU())

    clamp = function(lambda x: torch.tanh(x / 3) * 3)()
    up = [nn.Upsample(scale_factor=2), nn.Conv2d(8, 8, 3, padding=1, bias=False)]
    first = [*grid_from_z(4, 4), clamp, conv(4, 8), nn.ReLU()]
    return stack(*first, block(), *up, block(), conv(8, 3), squash=lambda x: x.clamp(0, 1))


class Coupling(nn.Module):
    """The inverse of an affine coupling, conditioned on half of the channels."""

    def __init__(self, width: int) -> None:
        super().__init__()
        last = conv(8, 2 * (width // 2))
        self.net = nn.Sequential(conv(width // 2, 8), nn.ReLU(), conv(8, 8, 1), nn.ReLU(), last)

    def forward(self, y: Tensor) -> Tensor:
        a, b = y.chunk(2, 1)
        log_scale, shift = self.net(a).chunk(2, 1)
        return torch.cat([a, b / torch.sigmoid(log_scale + 2) - shift], 1)


class RealNVP(nn.Module):
    """Inverse couplings with a checkerboard mask, on a picture from z."""

    mask: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(LATENT, 3 * 64)
        self.nets = nn.ModuleList(
            nn.Sequential(conv(3, 8), nn.ReLU(), nn.BatchNorm2d(8), conv(8, 6)) for _ in range(4)
        )
        self.register_buffer("mask", (torch.arange(8)[:, None] + torch.arange(8)) % 2)

    def forward(self, z: Tensor) -> Tensor:
        x = self.first(z).view(-1, 3, 8, 8)
        for i, net in reversed(list(enumerate(self.nets))):
            mask = (self.mask if i % 2 else 1 - self.mask).to(x.dtype)
            scale, shift = net(x * mask).chunk(2, 1)
            scale = torch.tanh(scale) * (1 - mask)
            x = x * mask + (1 - mask) * ((x - shift * (1 - mask)) * torch.exp(-scale))
        return torch.sigmoid(x).permute(0, 2, 3, 1)


class Glow(nn.Module):
    """Inverse steps of Glow: couplings, inverted 1 × 1 convolutions, activation norms; unsqueeze.

    The rotation is kept as a fixed permutation, a lower and an upper matrix, and inverted when the
    module is made.
    """

    inverse: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(LATENT, 12 * 16)
        self.couplings = nn.ModuleList(Coupling(12) for _ in range(2))
        self.log_scale = nn.Parameter(torch.zeros(2, 1, 12, 1, 1))
        self.bias = nn.Parameter(torch.zeros(2, 1, 12, 1, 1))
        rotations = torch.linalg.qr(torch.randn(2, 12, 12))[0]
        self.register_buffer("inverse", torch.linalg.inv(rotations))

    def forward(self, z: Tensor) -> Tensor:
        x = self.first(z).view(-1, 12, 4, 4)
        for i, coupling in enumerate(self.couplings):
            x = F.conv2d(coupling(x), self.inverse[i].view(12, 12, 1, 1))
            x = x * torch.exp(-self.log_scale[i]) - self.bias[i]
        x = x.view(-1, 3, 2, 2, 4, 4).permute(0, 1, 4, 2, 5, 3).reshape(-1, 3, 8, 8)
        return torch.sigmoid(x).permute(0, 2, 3, 1)


class MaskedAutoencoder(nn.Module):
    """A ViT decoder: a token from z and mask tokens, fixed positions, blocks, patches to pixels."""

    positions: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.embed, self.mask = nn.Linear(LATENT, 8), nn.Parameter(torch.zeros(1, 1, 8))
        angle = torch.arange(17)[:, None] / 10.0 ** torch.arange(4)
        self.register_buffer("positions", torch.cat([angle.sin(), angle.cos()], 1)[None])
        make = partial(nn.TransformerEncoderLayer, 8, 2, 16, batch_first=True, norm_first=True)
        self.blocks = nn.ModuleList(make(activation="gelu") for _ in range(2))
        self.norm, self.head = nn.LayerNorm(8), nn.Linear(8, 2 * 2 * 3)

    def forward(self, z: Tensor) -> Tensor:
        x = torch.cat([self.embed(z).unsqueeze(1), self.mask.repeat(z.shape[0], 16, 1)], dim=1)
        x = x + self.positions
        for block in self.blocks:
            x = block(x)
        x = self.head(self.norm(x))[:, 1:, :].reshape(z.shape[0], 4, 4, 2, 2, 3)
        x = torch.einsum("nhwpqc->nchpwq", x)
        return torch.sigmoid(x.reshape(z.shape[0], 3, 8, 8)).permute(0, 2, 3, 1)


class Mixer(nn.Module):
    """MLP-Mixer: linear layers over tokens and over channels by turns."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.norm, self.head = nn.Linear(LATENT, 128), nn.LayerNorm(8), nn.Linear(8, 12)
        mlp = partial(self.mlp)
        self.over_tokens, self.over_channels = (
            nn.ModuleList(nn.Sequential(*mlp(width)) for _ in range(2)) for width in (16, 8)
        )

    @staticmethod
    def mlp(width: int) -> Sequence[nn.Module]:
        return nn.Linear(width, 12), nn.GELU(), nn.Linear(12, width)

    def forward(self, z: Tensor) -> Tensor:
        x = self.first(z).view(-1, 16, 8)
        for one, other in zip(self.over_tokens, self.over_channels, strict=True):
            x = x + one(self.norm(x).mT).mT
            x = x + other(self.norm(x))
        x = self.head(x).view(-1, 4, 4, 2, 2, 3).permute(0, 1, 3, 2, 4, 5).reshape(-1, 8, 8, 3)
        return torch.sigmoid(x)


def coordinates(side: int = 8) -> Tensor:
    """Return the coordinates of pixels, (side · side, 2), from −1 to 1."""
    line = torch.linspace(-1, 1, side)
    return torch.stack(torch.meshgrid(line, line, indexing="ij"), -1).view(-1, 2)


class Siren(nn.Module):
    """Sines of linear layers over coordinates, each shifted by z."""

    grid: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(2, 8), nn.Linear(8, 8)])
        self.shifts = nn.ModuleList(nn.Linear(LATENT, 8) for _ in range(2))
        self.head = nn.Linear(8, 3)
        self.register_buffer("grid", coordinates())

    def forward(self, z: Tensor) -> Tensor:
        x = self.grid.unsqueeze(0).expand(z.shape[0], -1, -1)
        for layer, shift in zip(self.layers, self.shifts, strict=True):
            x = torch.sin(4 * (layer(x) + shift(z)[:, None]))
        return torch.sigmoid(self.head(x)).view(-1, 8, 8, 3)


class HyperNetwork(nn.Module):
    """The weights of a small network over coordinates, computed from z."""

    grid: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.ModuleList(
            nn.Linear(LATENT, inside * outside) for inside, outside in ((2, 8), (8, 8), (8, 3))
        )
        self.biases = nn.ModuleList(nn.Linear(LATENT, size) for size in (8, 8, 3))
        self.register_buffer("grid", coordinates())

    def forward(self, z: Tensor) -> Tensor:
        x = self.grid.expand(len(z), 64, 2)
        for i, (weight, bias) in enumerate(zip(self.weights, self.biases, strict=True)):
            width = x.shape[-1]
            x = torch.baddbmm(bias(z).unsqueeze(1), x, weight(z).view(len(z), width, -1))
            x = F.relu(x) if i < 2 else torch.sigmoid(x)
        return x.view(-1, 8, 8, 3)


class SpatialBroadcast(nn.Module):
    """z at each pixel beside its coordinates, then convolutions."""

    x_grid: Tensor
    y_grid: Tensor

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.layers = nn.Sequential(conv(LATENT + 2, 8), nn.ReLU(), conv(8, channels))
        line = torch.linspace(-1, 1, 8)
        x, y = torch.meshgrid(line, line, indexing="ij")
        self.register_buffer("x_grid", x.view((1, 1, *x.shape)))
        self.register_buffer("y_grid", y.view((1, 1, *y.shape)))

    def forward(self, z: Tensor) -> Tensor:
        batch = z.shape[0]
        tiled = z.view(batch, -1, 1, 1).expand(-1, -1, 8, 8)
        grids = [each.expand(batch, -1, -1, -1) for each in (self.x_grid, self.y_grid)]
        return self.layers(torch.cat((tiled, *grids), dim=1))


class Slots(nn.Module):
    """The decoder of slot attention: B · K rows inside, and a softmax over the K slots."""

    def __init__(self) -> None:
        super().__init__()
        self.to_slots, self.decode = nn.Linear(LATENT, 3 * LATENT), SpatialBroadcast(4)

    def forward(self, z: Tensor) -> Tensor:
        slots = self.to_slots(z).reshape(-1, LATENT)  # (B · 3, Z)
        x = self.decode(slots).reshape(z.shape[0], -1, 4, 8, 8)
        colours, masks = x.split([3, 1], dim=2)
        mixed = torch.sum(torch.sigmoid(colours) * nn.functional.softmax(masks, dim=1), dim=1)
        return mixed.permute(0, 2, 3, 1)


def convnext() -> nn.Module:
    up = [nn.Upsample(scale_factor=2, mode="bilinear"), ConvNeXt(8)]
    return stack(*grid_from_z(8, 4), ConvNeXt(8), *up, nn.GroupNorm(1, 8), conv(8, 3))


class Warped(nn.Module):
    """A learned template, moved by a flow that convolutions make from z."""

    identity: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.template = nn.Parameter(torch.rand(1, 3, 8, 8))
        flow = [*grid_from_z(6, 4), nn.ELU(), nn.Upsample(scale_factor=2), conv(6, 2), nn.Tanh()]
        self.flow = nn.Sequential(*flow)
        theta = torch.tensor([[[1.0, 0, 0], [0, 1, 0]]])
        self.register_buffer("identity", F.affine_grid(theta, [1, 3, 8, 8], align_corners=True))

    def forward(self, z: Tensor) -> Tensor:
        grid = self.identity + 0.5 * self.flow(z).permute(0, 2, 3, 1)
        template = self.template.expand(z.shape[0], -1, -1, -1)
        y = F.grid_sample(template, grid, padding_mode="border", align_corners=True)
        return y.clamp(0, 1).permute(0, 2, 3, 1)


class UNet(nn.Module):
    """Down, up bilinearly to the size of the skip, and joined with it."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.enter = nn.Sequential(*grid_from_z(4, 9)), conv(4, 6)
        self.down = nn.Sequential(nn.MaxPool2d(2), conv(6, 8), nn.InstanceNorm2d(8), nn.ReLU())
        self.join, self.last = conv(14, 6), conv(6, 3)

    def forward(self, z: Tensor) -> Tensor:
        skip = F.relu(self.enter(self.first(z)))
        deep = self.down(skip)
        up = F.interpolate(deep, size=skip.shape[2:], mode="bilinear", align_corners=False)
        x = F.relu(self.join(torch.cat([up, skip], 1)))
        return torch.sigmoid(self.last(x)).permute(0, 2, 3, 1)


ARCHITECTURES: dict[str, Factory] = {
    "vae_mlp": vae_mlp,
    "vae_conv": vae_conv,
    "vae_resnet": vae_resnet,
    "beta_vae": beta_vae,
    "nvae": nvae,
    "dcgan": dcgan,
    "wgan_gp": wgan_gp,
    "progan": progan,
    "stylegan2": partial(StyleGAN2, fused=False),
    "stylegan2_fused": partial(StyleGAN2, fused=True),
    "biggan": BigGAN,
    "vq_vae": vq_vae,
    "vq_gan": vq_gan,
    "stable_diffusion_vae": stable_diffusion,
    "taesd": taesd,
    "realnvp": RealNVP,
    "glow": Glow,
    "mae": MaskedAutoencoder,
    "mlp_mixer": Mixer,
    "siren": Siren,
    "hypernetwork": HyperNetwork,
    "spatial_broadcast_decoder": lambda: Pixels(SpatialBroadcast()),
    "slot_attention": Slots,
    "convnext_decoder": convnext,
    "grid_sample_warp": Warped,
    "unet": UNet,
}
