"""Decoders with norms, pooling and sums over any axis decode as in PyTorch.

They run in a real browser, on WebAssembly and WebGL, one by one and in batches.
"""

from __future__ import annotations

import base64
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Page
from torch import Tensor, nn

import zlide
from zlide.bundle.folder import read_bundle
from zlide.decoders.contracts import TextDecoder
from zlide.decoders.values import decode_values
from zlide.modalities import ImageModality
from zlide.modalities.reference import Positions, positions_at
from zlide.modalities.text.reference import SentenceFindings, reference_at
from zlide.modalities.values import ValuesReference
from zlide.pictures import PIXEL_STEP
from zlide.positions import random_positions
from zlide.quantization import quantize_weights
from zlide.site.build import write_site
from zlide.verify.ask_browser import Backend
from zlide.verify.verify_site import check_bundle

pytestmark = pytest.mark.needs_conversion

LATENT, CHANNELS, SIDE = 6, 8, 6
WORDS, WIDE, HIDDEN, WINDOW = 40, 12, 18, 4
VOCABULARY = zlide.Vocabulary([f"w{i}" for i in range(WORDS)], max_length=9)
TINY = 1e-6


class Picture(nn.Module):
    """z → maps (B, C, S, S) → `transform` → pixels.

    The maps are not symmetric, so a mistaken axis changes the pixels.
    """

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(LATENT, CHANNELS * SIDE * SIDE)
        self.last = nn.Conv2d(CHANNELS, 3, 3, padding=1)

    def forward(self, z: Tensor) -> Tensor:
        maps = self.first(z).view(-1, CHANNELS, SIDE, SIDE)
        return torch.sigmoid(self.last(self.transform(maps))).permute(0, 2, 3, 1)

    def transform(self, maps: Tensor) -> Tensor:
        raise NotImplementedError


class Grouped(Picture):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.GroupNorm(4, CHANNELS)

    def transform(self, maps: Tensor) -> Tensor:
        return torch.relu(self.norm(maps))


class Instances(Picture):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.InstanceNorm2d(CHANNELS, affine=True)

    def transform(self, maps: Tensor) -> Tensor:
        return nn.functional.silu(self.norm(maps))


class Layers(Picture):
    """A norm over channels, rows and columns."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm([CHANNELS, SIDE, SIDE])

    def transform(self, maps: Tensor) -> Tensor:
        return nn.functional.elu(self.norm(maps))


class SqueezeExcitation(Picture):
    """Squeeze and excitation (Hu et al. 2018)."""

    def __init__(self) -> None:
        super().__init__()
        self.squeeze = nn.AdaptiveAvgPool2d(1)
        self.excite = nn.Sequential(
            nn.Conv2d(CHANNELS, 3, 1), nn.ReLU(), nn.Conv2d(3, CHANNELS, 1), nn.Sigmoid()
        )

    def transform(self, maps: Tensor) -> Tensor:
        scale: Tensor = self.excite(self.squeeze(maps))
        return maps * scale


class PixelNorm(Picture):
    def transform(self, maps: Tensor) -> Tensor:
        return maps / torch.sqrt(maps.square().mean(1, keepdim=True) + TINY)


class Centred(Picture):
    """Each map minus its mean, divided by its maximum."""

    def transform(self, maps: Tensor) -> Tensor:
        return (maps - maps.mean((-2, -1), keepdim=True)) / (
            0.5 + maps.abs().amax((2, 3), keepdim=True)
        )


class MinMax(Picture):
    """The maps scaled to the minimum and the maximum of the channels."""

    def transform(self, maps: Tensor) -> Tensor:
        low, high = maps.amin(1, keepdim=True), maps.amax(dim=1, keepdim=True)
        return (maps - low) / (high - low + 0.1)


class Styled(Picture):
    """AdaIN with a style computed from the maps."""

    def __init__(self) -> None:
        super().__init__()
        self.style = nn.Linear(CHANNELS, 2 * CHANNELS)

    def transform(self, maps: Tensor) -> Tensor:
        scale, shift = self.style(maps.mean((2, 3)))[:, :, None, None].chunk(2, dim=1)
        spread = torch.sqrt(maps.var((2, 3), keepdim=True, unbiased=False) + 1e-4)
        normed: Tensor = (maps - maps.mean((2, 3), keepdim=True)) / spread * (1 + scale) + shift
        return normed


class Counted(Picture):
    """Maps plus the number of positive channels, which is an integer."""

    def transform(self, maps: Tensor) -> Tensor:
        lit = (maps > 0).sum(dim=1, keepdim=True)
        brighter: Tensor = maps + 0.1 * lit
        return brighter


class Heads(nn.Module):
    """Heads with their own weights: the product of (B, 1, 9, 8) and (2, 8, 6)."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(LATENT, 9 * 8)
        self.weight = nn.Parameter(torch.randn(2, 8, 6) / 3)

    def forward(self, z: Tensor) -> Tensor:
        return torch.sigmoid(self.first(z).view(-1, 1, 9, 8) @ self.weight).reshape(-1, 6, 6, 3)


