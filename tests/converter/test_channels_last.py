"""Image models in common PyTorch styles convert to equal graphs with channels last."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from zlide.checkpoint.networks.world import SIDE, WorldConfig, WorldDecoder, WorldEncoder
from zlide.errors import ZlideError
from zlide.graph.convert import Converted
from zlide.graph.lowering.layers import lower
from zlide.graph.values import convert_values_decoder, convert_values_encoder

pytestmark = pytest.mark.needs_conversion

convert_image_decoder = partial(convert_values_decoder, kind="image", name="pixels")
convert_image_encoder = partial(convert_values_encoder, kind="image", name="pixels")

Z = 16


class Convolutional(nn.Module):
    """DCGAN: transposed convolutions from a single pixel on, each with batch norm."""

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
        hidden = self.wide(F.silu(self.norms[0](x)))
        change: Tensor = self.one(F.silu(self.norms[1](hidden)))
        return x + change


class Residual(nn.Module):
    """Residual blocks with three kinds of upsampling, and one channel."""

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
    """Less common layers."""

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
    """An encoder with channels first inside."""

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
        nn.Conv2d(8, 16, 3, stride=2, padding=1, groups=8),  # depthwise
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
    """Give norms random statistics, scales and shifts, as after training."""
    for child in module.modules():
        if isinstance(child, nn.BatchNorm2d | nn.BatchNorm1d | nn.GroupNorm | nn.InstanceNorm2d):
            for name, tensor in child.state_dict().items():
                if tensor.is_floating_point():
                    nn.init.uniform_(
                        tensor, 0.5, 2.0
                    ) if name != "running_mean" else nn.init.normal_(tensor)
    return module.eval()


def assert_same(module: nn.Module, converted: Converted, inputs: Tensor) -> None:
    """Compare on a batch of another size than in the trace."""
    with torch.no_grad():
        expected, (found,) = module(inputs), converted.run(inputs)
    assert found.shape == expected.shape
    assert (found - expected).abs().max() <= 1e-5
    assert expected.std() > 1e-3
    assert "Transpose" not in converted.ops


@pytest.mark.parametrize("make", [Convolutional, Residual, Shuffled])
def test_decoders_give_the_same_pixels(make: Callable[[], nn.Module], tmp_path: Path) -> None:
    torch.manual_seed(1)
    decoder = trained(make())
    converted = convert_image_decoder(
        lower(decoder, "decoder"), torch.randn(5, Z), tmp_path
    ).graphs["decoder/image"]
    assert_same(decoder, converted, torch.randn(7, Z))


@pytest.mark.parametrize("make", [pooled, averaged, flattened])
def test_encoders_give_the_same_means(make: Callable[[], nn.Module], tmp_path: Path) -> None:
    torch.manual_seed(2)
    encoder = trained(make())
    converted = convert_image_encoder(
        lower(encoder, "encoder"), torch.rand(5, 32, 32, 3), tmp_path
    ).graphs["encoder/image"]
    assert_same(encoder, converted, torch.rand(7, 32, 32, 3))


def test_fuses_batch_norm_and_activations_into_convolutions(tmp_path: Path) -> None:
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
    """A convolution from eight channels to pixels."""

    def __init__(self) -> None:
        super().__init__(8, 3, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return super().forward(x).permute(0, 2, 3, 1)


@pytest.mark.parametrize(
    "resize",
    [
        lambda x: F.interpolate(x, size=14),
        lambda x: F.interpolate(x, size=(21, 7)),
        lambda x: F.interpolate(x, size=(10, 4)),  # not multiples
        lambda x: F.interpolate(x, size=(7, 93)),
        lambda x: F.interpolate(F.interpolate(x, size=22), scale_factor=1.5),
        lambda x: F.interpolate(x, size=(13, 33), mode="bilinear"),
        lambda x: F.interpolate(x, size=(3, 5), mode="bilinear"),
        lambda x: F.interpolate(x, size=(29, 31), mode="bilinear", align_corners=True),
        lambda x: F.interpolate(
            x[:, :, :, 1:], size=x.shape[2:], mode="bilinear"
        ),  # the size of another tensor
        lambda x: F.interpolate(x.mean((2, 3), keepdim=True), size=x.shape[2:]) + x,
    ],
)
def test_resizes_pictures(resize: Callable[[Tensor], Tensor], tmp_path: Path) -> None:
    torch.manual_seed(6)
    decoder = Resizing(resize).eval()
    converted = convert_image_decoder(
        lower(decoder, "decoder"), torch.randn(5, Z), tmp_path
    ).graphs["decoder/image"]
    assert_same(decoder, converted, torch.randn(9, Z))


class Resizing(nn.Linear):
    """Pictures of 7 × 7 that a function resizes."""

    def __init__(self, resize: Callable[[Tensor], Tensor]) -> None:
        super().__init__(Z, 3 * 7 * 7)
        self.resize = resize

    def forward(self, z: Tensor) -> Tensor:
        return torch.sigmoid(self.resize(super().forward(z).view(-1, 3, 7, 7))).permute(0, 2, 3, 1)


@pytest.mark.parametrize("latent_size", [32, 64])
def test_world_models_decoder_stays_within_its_budget(latent_size: int, tmp_path: Path) -> None:
    torch.manual_seed(4)
    decoder = WorldDecoder(WorldConfig(latent_size)).eval()
    converted = convert_image_decoder(
        lower(decoder, "decoder"), torch.randn(5, latent_size), tmp_path
    ).graphs["decoder/image"]
    assert_same(decoder, converted, torch.randn(7, latent_size))
    assert sum(converted.ops.values()) <= 30
    assert converted.ops["_FusedConv2D"] == 3
    # The linear layer and the first transposed convolution, of one pixel, are merged.
    assert converted.ops["_FusedMatMul"] == 1
    assert not converted.ops.keys() & {"Conv2D", "BiasAdd", "Relu", "MatMul", "GatherV2"}
    separate = 4 * (latent_size * 1024 + 1024 * 128 * 5 * 5)
    rest = 4 * sum(
        p.numel()
        for deconv in (decoder.deconv2, decoder.deconv3, decoder.deconv4)
        for p in deconv.parameters()
    )
    merged = 4 * (latent_size + 1) * 128 * 5 * 5
    assert merged < converted.weights < merged + 2 * rest < separate


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
    ("layers", "problems", "remedy"),
    [
        ([nn.Conv2d(4, 8, 3, groups=2)], ["convolution", "found 2 groups"], "groups"),
        ([nn.AvgPool2d(3, 2, 1, count_include_pad=False)], ["AveragePool"], "pad first"),
        ([nn.MaxPool2d(3, 2, ceil_mode=True)], ["MaxPool"], "pad first"),
        (
            [nn.Upsample(scale_factor=2, mode="bicubic")],
            ["nearest or bilinear", "found cubic, half_pixel to (16, 16)"],
            "modes",
        ),
        ([nn.Upsample(scale_factor=1.7)], ["13.6 × 13.6 pixels"], "size=(…)"),
        ([nn.Upsample(scale_factor=1.7, mode="bilinear")], ["13.6 × 13.6 pixels"], "size=(…)"),
        ([nn.ReplicationPad2d(1)], ["copies of the edge"], "reflection"),
    ],
)
def test_names_what_does_not_convert_in_one_line(
    layers: list[nn.Module], problems: list[str], remedy: str, tmp_path: Path
) -> None:
    line = refusal(Encoder(*layers, nn.Flatten()).eval(), tmp_path)
    assert all(problem in line for problem in problems)
    assert remedy in line


@pytest.mark.parametrize(
    ("function", "op", "remedies"),
    [
        (
            lambda x: F.conv_transpose2d(x, torch.ones(4, 2, 3, 3)),
            "(ConvTranspose)",
            ["nn.Conv2d, nn.ConvTranspose2d, nn.InstanceNorm2d"],
        ),
        (
            F.instance_norm,
            "(InstanceNormalization)",
            ["nn.Conv2d, nn.ConvTranspose2d, nn.InstanceNorm2d"],
        ),
        (lambda x: torch.softmax(x, 1), "(Transpose)", ["(B, C, H, W)", "nn.Conv2d"]),
    ],
)
def test_remedies_for_image_models_name_image_layers(
    function: Callable[[Tensor], Tensor], op: str, remedies: list[str], tmp_path: Path
) -> None:
    line = refusal(Encoder(Applying(function), nn.Flatten()).eval(), tmp_path)
    assert op in line
    assert all(remedy in line for remedy in remedies)


class Applying(nn.Module):
    """A function as a module."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.function = function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(x)


def refusal(encoder: nn.Module, tmp_path: Path) -> str:
    with pytest.raises(ZlideError) as error:
        convert_image_encoder(
            lower(encoder, "encoder"), torch.rand(5, 8, 8, 4), tmp_path / "graphs"
        )
    assert error.value.where == "encoder"
    assert "\n" not in str(error.value)
    assert not (tmp_path / "graphs").exists()
    return str(error.value)
