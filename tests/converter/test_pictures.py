"""`zlide.export` of a decoder of pictures: what it writes is what PyTorch paints, and what it refuses is one line."""

from __future__ import annotations

import base64
import json
import os
import runpy
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

import zlide
from zlide.bundle.folder import read_bundle
from zlide.bundle.manifest import ImageEncoder
from zlide.bundle.probe import read_picture_probe
from zlide.files.png import read_png
from zlide.quantization import quantize_weights

pytestmark = pytest.mark.needs_conversion

Z, HEIGHT, WIDTH = 4, 6, 8
GOLDEN = Path(__file__).parents[1] / "golden"


class Painter(nn.Module):
    """z → 6 rows of 8 pixels, as many channels as asked for."""

    def __init__(self, channels: int = 3) -> None:
        super().__init__()
        self.first = nn.Linear(Z, 8 * 3 * 4)
        self.out = nn.ConvTranspose2d(8, channels, 4, stride=2, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        return self.channels_first(z).permute(0, 2, 3, 1)

    def channels_first(self, z: Tensor) -> Tensor:
        return torch.sigmoid(self.out(torch.relu(self.first(z)).view(-1, 8, 3, 4)))


class Looker(nn.Module):
    def __init__(self, latent: int = Z) -> None:
        super().__init__()
        self.mean = nn.Linear(HEIGHT * WIDTH * 3, latent)

    def forward(self, pixels: Tensor) -> Tensor:
        mean: Tensor = self.mean(pixels.flatten(1))
        return mean


class Upright(Painter):
    def forward(self, z: Tensor) -> Tensor:
        return self.channels_first(z)


class Logits(Painter):
    def forward(self, z: Tensor) -> Tensor:
        return torch.logit(super().forward(z))


class Viewing(Painter):
    """Takes z of any multiple of its width for more rows."""

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z.view(-1, Z))


class Broken(Painter):
    def forward(self, z: Tensor) -> Tensor:  # noqa: ARG002
        raise RuntimeError("broken")


class Dark(Painter):
    def forward(self, z: Tensor) -> Tensor:
        return torch.log(super().forward(z) - 2)


class Writer(nn.Linear):
    """A decoder of sentences."""

    def __init__(self) -> None:
        super().__init__(Z, 3)

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        return (z,)

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        return self(state[0]) + token[:, None], state


class Mixed(Painter):
    """Each picture depends on the others in the batch."""

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z - z.mean(0, keepdim=True))


def made(kind: type[nn.Module] = Painter, *arguments: int) -> nn.Module:
    torch.manual_seed(3)
    module = kind(*arguments)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(2.0)
    return module


def spoiled() -> nn.Module:
    module = made()
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