class Text(nn.Module):
    """A GRU whose input is a `summary` of the embeddings of the last words."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, WIDE)
        self.hidden, self.window = nn.Linear(LATENT, HIDDEN), nn.Linear(LATENT, WINDOW * WIDE)
        self.cell, self.out = nn.GRUCell(WIDE, HIDDEN), nn.Linear(HIDDEN, WORDS)

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        return torch.tanh(self.hidden(z)), self.window(z).view(-1, WINDOW, WIDE)

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        h, seen = state
        seen = torch.cat([seen[:, 1:], self.embedding(token)[:, None]], dim=1)
        h = self.cell(self.summary(seen), h)
        return self.out(h), (h, seen)

    def summary(self, seen: Tensor) -> Tensor:
        raise NotImplementedError


class WindowMean(Text):
    def summary(self, seen: Tensor) -> Tensor:
        return seen.mean(1)


class WindowSums(Text):
    """The maximum of the running sums over the window."""

    def summary(self, seen: Tensor) -> Tensor:
        return torch.cumsum(seen, dim=1).amax(1) - torch.cumsum(seen, dim=-1)[:, -1]


class Tied(nn.Module):
    """A GRU whose embedding is also its output layer, with a bias for each word."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(WORDS, HIDDEN)
        self.first, self.cell = nn.Linear(LATENT, HIDDEN), nn.GRUCell(HIDDEN, HIDDEN)
        self.out = nn.Linear(HIDDEN, WORDS)
        self.out.weight = self.embedding.weight

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        return (torch.tanh(self.first(z)),)

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        h = self.cell(self.embedding(token), state[0])
        return self.out(h), (h,)


PICTURES: dict[str, type[nn.Module]] = {
    kind.__name__.lower(): kind
    for kind in (
        Grouped,
        Instances,
        Layers,
        SqueezeExcitation,
        PixelNorm,
        Centred,
        MinMax,
        Styled,
        Counted,
        Heads,
    )
}
TEXTS: dict[str, type[nn.Module]] = {
    kind.__name__.lower(): kind for kind in (WindowMean, WindowSums, Tied)
}


def build_decoder(name: str, folder: Path | None = None) -> nn.Module:
    """Return a decoder with seeded weights, larger than PyTorch's, in the precision of a bundle."""
    torch.manual_seed(23)
    decoder = {**PICTURES, **TEXTS}[name]().eval()
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.mul_(2.0).add_(0.03 * torch.randn_like(parameter))
    if folder is not None:
        quantize_weights(decoder, read_bundle(folder).precision)
    return decoder


@pytest.fixture(scope="module")
def axes() -> zlide.Axes:
    return zlide.fit_pca(np.random.default_rng(29).normal(size=(120, LATENT)), 4)


