"""Layers and idioms of decoders, beyond the 142 operations.

Those of pictures stand in `Picture`, as the operations do. `text_lines.py` has those of sentences.
"""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils import parametrizations

from tests.coverage.decoders import SIDE, Factory, buffered, function
from tests.coverage.operations import KERNEL, grid, tokens


class OverPixels(nn.Module):
    """A module over sequences of pixels (B, 64, 4)."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> Tensor:
        return grid(self.module(tokens(x)))


class Reshaped(nn.Module):
    """A module over x in another shape. It keeps the number of values, or adds to it."""

    def __init__(self, module: nn.Module, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.module, self.shape = module, shape

    def forward(self, x: Tensor) -> Tensor:
        y = self.module(x.reshape(-1, *self.shape))
        return y.reshape(len(x), 4, -1, SIDE)


class WithMemory(nn.Module):
    """A decoder layer over pixels, with a memory of learned vectors."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.TransformerDecoderLayer(4, 2, 8, batch_first=True)
        self.memory = nn.Parameter(torch.randn(1, 5, 4))

    def forward(self, x: Tensor) -> Tensor:
        return grid(self.layer(tokens(x), self.memory.expand(len(x), -1, -1)))


class MaskedHeads(nn.Module):
    """`nn.MultiheadAttention` with a mask of −inf, its batch second."""

    mask: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(4, 2)
        self.register_buffer("mask", nn.Transformer.generate_square_subsequent_mask(64))

    def forward(self, x: Tensor) -> Tensor:
        t = x.flatten(2).permute(2, 0, 1)  # (64, B, 4)
        mixed, _ = self.attention(t, t, t, attn_mask=self.mask)
        return mixed.permute(1, 2, 0).reshape(-1, 4, SIDE, SIDE)


class WindowAttention(nn.Module):
    """Attention in shifted windows of 4 × 4 with a bias by relative position, as in Swin."""

    index: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(4, 12), nn.Linear(4, 4)
        self.bias = nn.Parameter(torch.randn(49, 2))
        place = torch.stack(torch.meshgrid(torch.arange(4), torch.arange(4), indexing="ij"))
        offset = place.flatten(1)[:, :, None] - place.flatten(1)[:, None] + 3
        self.register_buffer("index", offset[0] * 7 + offset[1])

    def forward(self, x: Tensor) -> Tensor:
        x = torch.roll(x, (-2, -2), (2, 3)).permute(0, 2, 3, 1)
        windows = x.view(-1, 2, 4, 2, 4, 4).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, 4)
        q, k, v = self.qkv(windows).view(-1, 16, 3, 2, 2).permute(2, 0, 3, 1, 4)
        bias = self.bias[self.index.view(-1)].view(16, 16, 2).permute(2, 0, 1)
        scores = (q @ k.transpose(-2, -1) / 2**0.5 + bias).softmax(-1)
        y = self.out((scores @ v).transpose(1, 2).reshape(-1, 16, 4))
        y = y.view(-1, 2, 2, 4, 4, 4).permute(0, 5, 1, 3, 2, 4).reshape(-1, 4, SIDE, SIDE)
        return torch.roll(y, (2, 2), (2, 3))


class Modulated(nn.Module):
    """The convolution of StyleGAN2, with weights by sample.

    fused: one convolution with a group for each sample, instead of scaling input and output.
    """

    def __init__(self, inside: int = 4, outside: int = 4, *, style: int = 4, fused: bool) -> None:
        super().__init__()
        self.style = nn.Linear(style, inside)
        self.weight = nn.Parameter(torch.randn(outside, inside, 3, 3) * 0.3)
        self.fused = fused

    def forward(self, x: Tensor, style: Tensor | None = None) -> Tensor:
        s = self.style(x.mean((2, 3)) if style is None else style) + 1
        weights = self.weight * s[:, None, :, None, None]  # (B, O, C, 3, 3)
        scale = (weights.pow(2).sum((2, 3, 4)) + 1e-8).rsqrt()  # (B, O)
        if not self.fused:
            y = F.conv2d(x * s[:, :, None, None], self.weight, padding=1)
            return y * scale[:, :, None, None]
        batch, channels, height, width = x.shape
        weights = (weights * scale[:, :, None, None, None]).view(-1, channels, 3, 3)
        x = x.reshape(1, batch * channels, height, width)
        return F.conv2d(x, weights, padding=1, groups=batch).view(batch, -1, height, width)


