"""Faults that users met: mended ones convert, and what is refused is refused in one clear line."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from torch import nn

import zlide
from tests.coverage.cases import CASES, EXPECTED_REFUSALS, NOT_ON_BACKENDS
from tests.coverage.converting import VOCABULARY, convert_module
from tests.coverage.decoders import LATENT, make
from tests.coverage.faults import (
    MENDED,
    REFUSALS,
    Convolved,
    Counting,
    FewPlaces,
    RenormedWords,
    Tied,
)
from tests.refusal import refusal
from zlide.cli import main
from zlide.decoders import decode_sentences
from zlide.decoders.sampling import Sampling
from zlide.graph import decoder_of
from zlide.modalities.image.modality import ImageModality
from zlide.modalities.text.modality import TextModality

AXES = zlide.raw_dimensions(np.zeros(LATENT), np.ones(LATENT), [0, 1])


@pytest.mark.parametrize("fault", MENDED)
def test_mended_faults_convert_and_run_on_every_backend(fault: str) -> None:
    assert set(MENDED[fault]) <= set(CASES)
    tables = {"refused": EXPECTED_REFUSALS, **NOT_ON_BACKENDS}
    assert [
        (name, where) for name in MENDED[fault] for where in tables if name in tables[where]
    ] == []


@pytest.mark.needs_conversion
@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_names_the_culprit_its_line_and_a_way_that_works(
    name: str, tmp_path: Path
) -> None:
    expected = REFUSALS[name]
    decoder = make(name, lambda: Convolved(expected.culprit()))
    error = refusal(convert_module, decoder, ImageModality(), tmp_path)
    message = str(error)
    assert "culprit" in message
    assert "before" not in message.split()
    assert "after" not in message.split()
    assert expected.is_located(message), message
    assert [word for word in expected.words if word not in message.lower()] == []
    assert error.remedy
    assert "Conv2d" not in error.remedy


@pytest.mark.needs_conversion
def test_a_refusal_without_a_culprit_does_not_happen(tmp_path: Path) -> None:
    decoder = make("plain", Convolved)
    assert convert_module(decoder, ImageModality(), tmp_path).graphs


@pytest.mark.needs_conversion
@pytest.mark.parametrize(
    ("decoder", "modality", "tensor", "layer"),
    [
        (RenormedWords(), TextModality(VOCABULARY), "words.weight", "Embedding"),
        (Counting(), ImageModality(), "calls", "Counting"),
    ],
    ids=["max_norm", "counter"],
)
def test_a_decoder_that_changes_its_weights_is_refused_by_their_names(
    decoder: nn.Module, modality: ImageModality, tensor: str, layer: str, tmp_path: Path
) -> None:
    error = refusal(convert_module, decoder, modality, tmp_path)
    assert tensor in str(error)
    assert layer in str(error)
    assert re.search(r"faults\.py, line \d+", str(error))
    assert error.remedy


@pytest.mark.needs_conversion
def test_more_words_than_positions_are_refused_with_both_numbers(tmp_path: Path) -> None:
    words = zlide.Vocabulary(list(VOCABULARY.words), max_length=9)
    decoder = make("few_places", FewPlaces)
    error = refusal(zlide.export, decoder, AXES, to=tmp_path / "few", vocabulary=words)
    assert "max_length" in str(error)
    assert "9" in error.problem
    assert "word 5" in error.problem
    assert "max_length=4" in error.remedy
    assert list(tmp_path.iterdir()) == []


@pytest.mark.needs_conversion
@pytest.mark.parametrize("precision", ["uint8", "float16"])
def test_weights_that_no_call_reads_may_be_anything(precision: Any, tmp_path: Path) -> None:
    decoder: Any = make("plain", Convolved)
    decoder.encoder = nn.ModuleList(
        [nn.Linear(4, 4).half(), nn.MultiheadAttention(4, 2), nn.Linear(4, 4)]
    )
    decoder.encoder[2].weight.data[0, 0] = float("nan")
    zlide.export(decoder, AXES, to=tmp_path / "plain", precision=precision)
    assert decoder.encoder[0].weight.dtype == torch.float16


@pytest.mark.needs_conversion
@pytest.mark.needs_page
def test_the_bundle_of_a_mask_of_infinity_can_be_built(tmp_path: Path) -> None:
    zlide.export(CASES["sdpa_mask"].make(), AXES, to=tmp_path / "masked", precision="float32")
    built = CliRunner().invoke(
        main, ["build", str(tmp_path / "masked"), "--output", str(tmp_path / "site")]
    )
    assert built.exit_code == 0, built.output


@pytest.mark.needs_conversion
def test_tied_logits_are_drawn_the_same_by_the_written_graph(tmp_path: Path) -> None:
    words = zlide.Vocabulary(["<begin>", "<end>", *map("w{}".format, range(58))], max_length=6)
    decoder = make("tied", Tied)
    written = decoder_of(convert_module(decoder, TextModality(words), tmp_path))
    z = torch.randn(100, LATENT, generator=torch.Generator().manual_seed(1))
    modes = [Sampling(1.0, None, seed) for seed in range(100)]
    options = {"begin": words.begin, "end": words.end, "max_length": words.max_length}
    expected, found = (
        [sentence.tokens for sentence in decode_sentences(each, z, modes, **options)]  # type: ignore[arg-type]
        for each in (decoder, written)
    )
    assert sum(a != b for a, b in zip(expected, found, strict=True)) == 0


MIXING = {
    "mean of the batch": lambda x: x - x.mean(0, keepdim=True),
    "histogram": lambda x: x * torch.histc(x, 4).mean(),
    "places of positive numbers": lambda x: x * (x > 0).nonzero().float().mean(),
}


def volume_at_zero(x: torch.Tensor) -> torch.Tensor:
    return nn.functional.grid_sample(x, torch.zeros(len(x), 1, 8, 8, 3), align_corners=True)


class Mixing(nn.Module):
    def __init__(self, mix: Any) -> None:
        super().__init__()
        self.mix = mix

    def forward(self, x: torch.Tensor) -> Any:
        return self.mix(x)


@pytest.mark.parametrize("name", MIXING)
def test_names_the_line_that_mixes_the_rows_of_the_batch(name: str, tmp_path: Path) -> None:
    mix: Any = MIXING[name]
    error = refusal(
        convert_module, make("m", lambda: Convolved(Mixing(mix))), ImageModality(), tmp_path
    )
    line = f"{Path(__file__).name}, line {mix.__code__.co_firstlineno}"
    assert error.where == f"decoder.culprit ({line})"
    assert "rows" in error.problem


@pytest.mark.needs_conversion
@pytest.mark.parametrize(
    ("function", "name"),
    [
        (lambda x: x - x.median(3, keepdim=True).values, "median"),
        (lambda x: torch.inverse(x + 9 * torch.eye(8)), "linalg_inv"),
        (lambda x: torch.special.i0(x), "i0"),  # noqa: PLW0108 (its line is the test's)
        (lambda x: volume_at_zero(x[:, :, None])[:, :, 0], "GridSample"),
    ],
)
def test_names_the_line_of_what_pytorch_cannot_export(
    function: Any, name: str, tmp_path: Path
) -> None:
    decoder = make("m", lambda: Convolved(Mixing(function)))
    error = refusal(convert_module, decoder, ImageModality(), tmp_path)
    first = (volume_at_zero if name == "GridSample" else function).__code__.co_firstlineno
    line = first + (name == "GridSample")
    assert error.where == f"decoder.culprit ({Path(__file__).name}, line {line})"
    assert name in error.problem
    assert "register_lowering" in error.remedy


def written_as_bytes(x: torch.Tensor) -> torch.Tensor:
    y = x * 1
    y.view(torch.int32)[:, 0] = 0
    return y


@pytest.mark.needs_conversion
def test_refuses_a_write_to_a_view_of_another_dtype(tmp_path: Path) -> None:
    decoder = make("m", lambda: Convolved(Mixing(written_as_bytes)))
    error = refusal(convert_module, decoder, ImageModality(), tmp_path)
    line = written_as_bytes.__code__.co_firstlineno + 2
    assert error.where == f"decoder.culprit ({Path(__file__).name}, line {line})"
    assert "dtype" in error.problem
    assert "torch.where" in error.remedy