@pytest.fixture(scope="module")
def normed(tmp_path_factory: pytest.TempPathFactory, axes: zlide.Axes) -> Path:
    """Return a site with all decoders."""
    folder = tmp_path_factory.mktemp("normed")
    for name in PICTURES:
        zlide.export(build_decoder(name), axes, to=folder / name)
    for name in TEXTS:
        zlide.export(build_decoder(name), axes, to=folder / name, vocabulary=VOCABULARY)
    write_site([folder / name for name in [*PICTURES, *TEXTS]], folder / "deep/down")
    return folder / "deep/down"


@pytest.fixture
def site(normed: Path) -> Path:
    return normed


def random_positions_on(axes: zlide.Axes, count: int) -> Positions:
    residuals = np.random.default_rng(31).normal(size=(5, LATENT)).astype(np.float32)
    sliders, residual = random_positions(axes, residuals, count, seed=37)
    return positions_at(axes, sliders, residual)


@pytest.mark.parametrize("backend", ["wasm", "webgl"])
@pytest.mark.parametrize("name", PICTURES)
def test_decodes_the_same_pictures_as_pytorch(
    normed: Path, axes: zlide.Axes, name: str, backend: Backend
) -> None:
    positions = random_positions_on(axes, 12)
    pixels = decode_values(build_decoder(name, normed / "models" / name), positions.z)
    assert pixels.std(0).mean() > 0.02  # the pictures differ
    none = np.zeros((0, *pixels.shape[1:]), np.float32)
    reference = ValuesReference(
        ImageModality(), positions, pixels, PIXEL_STEP, none, np.zeros((0, LATENT), np.float32)
    )
    verdict = check_bundle(normed, f"models/{name}/", reference, backend=backend)
    assert verdict.passed, verdict
    assert verdict.backend == backend


@pytest.mark.parametrize("backend", ["wasm", "webgl"])
@pytest.mark.parametrize("name", TEXTS)
def test_decodes_the_same_sentences_as_pytorch(
    normed: Path, axes: zlide.Axes, name: str, backend: Backend
) -> None:
    decoder = build_decoder(name, normed / "models" / name)
    assert isinstance(decoder, TextDecoder)
    positions = random_positions_on(axes, 40)
    reference = reference_at(decoder, axes, VOCABULARY, positions.sliders, positions.residual)
    assert len({tuple(s) for s in reference.sentences}) > 10
    verdict = check_bundle(normed, f"models/{name}/", reference, backend=backend)
    assert isinstance(verdict.samples, SentenceFindings)
    assert verdict.samples.comparison.wrong == []
    assert verdict.passed, verdict


Run = Callable[..., tuple[dict[str, Any], list[dict[str, Any]]]]


def job(name: str, positions: Positions, batch: int) -> dict[str, Any]:
    return {
        "bundle": f"models/{name}/",
        "sliders": positions.sliders.tolist(),
        "residual": positions.residual.tolist(),
        "z": [],
        "batch": batch,
    }


@pytest.mark.parametrize("name", PICTURES)
def test_decodes_the_same_pictures_in_batches(
    normed: Path, axes: zlide.Axes, run: Run, tab: Callable[..., Page], name: str
) -> None:
    positions = random_positions_on(axes, 14)
    _, progress = run(tab(), job(name, positions, 7))
    painted = np.frombuffer(
        b"".join(base64.b64decode(part["part"]) for part in progress if "part" in part), "<f4"
    )
    pixels = decode_values(build_decoder(name, normed / "models" / name), positions.z)
    assert np.abs(painted.reshape(pixels.shape) - pixels).max() < PIXEL_STEP


@pytest.mark.parametrize("name", TEXTS)
def test_decodes_the_same_sentences_in_batches(
    axes: zlide.Axes, run: Run, tab: Callable[..., Page], name: str
) -> None:
    positions = random_positions_on(axes, 21)
    batches, _ = run(tab(), job(name, positions, 7))
    singles, _ = run(tab(), job(name, positions, 1))
    assert batches["tokens"] == singles["tokens"]
