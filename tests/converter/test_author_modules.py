"""Export takes the module that an author means, or says in one line which one to give."""

# mypy: disable-error-code="no-any-return"

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import zlide
from tests.refusal import refusal
from zlide.graph.lowering.registry import FUNCTIONS, LAYERS

AXES = zlide.raw_dimensions(np.zeros(3), np.ones(3), [0, 1])


class Decoder(nn.Module):
    """z (B, 3) → pixels (B, 4, 4, 3), with a culprit that takes x (B, 48)."""

    def __init__(self, culprit: Callable[[Any, Tensor], Tensor] = lambda _, x: x) -> None:
        super().__init__()
        self.first, self.culprit, self.calls = nn.Linear(3, 48), culprit, 0
        self.plain: list[nn.Module] = []

    def forward(self, z: Tensor) -> Tensor:
        x = self.culprit(self, self.first(z))
        return torch.sigmoid(x).view(-1, 4, 4, 3)


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.last = nn.Linear(48, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(x.flatten(1))


class Scripted(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(3, 48)

    def forward(self, z: Tensor) -> Tensor:
        return torch.sigmoid(self.first(z)).view(-1, 4, 4, 3)


def with_plain(layer: nn.Module) -> Decoder:
    decoder = Decoder(lambda self, x: self.plain[0](x))
    decoder.plain = [layer]
    return decoder


def counting(self: Any, x: Tensor) -> Tensor:
    self.calls += 1
    return x * self.calls


def compiled_inside() -> Decoder:
    decoder: Any = Decoder(lambda self, x: self.inner(x))
    decoder.inner = torch.compile(nn.Linear(48, 48))
    return decoder


@pytest.mark.needs_conversion
@pytest.mark.parametrize(
    "modules",
    [
        lambda: (torch.compile(Decoder()), torch.compile(Encoder())),
        lambda: (compiled_inside(), None),
    ],
    ids=["whole", "part"],
)
def test_exports_what_torch_compile_was_called_with(
    modules: Callable[[], tuple[Any, Any]], tmp_path: Path
) -> None:
    decoder, encoder = modules()
    zlide.export(decoder, AXES, encoder=encoder, to=tmp_path / "compiled")


@pytest.mark.parametrize(
    ("make", "found", "remedy"),
    [
        (lambda: torch.jit.script(Scripted()), "TorchScript", "before torch.jit.script"),
        (lambda: torch.jit.trace(Scripted(), torch.zeros(2, 3)), "TorchScript", "torch.jit.trace"),
        (lambda: torch.sigmoid, "builtin", "forward of an nn.Module"),
        (lambda: lambda z: z, "function", "forward of an nn.Module"),
        (lambda: Decoder().forward, "method", "the module that it is a method of"),
        (lambda: Decoder, "the class Decoder", "Decoder(…)"),
        (lambda: Decoder().state_dict(), "OrderedDict", "load_state_dict"),
    ],
)
@pytest.mark.parametrize("role", ["decoder", "encoder"])
def test_says_which_module_to_give(
    role: str, make: Callable[[], Any], found: str, remedy: str, tmp_path: Path
) -> None:
    modules = {"decoder": Decoder(), "encoder": None} | {role: make()}
    error = refusal(zlide.export, modules["decoder"], AXES, encoder=modules["encoder"], to=tmp_path)
    assert error.where == role
    assert found in error.problem
    assert remedy in error.remedy


@pytest.mark.parametrize(
    ("decoder", "where", "problem", "remedy"),
    [
        (
            Decoder(lambda _, x: F.dropout(x, 0.3)),
            "test_author_modules.py",
            "dropout",
            "training=self.training",
        ),
        (
            Decoder(lambda _, x: F.dropout1d(x.view(-1, 16, 3), 0.3).flatten(1)),
            "test_author_modules.py",
            "dropout1d",
            "training=self.training",
        ),
        (with_plain(nn.Dropout(0.3)), "decoder.plain[0]", "dropout", "nn.ModuleList"),
        (with_plain(nn.BatchNorm1d(48)), "decoder.plain[0]", "BatchNorm1d", "nn.ModuleList"),
        (Decoder(counting), "decoder", "self.calls of Decoder from 0", "on self between calls"),
    ],
    ids=["dropout", "dropout1d", "hidden dropout", "hidden batch norm", "counter"],
)
def test_names_what_makes_calls_differ(
    decoder: nn.Module, where: str, problem: str, remedy: str, tmp_path: Path
) -> None:
    error = refusal(zlide.export, decoder, AXES, to=tmp_path)
    assert where in error.where
    assert problem in error.problem
    assert remedy in error.remedy


@pytest.fixture
def lowerings() -> Any:
    before: list[tuple[dict[Any, Any], dict[Any, Any]]] = [
        (registry, dict(registry)) for registry in (LAYERS, FUNCTIONS)
    ]
    yield
    for registry, entries in before:
        registry.clear()
        registry.update(entries)


class Doubled(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x * 2


class Tripled(Doubled):
    def forward(self, x: Tensor) -> Tensor:
        return x * 3


@pytest.mark.needs_conversion
@pytest.mark.usefixtures("lowerings")
def test_names_a_lowering_that_computes_something_else(tmp_path: Path) -> None:
    zlide.register_lowering(torch.special.entr, torch.relu)
    decoder = Decoder(lambda _, x: torch.special.entr(torch.sigmoid(x)))
    error = refusal(zlide.export, decoder, AXES, to=tmp_path / "function")
    assert "entr" in error.remedy

    zlide.register_lowering(Doubled, Tripled)
    twice: Any = Decoder(lambda self, x: self.inner(x))
    twice.inner = Doubled()
    assert "Doubled" in refusal(zlide.export, twice, AXES, to=tmp_path / "layer").remedy


@pytest.mark.needs_conversion
def test_warnings_of_numpy_stay_inside(tmp_path: Path) -> None:
    large = np.full(48, 3e38, np.float32)
    decoder = Decoder(lambda _, x: x + torch.from_numpy(1 / (large * 10)))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)
        zlide.export(decoder, AXES, to=tmp_path / "large")