class Computed(nn.Conv2d):
    """A convolution that keeps its normalized weights on itself, as NVAE's does."""

    def forward(self, x: Tensor) -> Tensor:
        norm = self.weight.flatten(1).norm(dim=1).view(-1, 1, 1, 1)
        self.weight_normalized = self.weight / (norm + 1e-5)
        return F.conv2d(x, self.weight_normalized, self.bias, padding=1)


def hooked(normalize: Callable[[nn.Module], nn.Module]) -> nn.Module:
    """Return a convolution whose weight a hook computes, and that training has called."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # of the old weight norm
        layer = normalize(nn.Conv2d(4, 4, 3, padding=1))
    layer(torch.randn(2, 4, 8, 8))
    return layer


class Hidden(nn.Module):
    """A block that keeps layers in a plain list and in a lambda."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(4, 4, 1)
        self.layers = [nn.Conv2d(4, 4, 1), nn.Tanh()]
        self.call: Callable[[Tensor], Tensor] = lambda x: self.first(x)  # noqa: PLW0108

    def forward(self, x: Tensor) -> Tensor:
        x = self.call(x)
        for layer in self.layers:
            x = layer(x)
        return x


def upfirdn(x: Tensor, kernel: Tensor) -> Tensor:
    """Put zeros between pixels, filter, and take every second, with sizes that // computes."""
    batch, channels, height, width = x.shape
    apart = F.pad(x.reshape(-1, height, 1, width, 1, 1), (0, 0, 0, 1, 0, 0, 0, 1))
    apart = F.pad(apart.view(-1, 1, 2 * height, 2 * width), (2, 1, 2, 1))
    y = F.conv2d(apart, kernel[None, None])[:, :, ::2, ::2]
    y = y.reshape(batch, channels, (2 * height + 1) // 2, (2 * width + 1) // 2)
    return y[:, :, : y.shape[2], : y.shape[3] - 1]


class Codebook(nn.Module):
    """The lookup of VQ-VAE: for each pixel the nearest vector."""

    def __init__(self, size: int = 7, width: int = 4) -> None:
        super().__init__()
        self.codes = nn.Embedding(size, width)

    def forward(self, x: Tensor) -> Tensor:
        flat = x.permute(0, 2, 3, 1).reshape(-1, x.shape[1])
        distances = (
            flat.pow(2).sum(1, keepdim=True)
            + self.codes.weight.pow(2).sum(1)
            - 2 * flat @ self.codes.weight.t()
        )
        nearest = self.codes(distances.argmin(1))
        return nearest.view(len(x), *x.shape[2:], -1).permute(0, 3, 1, 2)


def scattered(x: Tensor, codes: Tensor) -> Tensor:
    """Look codes up with a one-hot matrix that is written by scatter, as in VQ-VAE."""
    flat = x.permute(0, 2, 3, 1).reshape(-1, 4)
    index = torch.cdist(flat, codes).argmin(1, keepdim=True)
    hot = torch.zeros(len(flat), 5).scatter_(1, index, 1)
    return (hot @ codes).view(-1, SIDE, SIDE, 4).permute(0, 3, 1, 2)


def masked_sdpa(x: Tensor, mask: Tensor) -> Tensor:
    t = tokens(x)
    return grid(F.scaled_dot_product_attention(t, t.flip(1), t, attn_mask=mask))


def causal_sdpa(x: Tensor) -> Tensor:
    t = tokens(x)
    return grid(F.scaled_dot_product_attention(t, t.flip(1), t, is_causal=True))


def standardized_transposed(x: Tensor, weight: Tensor) -> Tensor:
    normal = (weight - weight.mean()) / weight.std()
    return F.conv_transpose2d(x, normal, stride=2, padding=1)


def causal() -> Tensor:
    return torch.full((64, 64), float("-inf")).triu(1)


def embedded_argmax(x: Tensor, table: Tensor) -> Tensor:
    return F.embedding(x.argmax(1), table).permute(0, 3, 1, 2) + x


def positive_part(x: Tensor) -> Tensor:
    """Write as many values as are above 0."""
    y = torch.zeros_like(x)
    y[x > 0] = x[x > 0] * 2
    return y


def diagonal_added(x: Tensor, scale: Tensor) -> Tensor:
    y = x * 1
    y.diagonal(dim1=2, dim2=3).mul_(scale).add_(0.3)
    return y


def every_seventh(x: Tensor) -> Tensor:
    y = x * 1
    flat = y.view(len(x), -1)
    flat[:, ::7] = 0.5
    flat[flat < -0.5] = 0.2
    return y


def halved_chunk(x: Tensor) -> Tensor:
    y = x * 1
    a, b = y.chunk(2, 1)
    a.mul_(0.5)
    b.copy_(a[..., :1] + 0.1)
    return y


def base_written(x: Tensor) -> Tensor:
    y = x * 1
    part = y[:, 1:3]
    y.data.mul_(2)
    y.asinh_()
    return torch.cat([part, torch.tanh(y)], 1)


def written_across(x: Tensor) -> Tensor:
    y = x * 1
    rows = y.permute(2, 0, 1, 3)
    rows[3] = 0.25
    rows[4:6].neg_()
    y.view(-1, SIDE)[:, 2:4] += 0.1
    return y


def written_by_layers(x: Tensor) -> Tensor:
    y = x * 1
    F.relu(y[:, 1:3], inplace=True)
    nn.LeakyReLU(0.2, inplace=True)(y[:, 0])
    torch.sigmoid(x[:, 3], out=y[:, 3])
    return y


def written_slots(x: Tensor) -> Tensor:
    y = x * 1
    for i, part in enumerate(y.unbind(1)):
        part.mul_(i)
    y[:, 1, ::2] *= x[:, 0, ::2]
    return y


def best_rows(x: Tensor) -> Tensor:
    """Return the rows (B, 4) of the largest number in each channel."""
    return x.amax(3).argmax(2)


def written_rows(x: Tensor) -> Tensor:
    """Write at places of each row: alone, around a slice, from the end, and some of them twice."""
    best, steps = best_rows(x), torch.arange(len(x))
    y = x * 1
    y[steps, 1, best[:, 0]] = 0.5
    y[steps, :, best[:, 2]] += x[:, :, 0]
    y[range(len(x)), 3, best[:, 1] - SIDE, 2:5] = -0.5
    z = y.transpose(1, 2).contiguous()
    z[steps[:, None], best] = x[:, :, :4]
    return z.transpose(1, 2)


def added_rows(x: Tensor) -> Tensor:
    places = (torch.arange(len(x))[:, None], best_rows(x) // 2)
    return x.index_put(places, x.flip(1), accumulate=True)


def read_rows(x: Tensor) -> Tensor:
    best, steps = best_rows(x), torch.arange(len(x))
    return x + x[steps, :, best[:, 0], best[:, 1] - SIDE][:, :, None, None] + x[steps].sin()


def warp_by_rows(x: Tensor, theta: Tensor) -> Tensor:
    """Move the pictures, each by a transformation of its own."""
    by_row = theta + 0.1 * torch.tanh(x.mean((2, 3)))[:, :2, None]
    grid = F.affine_grid(by_row, list(x.shape), align_corners=False)
    pixels = F.grid_sample(x, grid, align_corners=False)
    aligned = F.affine_grid(by_row, list(x.shape), align_corners=True)
    return pixels + F.grid_sample(x, aligned, align_corners=True)


def diagonals(x: Tensor, v: Tensor, w: Tensor) -> Tensor:
    y = torch.diag(v) @ x + torch.diag(w) + torch.diag_embed(x[:, 0, 0], 2)[:, None, :8, 2:]
    below = torch.diagonal(x, -1, 2, 3).sum(-1)[..., None, None]
    return y + torch.diagflat(v.view(2, 4)) + w.trace() * below


def linear_algebra(x: Tensor, w: Tensor) -> Tensor:
    weights = w + 3 * torch.eye(SIDE)
    y = torch.linalg.inv(weights) @ x + torch.inverse(weights @ weights) * torch.det(weights / 3)
    return y + torch.linalg.solve(weights, w) + torch.matrix_exp(w * 0.1) @ x * 0.3


def outer_sum(x: Tensor) -> Tensor:
    rows, columns = x.mean(3), x.mean(2)
    return rows.unsqueeze(-1) + columns.unsqueeze(-2) * torch.einsum("bch,bcw->bchw", rows, columns)


LINES: dict[str, Factory] = {
    # Resampling
    "up_nearest_2": partial(nn.Upsample, scale_factor=2),
    "up_nearest_3x2": partial(nn.Upsample, scale_factor=(3, 2)),
    "up_area_13": function(lambda x: F.interpolate(x, size=13, mode="area")),
    "up_bicubic_align": partial(nn.Upsample, size=11, mode="bicubic", align_corners=True),
    "antialias_bicubic": function(
        lambda x: F.interpolate(x, size=5, mode="bicubic", antialias=True)
    ),
    "repeat": function(lambda x: x.repeat(1, 1, 2, 3)),
    # Convolutions
    "conv_stride2": partial(nn.Conv2d, 4, 4, 3, stride=2, padding=1),
    "conv_no_bias": partial(nn.Conv2d, 4, 4, 3, bias=False),
    "conv1d": lambda: Reshaped(nn.Conv1d(4, 4, 5, padding=2), (4, 64)),
    "conv1d_groups": lambda: Reshaped(nn.Conv1d(4, 8, 4, stride=2, padding=1, groups=2), (4, 64)),
    "convT1d": lambda: Reshaped(nn.ConvTranspose1d(4, 4, 4, 2, 1), (4, 64)),
    "conv3d": lambda: Reshaped(nn.Conv3d(4, 4, 3, padding=1), (4, 4, 4, 4)),
    "convT3d": lambda: Reshaped(nn.ConvTranspose3d(4, 2, 2, 2), (4, 4, 4, 4)),
    "convT_standardized": function(standardized_transposed, (4, 4, 4, 4)),
    "conv_weight_norm": lambda: parametrizations.weight_norm(nn.Conv2d(4, 4, 3, padding=1)),
    "conv_spectral_norm": lambda: parametrizations.spectral_norm(nn.Conv2d(4, 4, 3, padding=1)),
    "conv_weight_norm_hook": partial(hooked, nn.utils.weight_norm),
    "conv_spectral_norm_hook": partial(hooked, nn.utils.spectral_norm),
    "conv_computed_weight": partial(Computed, 4, 4, 3),
    "conv_modulated": partial(Modulated, fused=False),
    "conv_modulated_fused": partial(Modulated, fused=True),
    "conv_per_sample_matmul": function(
        lambda x, w: torch.matmul(
            (x.mean((2, 3)) @ w).view(-1, 4, 36), F.unfold(x, 3, padding=1)
        ).view(-1, 4, 8, 8),
        (4, 144),
    ),
    "fold_overlapping": function(lambda x: F.fold(F.unfold(x, 3, padding=1), 8, 3, padding=1)),
    "conv_tied": function(
        lambda x, w: F.conv_transpose2d(F.conv2d(x, w, padding=1), w, padding=1), KERNEL
    ),
    # Padding
    "pad_circular": function(lambda x: F.pad(x, (1, 2, 3, 0), mode="circular")),
    "pad_channels": function(lambda x: F.pad(x, (0, 0, 0, 0, 1, 2), value=0.3)),
    "upfirdn": function(upfirdn, (4, 4)),
    "pad_one_side": function(lambda x: F.pad(x, (0, 1, 0, 0))),
    # Norms
    "layernorm_channels_last": lambda: OverPixels(nn.LayerNorm(4)),
    "layernorm_channels_first": function(
        lambda x, w: (
            w.view(1, -1, 1, 1)
            * (x - x.mean(1, keepdim=True))
            / torch.sqrt((x - x.mean(1, keepdim=True)).pow(2).mean(1, keepdim=True) + 1e-6)
        ),
        (4,),
    ),
    "F.layer_norm": function(lambda x: F.layer_norm(x, (8, 8))),
    "rmsnorm": lambda: OverPixels(nn.RMSNorm(4)),
    "batchnorm1d": lambda: Reshaped(nn.BatchNorm1d(256), (256,)),
    "batchnorm3d": lambda: Reshaped(nn.BatchNorm3d(4), (4, 4, 4, 4)),
    "instancenorm1d": lambda: Reshaped(nn.InstanceNorm1d(4), (4, 64)),
    "groupnorm_1": partial(nn.GroupNorm, 1, 4),
    "norm_l1": function(lambda x: F.normalize(x, p=1, dim=1) * 3),
    "distances_l1": function(
        lambda x: (
            x * torch.cdist(x.flatten(2), x.flatten(2).flip(1), p=1).mean((1, 2)).view(-1, 1, 1, 1)
        )
    ),
    "pairwise_l3": function(
        lambda x: x + F.pairwise_distance(x, x.flip(1), p=3, keepdim=True) * 0.3
    ),
    "norm_dims": function(lambda x: x / (x.norm(p=2, dim=(2, 3), keepdim=True) + 0.1)),
    "var_mean": function(
        lambda x: (
            (x - torch.var_mean(x, (2, 3), keepdim=True)[1])
            * torch.var_mean(x, (1, 2, 3), keepdim=True)[0]
        )
    ),
    # Activations
    "act_relu": nn.ReLU,
    "act_leaky_relu": partial(nn.LeakyReLU, 0.2),
    "act_sigmoid": nn.Sigmoid,
    "act_tanh": nn.Tanh,
    "act_softplus": nn.Softplus,
    "act_softplus_threshold": partial(nn.Softplus, beta=2, threshold=1),
    "act_threshold": partial(nn.Threshold, 0.1, -0.3),
    "act_softmin": partial(nn.Softmin, 1),
    "act_softmax_last": partial(nn.Softmax, -1),
    "act_log_of_softmax": function(lambda x: torch.log(x.softmax(1))),
    "act_atanh": function(lambda x: torch.atanh(x.tanh() * 0.9)),
    "act_acosh": function(lambda x: torch.acosh(x.abs() + 1.1)),
    "act_trigonometry": function(lambda x: torch.cat([x.sin(), x.cos(), torch.tan(x * 0.3)], 1)),
    "act_inverse": function(
        lambda x: torch.cat([torch.asin(x.tanh() * 0.9), torch.acos(x.tanh() * 0.9)], 1)
    ),
    "act_steps": function(
        lambda x: torch.cat([x.floor(), x.ceil(), x.trunc(), x.frac(), x.sign()], 1)
    ),
    "act_logs": function(lambda x: torch.log2(x.abs() + 1) + torch.log1p(x.abs())),
    "logaddexp": function(
        lambda x: torch.logaddexp(x, x.flip(1)) + torch.logaddexp2(x * 200, torch.zeros(1)) / 200
    ),
    "cumprod": function(lambda x: torch.cumprod(x.tanh() + 0.5, 2) + x.cumprod(1)),
    "act_lerp": function(lambda x, w: torch.lerp(x, x.flip(1), w.sigmoid()), (1, 4, 1, 1)),
    # Attention
    "sdpa_mask": buffered(masked_sdpa, causal),
    "sdpa_bool_mask": buffered(masked_sdpa, lambda: torch.ones(64, 64, dtype=torch.bool).tril()),
    "sdpa_causal": function(causal_sdpa),
    "mha_mask": MaskedHeads,
    "transformer_encoder_layer": lambda: OverPixels(
        nn.TransformerEncoderLayer(4, 2, 8, batch_first=True)
    ),
    "transformer_encoder": lambda: OverPixels(
        nn.TransformerEncoder(
            nn.TransformerEncoderLayer(
                4, 2, 8, activation="gelu", batch_first=True, norm_first=True
            ),
            2,
            enable_nested_tensor=False,
        )
    ),
    "transformer_decoder_layer": WithMemory,
    "window_attention": WindowAttention,
    "inverse_of_weights": function(linear_algebra, (8, 8)),
    "diagonals": function(diagonals, (8,), (8, 8)),
    "affine_grid": function(warp_by_rows, (1, 2, 3)),
    "einsum_outer": function(outer_sum),
    "einsum_ellipsis": function(lambda x, w: torch.einsum("b...h,hk->b...k", x, w), (8, 8)),
    "matmul_rank4": function(lambda x: x @ x.transpose(-1, -2) * 0.3),
    # Choice
    "gather_constant": buffered(
        lambda x, i: x.gather(3, i.expand(len(x), 4, 8, 8)), lambda: torch.randint(8, (1, 4, 8, 8))
    ),
    "vq_argmin": Codebook,
    "vq_scatter": function(scattered, (5, 4)),
    "embedded_argmax": function(embedded_argmax, (4, 4)),
    "where_two_constants": function(
        lambda x: torch.where(x > 0, torch.ones_like(x), torch.zeros_like(x)) * 0.7
    ),
    "where_logic": function(lambda x: torch.where(((x > 0) & (x < 0.5)) | ~(x > -0.3), x, x * 0.3)),
    "topk_values": function(lambda x: x.flatten(2).topk(16).values.view(-1, 4, 2, 8)),
    "amin_sum": function(lambda x: x - x.amin((2, 3), keepdim=True) * x.sum(1, keepdim=True)),
    "index_pair": function(lambda x: x[:, [2, 0, 1]][:, :, [1, 3, 5]]),
    "stepped_slice": function(lambda x: torch.cat([x[..., ::2], x[..., 1::2]], -1)),
    "prod_any": function(lambda x: x.prod(1, keepdim=True) + x * (x > 0.5).any(1, keepdim=True)),
    # Shapes
    "spatial_broadcast": function(
        lambda x, p: x.mean((2, 3))[:, :, None, None].expand(-1, -1, 8, 8) + p, (1, 4, 8, 8)
    ),
    "view_own_shape": function(lambda x: x.view(len(x), 4, 8, 8)),
    "permute_negative": function(lambda x: x.permute(0, -1, -3, -2).permute(0, 2, 3, 1)),
    "cat_negative": function(lambda x: torch.cat([x, x.flip(1)], -1)),
    "cat_before_permute": function(
        lambda x: torch.cat([x.permute(0, 2, 3, 1)] * 2, -1).permute(0, 3, 1, 2)
    ),
    "three_sums": function(lambda x: x + x.sum(3).sum(2).sum(1).view(-1, 1, 1, 1) * 0.1),
    "stack_unbind": function(lambda x: torch.stack([-part for part in x.unbind(1)], 1)),
    "tensor_split": function(
        lambda x: torch.cat(
            [*x.tensor_split(3, 1)[::-1], torch.cat(torch.tensor_split(x, (1, -2), 2)[::-1], 2)], 1
        )
    ),
    "chunk_swap": function(lambda x: torch.cat(x.chunk(2, 2)[::-1], 2)),
    "rows_times_slots": function(
        lambda x, s: (
            (x[:, None] * s).flatten(0, 1).view(-1, 3, 4, 8, 8).softmax(1).sum(1)
            + (x[:, None] * s).flatten(0, 1).tanh().view(-1, 3, 4, 8, 8).mean(1)
        ),
        (1, 3, 4, 1, 1),
    ),
    "full_label": function(
        lambda x, e: x + F.embedding(torch.full((len(x),), 3), e)[:, :, None, None], (5, 4)
    ),
    # Writes in place
    "write_diagonal": function(diagonal_added, (4, 8)),
    "write_strided_view": function(every_seventh),
    "write_chunk": function(halved_chunk),
    "write_base": function(base_written),
    "write_transposed": function(written_across),
    "write_by_layers": function(written_by_layers),
    "write_slots": function(written_slots),
    "write_rows": function(written_rows),
    "add_rows": function(added_rows),
    "read_rows": function(read_rows),
    "hidden_layers": Hidden,
    "data_dependent_shape": function(positive_part),
}
