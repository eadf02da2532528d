"""142 operations of `torch`, `torch.nn` and `torch.nn.functional`, each alone in a decoder.

The decoder is `Picture`: each operation maps x (B, 4, 8, 8) to (B, C, H, W), C ≥ 3.
"""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.coverage.decoders import SIDE, Factory, buffered, function

WIDER = partial(nn.Conv2d, 4, 12, 1)
KERNEL = (4, 4, 3, 3)


def tokens(x: Tensor) -> Tensor:
    """(B, C, 8, 8) → (B, 64, C)."""
    return x.flatten(2).transpose(1, 2)


def grid(t: Tensor) -> Tensor:
    """(B, 64, C) → (B, C, 8, 8)."""
    return t.transpose(1, 2).reshape(-1, t.shape[2], SIDE, SIDE)


class ConvNeXt(nn.Module):
    """A block of ConvNeXt, with its norm over the last of (B, H, W, C)."""

    def __init__(self, width: int = 4) -> None:
        super().__init__()
        self.depthwise = nn.Conv2d(width, width, 7, padding=3, groups=width)
        self.norm = nn.LayerNorm(width)
        self.wide, self.narrow = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.gamma = nn.Parameter(torch.full((width,), 0.5))

    def forward(self, x: Tensor) -> Tensor:
        y = self.norm(self.depthwise(x).permute(0, 2, 3, 1))
        y = self.gamma * self.narrow(F.gelu(self.wide(y)))
        return x + y.permute(0, 3, 1, 2)


class MultiHead(nn.Module):
    """`nn.MultiheadAttention` over pixels."""

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        t = tokens(x)
        return grid(self.attention(t, t, t, need_weights=False)[0])


class BilinearPixels(nn.Module):
    """`nn.Bilinear` of each pixel and its neighbour."""

    def __init__(self) -> None:
        super().__init__()
        self.bilinear = nn.Bilinear(4, 4, 4)

    def forward(self, x: Tensor) -> Tensor:
        t = tokens(x)
        return grid(self.bilinear(t, t.roll(1, 1)))


def scaled(x: Tensor, weight: Tensor) -> Tensor:
    return F.conv2d(x, weight * (2 / 36) ** 0.5, padding=1)


def standardized(x: Tensor, weight: Tensor) -> Tensor:
    mean, std = weight.mean((1, 2, 3), keepdim=True), weight.std((1, 2, 3), keepdim=True)
    return F.conv2d(x, (weight - mean) / (std + 1e-5), padding=1)


def per_sample(x: Tensor, weight: Tensor, style: Tensor) -> Tensor:
    """Convolve each row with weights of its own."""
    s = x.mean((2, 3)) @ style  # (B, 4)
    weights = (weight * s.view(-1, 1, 4, 1, 1)).view(-1, 4, 3, 3)
    rows = x.reshape(1, -1, SIDE, SIDE)
    return F.conv2d(rows, weights, padding=1, groups=len(x)).view(-1, 4, SIDE, SIDE)


def global_response(x: Tensor, gamma: Tensor, beta: Tensor) -> Tensor:
    g = x.norm(p=2, dim=(2, 3), keepdim=True)
    scale = g / (g.mean(dim=1, keepdim=True) + 1e-6)
    return gamma.view(1, -1, 1, 1) * (x * scale) + beta.view(1, -1, 1, 1) + x


def adain(x: Tensor, spread: Tensor, style: Tensor) -> Tensor:
    normal = (x - x.mean((2, 3), keepdim=True)) / spread
    return normal * style[0].view(1, -1, 1, 1) + style[1].view(1, -1, 1, 1)


def adain_var(x: Tensor, style: Tensor) -> Tensor:
    return adain(x, (x.var((2, 3), keepdim=True) + 1e-5).sqrt(), style)


def adain_std(x: Tensor, style: Tensor) -> Tensor:
    return adain(x, x.std((2, 3), keepdim=True) + 1e-5, style)


def film(x: Tensor, scale: Tensor, shift: Tensor) -> Tensor:
    condition = x.mean((2, 3))
    return x * (condition @ scale)[:, :, None, None] + (condition @ shift)[:, :, None, None]