def test_the_bundle_holds_what_pytorch_paints(tmp_path: Path) -> None:
    raw = zlide.raw_dimensions(LATENTS.mean(0), LATENTS.std(0), [2, 0])
    pictures = zlide.Pictures(frames(), aspect=1.5)
    decoder, to = made(), tmp_path / "painted"
    zlide.export(
        decoder, [AXES, raw], to=to, examples=EXAMPLES, pictures=pictures, encoder=made(Looker)
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
    sliders, residual, z, pixels = read_picture_probe(to / "probe.safetensors")
    assert np.allclose(AXES.to_z(sliders, residual), z, atol=1e-6)
    assert np.array_equal(pixels, painted(decoder, z))
    poster = manifest.posters[0]
    assert poster.text == "one"
    assert base64.b64decode(poster.decoded) == painted(decoder, LATENTS[:1]).tobytes()


def painted(decoder: nn.Module, z: NDArray[np.float32]) -> NDArray[np.uint8]:
    with torch.no_grad():
        return np.asarray((decoder(torch.from_numpy(z)) * 255).round(), np.uint8)


def test_grey_pictures_without_examples_or_encoder(tmp_path: Path) -> None:
    zlide.export(made(Painter, 1), AXES, to=tmp_path / "grey")
    manifest = read_bundle(tmp_path / "grey")
    assert (manifest.encoder, manifest.examples, manifest.posters) == (None, None, [])
    assert read_picture_probe(tmp_path / "grey/probe.safetensors")[3].shape[1:] == (
        HEIGHT,
        WIDTH,
        1,
    )


AXES_OF_WIDTH = "axes pca: expected axes as wide as the z that the decoder takes, {}, found {}; fit them to latents of this decoder"


def other_axes(width: int) -> dict[str, Any]:
    return {
        "axes": zlide.fit_pca(np.hstack([LATENTS, LATENTS[::-1]])[:, :width], 2),
        "examples": None,
        "pictures": None,
    }


DOUBLE = (
    "RuntimeError: mat1 and mat2 must have the same dtype, but got Float and Double"  # says PyTorch
)

REFUSALS: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "channels first": (
        lambda: {"decoder": made(Upright)},
        "decoder: expected pixels (5, H, W, C), C 1 or 3, found (5, 3, 6, 8); put the channels last: pixels.permute(0, 2, 3, 1); ",
    ),
    "two channels": (
        lambda: {"decoder": made(Painter, 2)},
        "decoder: expected pixels (5, H, W, C), C 1 or 3, found (5, 6, 8, 2); ",
    ),
    "logits": (lambda: {"decoder": made(Logits)}, "decoder: expected pixels from 0 to 1, found -"),
    "no numbers": (
        lambda: {"decoder": made(Dark)},
        "decoder: gives NaN for z (5, 4); look for a logarithm, a root or a division ",
    ),
    "weights": (
        lambda: {"decoder": spoiled()},
        "decoder: NaN or infinity in first.weight; train again with a lower learning rate",
    ),
    "rows": (lambda: {"decoder": made(Mixed)}, "decoder: the pixels of a row change by "),
    "narrow axes": (lambda: {**other_axes(3)}, AXES_OF_WIDTH.format(4, 3)),
    "axes of twice the width": (
        lambda: {"decoder": made(Viewing), **other_axes(8)},
        AXES_OF_WIDTH.format(4, 8),
    ),
    "broken at any width": (
        lambda: {"decoder": made(Broken), **other_axes(3)},
        "decoder: fails on a batch of 5: RuntimeError: broken; see the contract in zlide/decoders.py",
    ),
    "half": (
        lambda: {"decoder": made().half()},
        "decoder: expected weights of float32, found float16; call decoder.float() first",
    ),
    "half encoder": (
        lambda: {"encoder": made(Looker).half()},
        "encoder: expected weights of float32, found float16; call encoder.float() first",
    ),
    "double encoder": (
        lambda: {"encoder": made(Looker).double()},
        f"encoder: fails on a batch of 5: {DOUBLE}; its weights are float64: call encoder.float() first",
    ),
    "no pictures": (
        lambda: {"pictures": None},
        "pictures: expected frames (2, 6, 8, 3), one for each example and as the decoder paints them, found ",
    ),
    "other size": (
        lambda: {"pictures": zlide.Pictures(frames(height=7))},
        "pictures: expected frames (2, 6, 8, 3), one for each example and as the decoder paints them, found (2, 7, 8, 3); give ",
    ),
    "other count": (
        lambda: {"pictures": zlide.Pictures(frames(3))},
        "pictures: expected frames (2, 6, 8, 3), one for each example and ",
    ),
    "bare frames": (
        lambda: {"pictures": frames()},
        "pictures: expected zlide.Pictures(frames), found ndarray; ",
    ),
    "grey frames": (
        lambda: {"pictures": zlide.Pictures(frames(channels=1))},
        "pictures: expected frames (2, 6, 8, 3), one for each example ",
    ),
    "frames of two channels": (
        lambda: {"pictures": zlide.Pictures(frames(channels=2))},
        "pictures: expected frames (N, H, W, C) with 1 or 3 ",
    ),
    "frames beyond 1": (
        lambda: {"pictures": zlide.Pictures(frames() / 1.0)},
        "pictures: expected bytes or numbers from 0 to 1, found ",
    ),
    "aspect": (
        lambda: {"pictures": zlide.Pictures(frames(), aspect=0)},
        "pictures: expected aspect as width by height, found 0; ",
    ),
    "words too": (
        lambda: {"decoder": made(Writer), "vocabulary": ["a", "b", "c"]},
        "export: expected vocabulary or pictures, found both; ",
    ),
    "words too, for pictures": (
        lambda: {"vocabulary": ["a", "b", "c"]},
        "export: expected vocabulary or pictures, found both; ",
    ),
    "words for pictures": (
        lambda: {"vocabulary": ["a", "b", "c"], "pictures": None},
        "decoder: expected the methods start and step, found a Painter ",
    ),
    "encoder": (
        lambda: {"encoder": made(Looker, 5)},
        "encoder: expected posterior means (5, 4), found (5, 5); ",
    ),
    "no module": (
        lambda: {"decoder": lambda z: z},
        "decoder: expected an nn.Module, found function",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_exported_is_one_line_and_writes_nothing(name: str, tmp_path: Path) -> None:
    change, says = REFUSALS[name]
    arguments: dict[str, Any] = {
        "decoder": made(),
        "axes": AXES,
        "examples": EXAMPLES,
        "pictures": zlide.Pictures(frames()),
    }
    with pytest.raises(zlide.ZlideError) as error:
        zlide.export(to=tmp_path / "new", **{**arguments, **change()})
    assert str(error.value).startswith(says)
    assert "\n" not in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_is_no_picture_is_one_line(tmp_path: Path) -> None:
    path, golden = tmp_path / "pictures.png", GOLDEN / "image/pictures.png"
    with Image.open(golden) as picture:
        shape = picture.height, picture.width, len(picture.getbands())
    for content, found in (
        (None, "No such file or directory"),
        (b"", DAMAGED),
        (b"text", DAMAGED),
        (golden.read_bytes()[:60], DAMAGED),
    ):
        if content is not None:
            path.write_bytes(content)
        with pytest.raises(zlide.ZlideError) as error:
            read_png(path, shape)
        assert str(error.value) == f"{path}: expected a PNG, found: {found}; train it again"


DAMAGED = "a damaged file, or one of another kind"


def test_the_golden_bundle_is_what_is_exported_now(tmp_path: Path) -> None:
    runpy.run_path(str(GOLDEN / "make.py"))["make_image"](tmp_path / "image")
    ours, golden = contents(tmp_path / "image"), contents(GOLDEN / "image")
    assert ours.keys() == golden.keys()
    # On another machine sums of floats may differ in the last digit.
    for name in (name for name in golden if name.endswith("model.json")):
        assert json.loads(ours[name]) == json.loads(golden[name]), name
    probes = [
        read_picture_probe(folder / "probe.safetensors")
        for folder in (tmp_path / "image", GOLDEN / "image")
    ]
    for one, other in zip(*probes, strict=True):
        assert np.allclose(one, other, atol=1 if one.dtype == np.uint8 else 1e-5)
    sheets = [
        np.asarray(Image.open(folder / "pictures.png")).astype(int)
        for folder in (tmp_path / "image", GOLDEN / "image")
    ]
    assert np.abs(sheets[0] - sheets[1]).max() <= 1


def test_a_postscript_named_png_starts_no_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ghostscript reads files that it is told to read. A program of its name stands in for it, and notes that it was started."""
    ghostscript = tmp_path / "gs"
    ghostscript.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\necho 10.0\n")
    ghostscript.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    path = tmp_path / "pictures.png"
    path.write_text(
        "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 16 48\n%%EndComments\nshowpage\n%%EOF\n"
    )
    with pytest.raises(zlide.ZlideError) as error:
        read_png(path, (48, 16, 3))
    assert (
        str(error.value)
        == f"{path}: expected a PNG, found: a damaged file, or one of another kind; train it again"
    )
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize("kind", ["gif", "bmp", "tiff", "jpeg", "webp", "ppm"])
def test_a_picture_of_another_format_is_no_png(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "pictures.png"
    Image.new("RGB", (16, 48)).save(path, kind)
    with pytest.raises(
        zlide.ZlideError,
        match=r"expected a PNG, found: a damaged file, or one of another kind; train it again$",
    ):
        read_png(path, (48, 16, 3))


@pytest.mark.parametrize("times", [1.5, 4])
def test_far_more_pixels_than_expected_are_one_line(
    times: float, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    assert Image.MAX_IMAGE_PIXELS
    height = int(Image.MAX_IMAGE_PIXELS * times) // 4096
    header = struct.pack(">IIBBBBB", 4096, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    path = tmp_path / "pictures.png"
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n"
        + b"".join(
            struct.pack(">I", len(d)) + n + d + struct.pack(">I", zlib.crc32(n + d))
            for n, d in chunks
        )
    )
    with pytest.raises(zlide.ZlideError) as error:
        read_png(path, (height, 4096, 3))
    assert (
        str(error.value)
        == f"{path}: expected a picture ({height}, 4096, 3), found one of far more pixels; train it again"
    )
    assert not recwarn.list


def test_a_png_with_far_too_much_text_is_one_line(tmp_path: Path) -> None:
    path, whole = tmp_path / "pictures.png", (GOLDEN / "image/pictures.png").read_bytes()
    text = b"zTXtComment\0\0" + zlib.compress(bytes(1 << 26))
    path.write_bytes(
        whole[:33]
        + struct.pack(">I", len(text) - 4)
        + text
        + struct.pack(">I", zlib.crc32(text))
        + whole[33:]
    )
    with pytest.raises(
        zlide.ZlideError, match=r"pictures\.png: expected a PNG, found: .*; train it again$"
    ):
        read_png(path, (48, 16, 3))
