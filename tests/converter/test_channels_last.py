"""Anybody's decoders and encoders of pictures, as people write them, become graphs with channels last that say what PyTorch says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zlide.checkpoint.networks.world import SIDE, WorldConfig, WorldDecoder, WorldEncoder
from zlide.errors import ZlideError
from zlide.graph.convert import Converted
from zlide.graph.image import convert_image_decoder, convert_image_encoder
from zlide.graph.lowering.layers import lower

pytestmark = pytest.mark.needs_conversion

Z = 16


class Convolutional(nn.Module):
    """As DCGAN: every layer with batch norm, from a single pixel on."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(Z, 64, 4, bias=False),
            nn.BatchNorm2d(64),
            nn.ReLU(inplace=True),
            nn.ConvTranspose2d(64, 32, 4, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(32),
            nn.LeakyReLU(0.2),
            nn.ConvTranspose2d(32, 3, 4, stride=2, padding=1),
            nn.Tanh(),
        )

    def forward(self, z: Tensor) -> Tensor:
        pixels: Tensor = self.layers(z.view(-1, Z, 1, 1))
        return (pixels.permute(0, 2, 3, 1) + 1) / 2


class Block(nn.Module):
    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(
            [nn.GroupNorm(4, channels), nn.GroupNorm(channels // 2, channels)]
        )
        self.wide, self.one = (
            nn.Conv2d(channels, channels, 3, padding="same"),
            nn.Conv2d(channels, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        inside = self.wide(F.silu(self.norms[0](x)))
        more: Tensor = self.one(F.silu(self.norms[1](inside)))
        return x + more


class Residual(nn.Module):
    """Residual blocks, enlarged in three ways; one grey channel."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(Z, 32 * 5 * 7)
        self.layers = nn.Sequential(
            Block(32),
            nn.Upsample(scale_factor=2),
            nn.Conv2d(32, 16, 3, padding=1),
            Block(16),
            nn.Upsample(scale_factor=2, mode="bilinear"),
            nn.Upsample(scale_factor=1.5, mode="bilinear", align_corners=True),
            nn.Upsample(size=(60, 126)),
            nn.Conv2d(16, 1, 3, padding=1),
            nn.Sigmoid(),
        )

    def forward(self, z: Tensor) -> Tensor:
        pixels: Tensor = self.layers(self.first(z).view(-1, 32, 5, 7))
        return pixels.movedim(1, -1)


class Shuffled(nn.Module):
    """What is less usual."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Sequential(
            nn.Linear(Z, 100),
            nn.BatchNorm1d(100),
            nn.ELU(),
            nn.Linear(100, 24 * 5 * 5),
            nn.Unflatten(1, (24, 5, 5)),
        )
        self.layers = nn.Sequential(
            nn.ConvTranspose2d(24, 16, 3, stride=2, padding=1, output_padding=1),
            nn.PReLU(16),
            nn.ReflectionPad2d(1),
            nn.Conv2d(16, 32, 3),
            nn.GELU(),
            nn.PixelShuffle(2),
            nn.InstanceNorm2d(8, affine=True),
            nn.CELU(),
            nn.Conv2d(8, 3, 5, padding=2),
            nn.Softplus(),
            nn.Hardtanh(0, 1),
        )

    def forward(self, z: Tensor) -> Tensor:
        pixels: Tensor = self.layers(self.first(z))
        return pixels[:, :, 1:-1].flip(3).permute(0, 2, 3, 1)


class Encoder(nn.Module):
    """Channels first inside, as PyTorch has them."""

    def __init__(self, *layers: nn.Module) -> None:
        super().__init__()
        self.layers = nn.Sequential(*layers)

    def forward(self, pixels: Tensor) -> Tensor:
        mean: Tensor = self.layers(pixels.permute(0, 3, 1, 2))
        return mean


def pooled() -> nn.Module:
    return Encoder(
        nn.Conv2d(3, 8, 3, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2, padding=1),
        nn.Conv2d(8, 16, 3, stride=2, padding=1, groups=8),  # a kernel of its own for each channel
        nn.SiLU(),
        nn.AvgPool2d(2),
        nn.Flatten(),
        nn.ReLU(),
        nn.Linear(16 * 4 * 4, Z),
    )


def averaged() -> nn.Module:
    return Encoder(
        nn.Conv2d(3, 8, 4, stride=2, padding="valid"),
        nn.InstanceNorm2d(8, track_running_stats=True),
        nn.ReLU(),
        nn.Conv2d(8, 12, 3, padding="same", dilation=2),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
        nn.Linear(12, Z),
    )


def flattened() -> nn.Module:
    return Encoder(
        nn.Conv2d(3, 8, 5, stride=3, padding=2),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(8 * 11 * 11, 32),
        nn.Tanh(),
        nn.Linear(32, Z),
    )


def trained(module: nn.Module) -> nn.Module:
    """With norms as after training: statistics, scales and shifts that all differ."""
    for child in module.modules():
        if isinstance(child, nn.BatchNorm2d | nn.BatchNorm1d | nn.GroupNorm | nn.InstanceNorm2d):
            for name, tensor in child.state_dict().items():
                if tensor.is_floating_point():
                    nn.init.uniform_(
                        tensor, 0.5, 2.0
                    ) if name != "running_mean" else nn.init.normal_(tensor)
    return module.eval()


def assert_same(module: nn.Module, converted: Converted, inputs: Tensor) -> None:
    """On a batch of another size than it was traced with."""
    with torch.no_grad():
        expected, (found,) = module(inputs), converted.run(inputs)
    assert found.shape == expected.shape
    assert (found - expected).abs().max() <= 1e-5
    assert expected.std() > 1e-3
    assert "Transpose" not in converted.ops


@pytest.mark.parametrize("kind", [Convolutional, Residual, Shuffled])
def test_decoders_paint_the_same(kind: Callable[[], nn.Module], tmp_path: Path) -> None:
    torch.manual_seed(1)
    decoder = trained(kind())
    converted = convert_image_decoder(
        lower(decoder, "decoder"), torch.randn(5, Z), tmp_path
    ).graphs["decoder/image"]
    assert_same(decoder, converted, torch.randn(7, Z))


@pytest.mark.parametrize("kind", [pooled, averaged, flattened])
def test_encoders_see_the_same(kind: Callable[[], nn.Module], tmp_path: Path) -> None:
    torch.manual_seed(2)
    encoder = trained(kind())
    converted = convert_image_encoder(
        lower(encoder, "encoder"), torch.rand(5, 32, 32, 3), tmp_path
    ).graphs["encoder/image"]
    assert_same(encoder, converted, torch.rand(7, 32, 32, 3))


def test_batch_norm_and_what_comes_after_a_convolution_are_part_of_it(tmp_path: Path) -> None:
    torch.manual_seed(3)
    decoder = trained(
        nn.Sequential(
            nn.Unflatten(1, (4, 2, 2)),
            nn.ConvTranspose2d(4, 8, 4, 2, 1),
            nn.BatchNorm2d(8),
            nn.ReLU(),
            Last(),
        )
    )
    converted = convert_image_decoder(
        lower(decoder, "decoder"), torch.randn(5, Z), tmp_path
    ).graphs["decoder/image"]
    assert_same(decoder, converted, torch.randn(7, Z))
    assert {op for op in converted.ops if "Conv" in op} == {"_FusedConv2D"}
    assert not converted.ops.keys() & {"Mul", "AddV2", "Sub", "Relu"}


class Last(nn.Conv2d):
    """Pixels out of eight channels."""

    def __init__(self) -> None:
        super().__init__(8, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).permute(0, 2, 3, 1)


@pytest.mark.parametrize(
    "resized",
    [
        lambda x: F.interpolate(x, size=14),
        lambda x: F.interpolate(x, size=(21, 7)),
        lambda x: F.interpolate(x, size=(10, 4)),  # neither a multiple
        lambda x: F.interpolate(x, size=(7, 93)),
        lambda x: F.interpolate(F.interpolate(x, size=22), scale_factor=1.5),
        lambda x: F.interpolate(x, size=(13, 33), mode="bilinear"),
        lambda x: F.interpolate(x, size=(3, 5), mode="bilinear"),
        lambda x: F.interpolate(x, size=(29, 31), mode="bilinear", align_corners=True),
        lambda x: F.interpolate(
            x[:, :, :, 1:], size=x.shape[2:], mode="bilinear"
        ),  # as large as another
        lambda x: F.interpolate(x.mean((2, 3), keepdim=True), size=x.shape[2:]) + x,
    ],
)
def test_pictures_are_resized_to_a_size(
    resized: Callable[[Tensor], Tensor], tmp_path: Path
) -> None:
    torch.manual_seed(6)
    decoder = Resized(resized).eval()
    converted = convert_image_decoder(
        lower(decoder, "decoder"), torch.randn(5, Z), tmp_path
    ).graphs["decoder/image"]
    assert_same(decoder, converted, torch.randn(9, Z))


class Resized(nn.Linear):
    """Pictures of 7 × 7, and then as told."""

    def __init__(self, resized: Callable[[Tensor], Tensor]) -> None:
        super().__init__(Z, 3 * 7 * 7)
        self.resized = resized

    def forward(self, z: Tensor) -> Tensor:
        return torch.sigmoid(self.resized(super().forward(z).view(-1, 3, 7, 7))).permute(0, 2, 3, 1)


@pytest.mark.parametrize("latent", [32, 64])
def test_world_models_decoder_keeps_to_its_budget(latent: int, tmp_path: Path) -> None:
    torch.manual_seed(4)
    decoder = WorldDecoder(WorldConfig(latent)).eval()
    converted = convert_image_decoder(
        lower(decoder, "decoder"), torch.randn(5, latent), tmp_path
    ).graphs["decoder/image"]
    assert_same(decoder, converted, torch.randn(7, latent))
    assert sum(converted.ops.values()) <= 30
    assert converted.ops["_FusedConv2D"] == 3
    assert (
        converted.ops["_FusedMatMul"] == 1
    )  # the linear layer and the first transposed convolution, of one pixel: two maps in a row
    assert not converted.ops.keys() & {"Conv2D", "BiasAdd", "Relu", "MatMul", "GatherV2"}
    apart = 4 * (latent * 1024 + 1024 * 128 * 5 * 5)
    rest = 4 * sum(
        p.numel()
        for deconv in (decoder.deconv2, decoder.deconv3, decoder.deconv4)
        for p in deconv.parameters()
    )
    together = 4 * (latent + 1) * 128 * 5 * 5
    assert together < converted.weights < together + 2 * rest < apart


def test_world_models_encoder_is_four_convolutions_and_a_product(tmp_path: Path) -> None:
    torch.manual_seed(5)
    encoder = WorldEncoder(WorldConfig(32)).eval()
    converted = convert_image_encoder(
        lower(encoder, "encoder"), torch.rand(5, SIDE, SIDE, 3), tmp_path
    ).graphs["encoder/image"]
    assert_same(encoder, converted, torch.rand(7, SIDE, SIDE, 3))
    assert converted.ops == {
        "Placeholder": 1,
        "_FusedConv2D": 4,
        "Reshape": 1,
        "_FusedMatMul": 1,
        "Identity": 1,
    }


@pytest.mark.parametrize(
    ("layers", "says"),
    [
        (
            [nn.Conv2d(4, 8, 3, groups=2)],
            "a convolution in 2 groups; use one group, or one for each channel",
        ),
        (
            [nn.AvgPool2d(3, 2, 1, count_include_pad=False)],
            "AveragePool with a window that reaches beyond the picture, or with holes; pad first, ",
        ),
        (
            [nn.MaxPool2d(3, 2, ceil_mode=True)],
            "MaxPool with a window that reaches beyond the picture, or with holes; pad first, ",
        ),
        (
            [nn.Upsample(scale_factor=2, mode="bicubic")],
            "Resize (cubic, half_pixel) to (16, 16); resize with nearest or bilinear",
        ),
        (
            [nn.Upsample(scale_factor=1.7)],
            "Resize by a factor to 13.6 × 13.6 pixels; give the size instead of the factor: size=(…)",
        ),
        (
            [nn.Upsample(scale_factor=1.7, mode="bilinear")],
            "Resize by a factor to 13.6 × 13.6 pixels; give the size instead of the factor: size=(…)",
        ),
        (
            [nn.ReplicationPad2d(1)],
            "padding with copies of the edge; pad with zeros or a reflection",
        ),
    ],
)
def test_what_does_not_convert_is_one_line(
    layers: list[nn.Module], says: str, tmp_path: Path
) -> None:
    refused(Encoder(*layers, nn.Flatten()).eval(), says, tmp_path)


@pytest.mark.parametrize(
    ("looks", "says"),
    [
        (
            lambda x: F.conv_transpose2d(x, torch.ones(4, 2, 3, 3)),
            "(ConvTranspose); write it with nn.Conv2d, nn.ConvTranspose2d, nn.InstanceNorm2d ",
        ),
        (
            F.instance_norm,
            "(InstanceNormalization); write it with nn.Conv2d, nn.ConvTranspose2d, nn.InstanceNorm2d or linear layers, ",
        ),
        (
            lambda x: torch.softmax(x, 1),
            "(Transpose); keep pictures as (B, C, H, W) inside, and mix channels by nn.Conv2d or linear layers",
        ),
    ],
)
def test_what_to_do_speaks_of_pictures(
    looks: Callable[[Tensor], Tensor], says: str, tmp_path: Path
) -> None:
    refused(Encoder(Looking(looks), nn.Flatten()).eval(), says, tmp_path)


class Looking(nn.Module):
    def __init__(self, looks: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.looks = looks

    def forward(self, x: Tensor) -> Tensor:
        return self.looks(x)


def refused(encoder: nn.Module, says: str, tmp_path: Path) -> None:
    with pytest.raises(ZlideError) as error:
        convert_image_encoder(
            lower(encoder, "encoder"), torch.rand(5, 8, 8, 4), tmp_path / "graphs"
        )
    assert str(error.value).startswith("encoder: ")
    assert says in str(error.value)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "graphs").exists()