def squeeze_excite(x: Tensor, narrow: Tensor, wide: Tensor) -> Tensor:
    pooled = F.adaptive_avg_pool2d(x, 1).flatten(1)
    return x * torch.sigmoid(torch.relu(pooled @ narrow) @ wide)[:, :, None, None]


def attention_bmm(x: Tensor, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    t = tokens(x)
    scores = torch.bmm(t @ q, (t @ k).transpose(1, 2)) * 0.5
    return grid(torch.bmm(scores.softmax(-1), t @ v))


def attention_sdpa(x: Tensor, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    t = tokens(x)
    q, k, v = ((t @ w).view(-1, 64, 2, 2).transpose(1, 2) for w in (q, k, v))
    mixed = F.scaled_dot_product_attention(q, k, v).transpose(1, 2)
    return grid(mixed.reshape(-1, 64, 4))


def linear_attention(x: Tensor, q: Tensor, k: Tensor, v: Tensor) -> Tensor:
    t = tokens(x)
    context = torch.einsum("bnd,bne->bde", (t @ k).softmax(1), t @ v)
    return grid(torch.einsum("bnd,bde->bne", (t @ q).softmax(-1), context))


def vit_patches(x: Tensor, embed: Tensor, back: Tensor) -> Tensor:
    """Cut into patches of 2 × 2, map each, and put them together again."""
    cut = x.view(-1, 4, 4, 2, 4, 2).permute(0, 2, 4, 1, 3, 5).reshape(-1, 16, 16)
    t = F.gelu(cut @ embed) @ back
    return t.view(-1, 4, 4, 4, 2, 2).permute(0, 3, 1, 4, 2, 5).reshape(-1, 4, 8, 8)


def with_coordinates(x: Tensor) -> Tensor:
    line = torch.linspace(-1, 1, SIDE)
    y, x_ = torch.meshgrid(line, line, indexing="ij")
    both = torch.stack([y, x_]).expand(len(x), 2, SIDE, SIDE)
    return torch.cat([both, x], 1)


def blend_distances(x: Tensor, points: Tensor) -> Tensor:
    return grid(torch.cdist(tokens(x), points.expand(len(x), 5, 4)))


def minmax(x: Tensor) -> Tensor:
    low, high = x.amin((1, 2, 3), keepdim=True), x.amax((1, 2, 3), keepdim=True)
    return (x - low) / (high - low + 1e-6)


def warp(x: Tensor, flow: Tensor) -> Tensor:
    line = torch.linspace(-1, 1, SIDE)
    y, x_ = torch.meshgrid(line, line, indexing="ij")
    base = torch.stack([x_, y], -1)[None]
    offset = torch.tanh(tokens(x) @ flow).view(-1, SIDE, SIDE, 2) * 0.4
    return F.grid_sample(x, base + offset, align_corners=False)


def written_slice(x: Tensor) -> Tensor:
    y = x.clone()
    y[:, 1, 2:5] = 0.5
    y[:, :, :, 6] *= 2
    return y


def added_in_place(x: Tensor) -> Tensor:
    y = x * 2
    y += x.flip(2)
    return y


def haar(x: Tensor) -> Tensor:
    """Invert one level of a Haar transform, by stacks."""
    a, b, c, d = x.split(1, 1)
    rows = torch.stack([torch.stack([a + b, a - b], -1), torch.stack([c + d, c - d], -1)], -2)
    return rows.permute(0, 1, 2, 4, 3, 5).reshape(-1, 1, 16, 16).expand(-1, 3, -1, -1)


CONV: dict[str, Factory] = {
    "up_bilinear": partial(nn.Upsample, scale_factor=2, mode="bilinear"),
    "up_bilinear_align": partial(nn.Upsample, scale_factor=2, mode="bilinear", align_corners=True),
    "up_bilinear_size13": partial(nn.Upsample, size=13, mode="bilinear"),
    "up_bilinear_1.5": partial(nn.Upsample, scale_factor=1.5, mode="bilinear"),
    "up_bilinear_1.3": partial(nn.Upsample, scale_factor=1.3, mode="bilinear"),
    "up_nearest_1.5": partial(nn.Upsample, scale_factor=1.5),
    "up_bicubic": partial(nn.Upsample, scale_factor=2, mode="bicubic"),
    "up_nearest_exact": partial(nn.Upsample, size=13, mode="nearest-exact"),
    "interpolate_down_area": function(lambda x: F.interpolate(x, scale_factor=0.5, mode="area")),
    "interpolate_half": function(lambda x: F.interpolate(x, scale_factor=0.5)),
    "interpolate_antialias": function(
        lambda x: F.interpolate(x, size=5, mode="bilinear", antialias=True)
    ),
    "convT_outpad": partial(nn.ConvTranspose2d, 4, 4, 3, 2, 1, output_padding=1),
    "convT_depthwise": partial(nn.ConvTranspose2d, 4, 4, 4, 2, 1, groups=4),
    "convT_k2s3": partial(nn.ConvTranspose2d, 4, 4, 2, 3),
    "convT_s3": partial(nn.ConvTranspose2d, 4, 4, 5, 3, 1),
    "convT_groups": partial(nn.ConvTranspose2d, 4, 4, 4, 2, 1, groups=2),
    "convT_dilation": partial(nn.ConvTranspose2d, 4, 4, 3, 2, 1, dilation=2),
    "convT_stride21": partial(nn.ConvTranspose2d, 4, 4, 4, (2, 1), 1),
    "F.conv_transpose2d": function(lambda x, w: F.conv_transpose2d(x, w, stride=2), KERNEL),
    "conv_depthwise": partial(nn.Conv2d, 4, 4, 3, padding=1, groups=4),
    "conv_depthwise_mult": partial(nn.Conv2d, 4, 8, 3, padding=1, groups=4),
    "conv_dilation": partial(nn.Conv2d, 4, 4, 3, padding=2, dilation=2),
    "conv_same": partial(nn.Conv2d, 4, 4, 4, padding="same"),
    "conv_reflect": partial(nn.Conv2d, 4, 4, 3, padding=1, padding_mode="reflect"),
    "conv_circular": partial(nn.Conv2d, 4, 4, 3, padding=1, padding_mode="circular"),
    "conv_replicate": partial(nn.Conv2d, 4, 4, 3, padding=1, padding_mode="replicate"),
    "conv_1x5": partial(nn.Conv2d, 4, 4, (1, 5), padding=(0, 2)),
    "conv_groups2": partial(nn.Conv2d, 4, 4, 3, padding=1, groups=2),
    "F.conv2d_param": function(lambda x, w: F.conv2d(x, w, padding=1), KERNEL),
    "conv_scaled_weight": function(scaled, KERNEL),
    "conv_weight_standardized": function(standardized, KERNEL),
    "conv_per_sample_weights": function(per_sample, (1, *KERNEL), (4, 4)),
    "blur_depthwise_buffer": buffered(
        lambda x, k: F.conv2d(x, k.expand(4, 1, 4, 4), padding=2, groups=4),
        lambda: torch.outer(*[torch.tensor([1.0, 3, 3, 1]) / 8] * 2)[None, None],
    ),
}

SHAPES: dict[str, Factory] = {
    "pad_reflect": partial(nn.ReflectionPad2d, (1, 2, 3, 0)),
    "pad_replicate": partial(nn.ReplicationPad2d, (1, 2, 3, 0)),
    "pad_zero": partial(nn.ZeroPad2d, (1, 2, 3, 0)),
    "pad_constant1": partial(nn.ConstantPad2d, 1, 1.0),
    "crop_negative_pad": function(lambda x: F.pad(x, (-1, -2, -1, 0))),
    "pixelshuffle": lambda: nn.Sequential(WIDER(), nn.PixelShuffle(2)),
    "pixelunshuffle": partial(nn.PixelUnshuffle, 2),
    "channelshuffle": partial(nn.ChannelShuffle, 2),
    "fold": function(lambda x: F.fold(x.reshape(-1, 16, 16), (5, 5), 2)),
    "unfold": function(lambda x: F.unfold(x, 3, padding=1).view(-1, 36, 8, 8)),
    "flip": function(lambda x: x.flip(3)),
    "roll": function(lambda x: x.roll((1, -2), (2, 3))),
    "rot90": function(lambda x: torch.rot90(x, 1, (2, 3))),
    "transpose_hw": function(lambda x: x.transpose(2, 3)),
    "repeat_interleave": function(lambda x: x.repeat_interleave(2, 2)),
    "concat_coords": function(with_coordinates),
    "concat_buffer": buffered(
        lambda x, b: torch.cat([x[:, :1], b.expand(len(x), -1, -1, -1)], 1),
        lambda: torch.randn(1, 2, 8, 8),
    ),
    "split_unequal": function(lambda x: torch.cat(x.split([1, 3], 1)[::-1], 1)),
    "haar_stack": function(haar),
    "inplace_add": function(added_in_place),
    "inplace_slice": function(written_slice),
    "tril": function(lambda x: x.tril() + x.triu(2) * 0.5),
    "dropout2d": nn.Dropout2d,
}

NORMS: dict[str, Factory] = {
    "bn_no_affine": partial(nn.BatchNorm2d, 4, affine=False),
    "bn_no_stats": partial(nn.BatchNorm2d, 4, track_running_stats=False),
    "layernorm_chw": partial(nn.LayerNorm, (4, 8, 8)),
    "groupnorm": partial(nn.GroupNorm, 2, 4),
    "instancenorm": partial(nn.InstanceNorm2d, 4, affine=True),
    "F.group_norm": function(lambda x, w, b: F.group_norm(x, 2, w, b), (4,), (4,)),
    "F.instance_norm": function(F.instance_norm),
    "F.normalize": function(lambda x: F.normalize(x, dim=1)),
    "lrn": partial(nn.LocalResponseNorm, 3, alpha=0.1),
    "pixelnorm": function(lambda x: x * torch.rsqrt(x.pow(2).mean(1, keepdim=True) + 1e-8)),
    "grn": function(global_response, (4,), (4,)),
    "adain_var": function(adain_var, (2, 4)),
    "adain_std": function(adain_std, (2, 4)),
    "film": function(film, (4, 4), (4, 4)),
    "se": function(squeeze_excite, (4, 2), (2, 4)),
    "convnext": ConvNeXt,
    "std_view": function(lambda x: x / (x.view(len(x), -1).std(1).view(-1, 1, 1, 1) + 1e-5)),
    "minmax_normalize": function(minmax),
    "amax": function(lambda x: x - x.amax((2, 3), keepdim=True)),
    "logsumexp": function(lambda x: x - x.logsumexp(1, keepdim=True)),
    "cumsum": function(lambda x: x.cumsum(2) * 0.3),
    "pool_avg_pad": partial(nn.AvgPool2d, 3, 1, 1),
    "pool_avg_ceil": partial(nn.AvgPool2d, 3, 2, ceil_mode=True),
    "pool_max": partial(nn.MaxPool2d, 2),
    "pool_max_pad": partial(nn.MaxPool2d, 3, 2, 1),
    "pool_adaptive1": function(lambda x: x - F.adaptive_avg_pool2d(x, 1)),
    "pool_adaptive3": partial(nn.AdaptiveAvgPool2d, 3),
}

ACTIVATIONS: dict[str, Factory] = {
    "act_gelu": nn.GELU,
    "act_gelu_tanh": partial(nn.GELU, approximate="tanh"),
    "act_silu": nn.SiLU,
    "act_mish": nn.Mish,
    "act_hardswish": nn.Hardswish,
    "act_hardsigmoid": nn.Hardsigmoid,
    "act_hardtanh": partial(nn.Hardtanh, -0.4, 0.6),
    "act_hardshrink": partial(nn.Hardshrink, 0.3),
    "act_softshrink": partial(nn.Softshrink, 0.3),
    "act_softplus_beta": partial(nn.Softplus, beta=2),
    "act_elu": partial(nn.ELU, alpha=0.7),
    "act_selu": nn.SELU,
    "act_celu": partial(nn.CELU, alpha=0.7),
    "act_prelu": partial(nn.PReLU, 4),
    "act_rrelu": nn.RReLU,
    "act_logsigmoid": nn.LogSigmoid,
    "act_softsign": nn.Softsign,
    "act_tanhshrink": nn.Tanhshrink,
    "act_glu": lambda: nn.Sequential(WIDER(), nn.GLU(1)),
    "act_relu6": lambda: nn.Sequential(nn.BatchNorm2d(4), nn.ReLU6()),
    "act_snake": function(lambda x, a: x + torch.sin(a.view(1, -1, 1, 1) * x).pow(2) / 2, (4,)),
    "act_erf": function(torch.erf),
    "act_abs": function(torch.abs),
    "act_clamp_min": function(lambda x: x.clamp_min(0.1)),
    "act_pow_frac": function(lambda x: x.abs().pow(0.7)),
    "act_exp_log": function(lambda x: torch.log(torch.exp(x) + 1)),
    "act_remainder": function(lambda x: x.remainder(0.5)),
    "act_fmod": function(lambda x: torch.fmod(x, 0.5)),
    "act_floordiv": function(lambda x: x // 0.3),
    "act_round": function(lambda x: (x * 4).round() / 4),
    "act_logit": function(lambda x: torch.logit(torch.sigmoid(x) * 0.8 + 0.1)),
    "act_maximum": function(lambda x: torch.maximum(x, x.flip(1) * 0.5)),
    "act_softmax2d": nn.Softmax2d,
    "act_logsoftmax": partial(nn.LogSoftmax, 1),
    "act_atan": function(torch.atan),
    "act_atan2": function(lambda x: torch.atan2(x, x.flip(1))),
    "act_sinc": function(torch.sinc),
    "act_expm1": function(torch.expm1),
    "act_cosh": function(torch.cosh),
    "act_asinh": function(torch.asinh),
}

MIXING: dict[str, Factory] = {
    "attention_bmm": function(attention_bmm, *[(4, 4)] * 3),
    "attention_sdpa": function(attention_sdpa, *[(4, 4)] * 3),
    "attention_mha": MultiHead,
    "linear_attention_einsum": function(linear_attention, *[(4, 4)] * 3),
    "einsum_bnd": function(lambda x, w: grid(torch.einsum("bnd,de->bne", tokens(x), w)), (4, 4)),
    "token_mixer_linear": function(
        lambda x, w: F.linear(x.flatten(2), w).view(-1, 4, 8, 8), (64, 64)
    ),
    "vit_patches": function(vit_patches, (16, 16), (16, 16)),
    "bilinear_layer": BilinearPixels,
    "cdist": function(blend_distances, (1, 5, 4)),
    "grid_sample": function(warp, (4, 2)),
}

CHOICE: dict[str, Factory] = {
    "skip_bool_mask": buffered(lambda x, m: x + x * m, lambda: torch.randn(1, 1, 8, 8) > 0),
    "masked_fill": buffered(lambda x, m: x.masked_fill(m, -0.5), lambda: torch.randn(8, 8) > 0),
    "mask_index": buffered(lambda x, m: x[:, m], lambda: torch.tensor([True, False, True, True])),
    "index_select": buffered(lambda x, i: x.index_select(1, i), lambda: torch.tensor([3, 0, 2, 2])),
    "gather_topk": function(lambda x: x.gather(1, x.topk(3, dim=1).indices)),
    "sort": function(lambda x: x.sort(dim=1).values),
    "argmax_onehot": function(lambda x: x * F.one_hot(x.argmax(1), 4).permute(0, 3, 1, 2).float()),
}

REFUSED: dict[str, Factory] = {
    "fft": function(lambda x: torch.fft.fft2(x).real),
    "complex": function(lambda x: torch.complex(x, x.flip(1)).abs()),
}

OPERATIONS: dict[str, Factory] = {
    **CONV,
    **SHAPES,
    **NORMS,
    **ACTIVATIONS,
    **MIXING,
    **CHOICE,
    **REFUSED,
}
