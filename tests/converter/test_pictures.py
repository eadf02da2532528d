"""Export of an image decoder: its bundle decodes as PyTorch does, and bad input is refused."""

from __future__ import annotations

import base64
import json
import runpy
from collections.abc import Callable
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

import zlide
from tests.refusal import refusal
from zlide.bundle.folder import read_bundle
from zlide.bundle.image_specs import ImageEncoder
from zlide.bundle.probe import read_probe
from zlide.quantization import quantize_weights

pytestmark = pytest.mark.needs_conversion

Z, HEIGHT, WIDTH = 4, 6, 8
GOLDEN = Path(__file__).parents[1] / "golden"


class Decoder(nn.Module):
    """z → pixels (B, 6, 8, channels)."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.first = nn.Linear(Z, 8 * 3 * 4)
        self.out = nn.ConvTranspose2d(8, channels, 4, stride=2, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        return self.channels_first(z).permute(0, 2, 3, 1)

    def channels_first(self, z: Tensor) -> Tensor:
        return torch.sigmoid(self.out(torch.relu(self.first(z)).view(-1, 8, 3, 4)))


class Encoder(nn.Module):
    def __init__(self, latent: int = Z) -> None:
        super().__init__()
        self.mean = nn.Linear(HEIGHT * WIDTH * 3, latent)

    def forward(self, pixels: Tensor) -> Tensor:
        mean: Tensor = self.mean(pixels.flatten(1))
        return mean


class Repeated(nn.Module):
    """One pixel (B, 1, 1, 3) → a square picture of it."""

    def __init__(self, side: int) -> None:
        super().__init__()
        self.side = side

    def forward(self, x: Tensor) -> Tensor:
        return x.expand(-1, self.side, self.side, 3)


class ChannelsFirst(Decoder):
    def forward(self, z: Tensor) -> Tensor:
        return self.channels_first(z)


class Logits(Decoder):
    def forward(self, z: Tensor) -> Tensor:
        return torch.logit(super().forward(z))


class Reshaping(Decoder):
    """Reads z of twice the width as two rows."""

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z.view(-1, Z))


class Failing(Decoder):
    def forward(self, z: Tensor) -> Tensor:  # noqa: ARG002
        raise RuntimeError("broken")


class GivesNaN(Decoder):
    def forward(self, z: Tensor) -> Tensor:
        return torch.log(super().forward(z) - 2)


class SentenceDecoder(nn.Linear):
    """A text decoder."""

    def __init__(self) -> None:
        super().__init__(Z, 3)

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        return (z,)

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        return self(state[0]) + token[:, None], state


class MixesRows(Decoder):
    """A decoder whose pictures depend on the other rows of the batch."""

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z - z.mean(0, keepdim=True))


def create(kind: type[nn.Module] = Decoder, *arguments: int) -> nn.Module:
    """Return a module with seeded weights."""
    torch.manual_seed(3)
    module = kind(*arguments)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(2.0)
    return module


def with_nan_weight() -> nn.Module:
    module = create()
    with torch.no_grad():
        next(module.parameters())[0] = torch.nan
    return module


def frames(count: int = 2, height: int = HEIGHT, channels: int = 3) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(
        0, 256, (count, height, WIDTH, channels), dtype=np.uint8
    )


LATENTS = np.random.default_rng(3).normal(size=(60, Z)).astype(np.float32)
EXAMPLES = {"one": LATENTS[0], "two": LATENTS[1]}
AXES = zlide.fit_pca(LATENTS, 3)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.needs_conversion
def test_the_bundle_decodes_as_pytorch_does(tmp_path: Path) -> None:
    raw = zlide.raw_dimensions(LATENTS.mean(0), LATENTS.std(0), [2, 0])
    pictures = zlide.Pictures(frames(), aspect=1.5)
    decoder, to = create(), tmp_path / "bundle"
    zlide.export(
        decoder, [AXES, raw], to=to, examples=EXAMPLES, pictures=pictures, encoder=create(Encoder)
    )
    manifest = read_bundle(to)
    assert isinstance(manifest.encoder, ImageEncoder)
    assert manifest.encoder.aspect == 1.5
    assert [(axes.name, [axis.name for axis in axes.axes]) for axes in manifest.axes][1] == (
        "raw",
        ["z[2]", "z[0]"],
    )
    with Image.open(to / "pictures.png") as sheet:
        assert np.array_equal(np.asarray(sheet), frames().reshape(2 * HEIGHT, WIDTH, 3))
    quantize_weights(decoder, manifest.precision)
    probe = read_probe(to / "probe.safetensors", "pixels")
    assert np.allclose(AXES.to_z(probe.sliders, probe.residual), probe.z, atol=1e-6)
    assert np.array_equal(probe.samples, decode(decoder, probe.z))
    poster = manifest.posters[0]
    assert poster.text == "one"
    assert base64.b64decode(poster.decoded) == decode(decoder, LATENTS[:1]).tobytes()


def decode(decoder: nn.Module, z: NDArray[np.float32]) -> NDArray[np.uint8]:
    with torch.no_grad():
        return np.asarray((decoder(torch.from_numpy(z)) * 255).round(), np.uint8)


@pytest.mark.needs_conversion
@pytest.mark.parametrize(
    ("side", "validated", "compared"), [(64, 1000, 64), (128, 250, 16), (256, 62, 8)]
)
def test_large_pictures_are_decoded_at_fewer_positions(
    side: int, validated: int, compared: int, tmp_path: Path
) -> None:
    enlarged = nn.Sequential(
        nn.Linear(Z, 3), nn.Sigmoid(), nn.Unflatten(1, (1, 1, 3)), Repeated(side)
    )
    report = zlide.export(enlarged, AXES, to=tmp_path / "large")
    assert report.positions == compared
    assert report.reference is not None
    assert report.reference.available == validated


def test_exports_grey_pictures_without_examples_or_encoder(tmp_path: Path) -> None:
    zlide.export(create(Decoder, 1), AXES, to=tmp_path / "grey")
    manifest = read_bundle(tmp_path / "grey")
    assert (manifest.encoder, manifest.examples, manifest.posters) == (None, None, [])
    probe = read_probe(tmp_path / "grey/probe.safetensors", "pixels")
    assert probe.samples.shape[1:] == (HEIGHT, WIDTH, 1)


def axes_of_width(width: int) -> dict[str, Any]:
    latents = np.hstack([LATENTS, LATENTS[::-1]])[:, :width]
    return {"axes": zlide.fit_pca(latents, 2), "examples": None, "pictures": None}


SIZE = "(2, 6, 8, 3)"  # of the frames of the examples

# By name: the changed arguments, where the error is, and parts of the problem and the remedy.
REFUSALS: dict[str, tuple[Callable[[], dict[str, Any]], str, list[str]]] = {
    "channels first": (
        lambda: {"decoder": create(ChannelsFirst)},
        "decoder",
        ["(5, H, W, C)", "(5, 3, 6, 8)", "pixels.permute(0, 2, 3, 1)"],
    ),
    "two channels": (lambda: {"decoder": create(Decoder, 2)}, "decoder", ["(5, 6, 8, 2)"]),
    "logits": (lambda: {"decoder": create(Logits)}, "decoder", ["from 0 to 1", "found -"]),
    "NaN": (lambda: {"decoder": create(GivesNaN)}, "decoder", ["NaN", "(5, 4)", "logarithm"]),
    "NaN in weights": (
        lambda: {"decoder": with_nan_weight()},
        "decoder",
        ["NaN", "first.weight", "learning rate"],
    ),
    "mixed rows": (lambda: {"decoder": create(MixesRows)}, "decoder", ["row", "batch"]),
    "narrow axes": (lambda: axes_of_width(3), "axes pca", ["size, 4,", "axes of 3", "decoder"]),
    "axes of twice the width": (
        lambda: {"decoder": create(Reshaping), **axes_of_width(8)},
        "axes pca",
        ["size, 4,", "axes of 8", "decoder"],
    ),
    "failing at any width": (
        lambda: {"decoder": create(Failing), **axes_of_width(3)},
        "decoder",
        ["batch of 5", "RuntimeError: broken"],
    ),
    "float16": (
        lambda: {"decoder": create().half()},
        "decoder",
        ["float32", "found float16", "decoder.float()"],
    ),
    "encoder in float16": (
        lambda: {"encoder": create(Encoder).half()},
        "encoder",
        ["float32", "found float16", "encoder.float()"],
    ),
    "encoder in float64": (
        lambda: {"encoder": create(Encoder).double()},
        "encoder",
        ["batch of 5", "Float and Double", "float64", "encoder.float()"],
    ),
    "no pictures": (lambda: {"pictures": None}, "pictures", [SIZE]),
    "pictures of another size": (
        lambda: {"pictures": zlide.Pictures(frames(height=7))},
        "pictures",
        [SIZE, "found (2, 7, 8, 3)"],
    ),
    "another number of pictures": (
        lambda: {"pictures": zlide.Pictures(frames(3))},
        "pictures",
        [SIZE, "found (3, 6, 8, 3)"],
    ),
    "an array of frames": (
        lambda: {"pictures": frames()},
        "pictures",
        ["zlide.Pictures(frames)", "found ndarray"],
    ),
    "grey pictures": (
        lambda: {"pictures": zlide.Pictures(frames(channels=1))},
        "pictures",
        [SIZE, "found (2, 6, 8, 1)"],
    ),
    "frames of two channels": (
        lambda: {"pictures": zlide.Pictures(frames(channels=2))},
        "pictures",
        ["(N, H, W, C)", "1 or 3", "found (2, 6, 8, 2)", "channels last"],
    ),
    "frames beyond 1": (
        lambda: {"pictures": zlide.Pictures(frames() / 1.0)},
        "pictures",
        ["from 0 to 1", "found float64 from 0 to 255", "divide by 255"],
    ),
    "aspect": (
        lambda: {"pictures": zlide.Pictures(frames(), aspect=0)},
        "pictures",
        ["aspect", "found 0", "leave it out"],
    ),
    "vocabulary and pictures of a text decoder": (
        lambda: {"decoder": create(SentenceDecoder), "vocabulary": ["a", "b", "c"]},
        "export",
        ["vocabulary or pictures", "found both"],
    ),
    "vocabulary and pictures": (
        lambda: {"vocabulary": ["a", "b", "c"]},
        "export",
        ["vocabulary or pictures", "found both"],
    ),
    "vocabulary of an image decoder": (
        lambda: {"vocabulary": ["a", "b", "c"], "pictures": None},
        "decoder",
        ["start and step", "Decoder"],
    ),
    "encoder of another width": (
        lambda: {"encoder": create(Encoder, 5)},
        "encoder",
        ["(5, 4)", "found (5, 5)"],
    ),
    "no module": (lambda: {"decoder": lambda z: z}, "decoder", ["nn.Module", "found function"]),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refuses_bad_input_and_writes_nothing(name: str, tmp_path: Path) -> None:
    change, where, parts = REFUSALS[name]

    def export() -> None:
        arguments: dict[str, Any] = {
            "decoder": create(),
            "axes": AXES,
            "examples": EXAMPLES,
            "pictures": zlide.Pictures(frames()),
        }
        zlide.export(to=tmp_path / "new", **{**arguments, **change()})

    error = refusal(export)
    assert error.where.partition(" (")[0] == where  # a line of the module may follow
    for part in parts:
        assert part in f"{error.problem}; {error.remedy}"
    assert list(tmp_path.iterdir()) == []


@pytest.mark.needs_conversion
def test_the_golden_bundle_is_current(tmp_path: Path) -> None:
    runpy.run_path(str(GOLDEN / "make.py"))["make_image"](tmp_path / "image")
    exported, golden = contents(tmp_path / "image"), contents(GOLDEN / "image")
    assert exported.keys() == golden.keys()
    # Sums of floats may differ in the last digit on other machines.
    for name in (name for name in golden if name.endswith("model.json")):
        assert json.loads(exported[name]) == json.loads(golden[name]), name
    probes = [
        astuple(read_probe(folder / "probe.safetensors", "pixels"))
        for folder in (tmp_path / "image", GOLDEN / "image")
    ]
    for found, expected in zip(*probes, strict=True):
        assert np.allclose(found, expected, atol=1 if found.dtype == np.uint8 else 1e-5)
    sheets = [
        np.asarray(Image.open(folder / "pictures.png")).astype(int)
        for folder in (tmp_path / "image", GOLDEN / "image")
    ]
    assert np.abs(sheets[0] - sheets[1]).max() <= 1
