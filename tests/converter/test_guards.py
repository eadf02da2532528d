"""A module that changes its own weights when it is called is refused, with their names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import zlide
from zlide.errors import ZlideError

pytestmark = pytest.mark.needs_conversion

WORDS = ["<begin>", "<end>", *"abcdefgh"]
V, Z, H, SIDE = len(WORDS), 4, 6, 8
AXES = zlide.fit_pca(np.random.default_rng(3).normal(size=(50, Z)), 2)
VOCABULARY = zlide.Vocabulary(WORDS, max_length=5)


class Sentences(nn.Module):
    """A GRU over an embedding."""

    def __init__(self, embedding: nn.Module) -> None:
        super().__init__()
        self.words = embedding
        self.first = nn.Linear(Z, H)
        self.cell = nn.GRUCell(H, H)
        self.out = nn.Linear(H, V)

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        return (self.first(z),)

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        h = self.cell(self.words(token), state[0])
        return self.out(h), (h,)


class Lookup(nn.Module):
    """An embedding with max_norm given to the function, not to the layer."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(V, H) * 3)

    def forward(self, token: Tensor) -> Tensor:
        return F.embedding(token, self.table, max_norm=0.5)


class Pictures(nn.Module):
    """A linear decoder of pictures."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = nn.Linear(Z, SIDE * SIDE)

    def forward(self, z: Tensor) -> Tensor:
        return torch.sigmoid(self.layer(z)).view(-1, SIDE, SIDE, 1)


class MovingMean(Pictures):
    """Keeps a running mean in eval mode too."""

    mean: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(Z))

    def forward(self, z: Tensor) -> Tensor:
        self.mean.mul_(0.9).add_(0.1 * z.mean(0))
        return super().forward(z - self.mean)


class ChangesLate(Pictures):
    """Changes its weights at the eighth call only."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def forward(self, z: Tensor) -> Tensor:
        self.calls += 1
        if self.calls == 8:
            self.layer.weight.data.mul_(1.5)  # .data hides it from PyTorch's version counter
        return super().forward(z)


class Reader(nn.Module):
    """An encoder of sentences whose embedding has max_norm."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(V, H, max_norm=0.25)
        self.mean = nn.Linear(H, Z)

    def start(self, batch: int) -> tuple[Tensor, ...]:
        return (torch.zeros(batch, H),)

    def read(
        self, forward: Tensor, backward: Tensor, state: tuple[Tensor, ...]
    ) -> tuple[Tensor, ...]:
        return (0.5 * state[0] + self.words(forward) + self.words(backward),)

    def finish(self, state: tuple[Tensor, ...]) -> Tensor:
        mean: Tensor = self.mean(state[0])
        return mean


class RegistersLate(Pictures):
    """Registers a buffer when it is called."""

    late: Tensor

    def forward(self, z: Tensor) -> Tensor:
        if not hasattr(self, "late"):
            self.register_buffer("late", z.detach().mean(0))
        return super().forward(z - self.late)


def refusal(tmp_path: Path, decoder: nn.Module, encoder: nn.Module | None = None) -> ZlideError:
    vocabulary = VOCABULARY if isinstance(decoder, Sentences) else None
    with pytest.raises(ZlideError) as error:
        zlide.export(decoder, AXES, to=tmp_path / "mine", vocabulary=vocabulary, encoder=encoder)
    assert not list(tmp_path.iterdir())
    assert "\n" not in str(error.value)
    return error.value


LINE = f"{Path(__file__).name}, line "


@pytest.mark.parametrize(
    ("decoder", "weight"),
    [
        (
            Sentences(nn.Embedding(V, H, max_norm=0.7, norm_type=1.0)),
            f"words.weight (Embedding, {LINE}",
        ),
        (Sentences(Lookup()), f"words.table (Lookup, {LINE}"),
        (MovingMean(), f"mean (MovingMean, {LINE}"),
        (ChangesLate(), "layer.weight (Linear)"),
        (RegistersLate(), "late (RegistersLate)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_names_the_weights_that_a_decoder_changes(
    tmp_path: Path, decoder: nn.Module, weight: str
) -> None:
    error = refusal(tmp_path, decoder)
    assert error.where == "decoder"
    assert f", found changes in {weight}" in error.problem
    assert error.problem.count("(") == 1  # no other weight


def test_names_the_weights_that_an_encoder_changes(tmp_path: Path) -> None:
    error = refusal(tmp_path, Sentences(nn.Embedding(V, H)), Reader())
    assert error.where == "encoder"
    assert f"words.weight (Embedding, {LINE}" in error.problem


def test_the_remedy_for_max_norm_works(tmp_path: Path) -> None:
    decoder = Sentences(nn.Embedding(V, H, max_norm=0.7))
    assert "max_norm to None" in refusal(tmp_path, decoder).remedy
    embedding = decoder.words
    assert isinstance(embedding, nn.Embedding)
    embedding.weight.data.renorm_(2, 0, 0.7)
    embedding.max_norm = None
    report = zlide.export(decoder, AXES, to=tmp_path / "mine", vocabulary=VOCABULARY)
    assert report.manifest.tokens is not None


def test_a_lazy_layer_that_was_never_called_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, nn.Sequential(nn.LazyLinear(SIDE * SIDE), nn.Sigmoid()))
    assert error.where == "decoder"
    assert "lazy" in error.remedy


class OtherWhenAlone(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(Z, SIDE * SIDE)

    def forward(self, z: Tensor) -> Tensor:
        pixels = torch.sigmoid(self.out(z)).view(-1, SIDE, SIDE, 1)
        return pixels / 2 if len(z) == 1 else pixels


def test_a_module_that_decodes_one_row_otherwise_is_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, OtherWhenAlone())
    assert "depend on the other rows of the batch" in error.problem


def test_weights_without_values_are_refused(tmp_path: Path) -> None:
    error = refusal(tmp_path, nn.Linear(Z, SIDE * SIDE, device="meta"))
    assert error.problem == "expected weights with values, found weight on the device meta"


def test_accepts_weights_that_are_only_read(tmp_path: Path) -> None:
    normed = nn.Sequential(
        nn.Linear(Z, 16),
        nn.BatchNorm1d(16),
        nn.utils.parametrizations.spectral_norm(nn.Linear(16, SIDE * SIDE)),
    )
    decoder = nn.Sequential(normed, nn.Sigmoid(), nn.Unflatten(1, (SIDE, SIDE, 1)))
    assert zlide.export(decoder, AXES, to=tmp_path / "mine").manifest.decoder.kind == "image"
