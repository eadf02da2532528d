"""Remarks of an export: entries that cannot be typed, examples that the encoder reads otherwise."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

import zlide
from zlide.checkpoint.networks.sentence import SentenceConfig, SentenceVAE
from zlide.cli.tables import format_report
from zlide.decoders.encode import encode_sentences
from zlide.exporter.pipeline import ExportWarning, Report
from zlide.modalities.text.encoder_remarks import unreachable_entries, unread_parts

pytestmark = pytest.mark.needs_conversion

WORDS = ["<begin>", "<end>", "rain", "falls", "in", "Lisbon", ",", "it's", "24", "o'clock'"]
LATENT = 6
torch.manual_seed(2)
VAE = SentenceVAE(
    SentenceConfig(vocabulary=len(WORDS), embedding=6, encoder=7, decoder=8, latent_size=LATENT)
).eval()
AXES = zlide.fit_pca(np.random.default_rng(2).normal(size=(60, LATENT)), 3)


def posterior_mean(*words: str) -> NDArray[np.float32]:
    mean: Tensor = encode_sentences(
        VAE.encoder, torch.tensor([[WORDS.index(word) for word in words]])
    )
    return mean[0].numpy()


def export(
    tmp_path: Path,
    examples: dict[str, NDArray[np.float32]],
    words: list[str] = WORDS,
    *,
    encoder: bool = True,
) -> Report:
    return zlide.export(
        VAE.decoder,
        AXES,
        to=tmp_path / "mine",
        vocabulary=words,
        examples=examples,
        encoder=VAE.encoder if encoder else None,
        title="Mine",
    )


def test_counts_and_names_entries_that_cannot_be_typed(tmp_path: Path) -> None:
    with pytest.warns(ExportWarning, match="vocabulary"):
        report = export(tmp_path, {})
    (remark,) = report.remarks
    assert remark.startswith("vocabulary: ")
    assert "4 of 10 entries" in remark
    assert all(f"“{word}”" in remark for word in ("Lisbon", ",", "24", "o'clock'"))
    assert remark in [str(part) for part in format_report(report)]
    cased = zlide.Vocabulary(WORDS, lower=False)
    assert unreachable_entries(cased) == [",", "24", "o'clock'"]


def test_names_examples_that_the_encoder_reads_otherwise(tmp_path: Path) -> None:
    plain = [
        word if word in WORDS[:5] or word == "it's" else f"{'x' * i}x"
        for i, word in enumerate(WORDS)
    ]
    examples = {
        "rain falls": posterior_mean("rain", "falls"),
        "It’s in": posterior_mean("it's", "in"),  # is read whole in this spelling too
        "rain, 7 falls": posterior_mean("rain", "falls"),
        "falls in": posterior_mean("in", "falls"),
    }
    with pytest.warns(ExportWarning, match="examples"):
        report = export(tmp_path, examples, plain)
    unread, other = report.remarks
    assert unread.startswith("examples: ")
    assert "1 of 4" in unread
    assert "“,”, “7” in “rain, 7 falls”" in unread
    assert other.startswith("examples: ")
    assert "1 of 4" in other
    assert "“falls in”" in other


def test_makes_no_remarks_without_an_encoder(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ExportWarning)
        assert (
            export(tmp_path, {"rain, 7 falls": posterior_mean("falls")}, encoder=False).remarks
            == ()
        )


def test_lists_the_parts_of_a_text_that_are_not_read() -> None:
    vocabulary = zlide.Vocabulary(["<begin>", "<end>", "rain", "it's", "naïve"])
    assert unread_parts("It’s RAIN", vocabulary) == []
    assert unread_parts("rain-coats cost 30 € ... 30", vocabulary) == [
        "coats",
        "cost",
        "-",
        "30",
        "€",
        "...",
    ]
    assert unread_parts("'rain' 🙂", vocabulary) == ["'", "🙂"]
    assert unread_parts("begin <end>", vocabulary) == ["begin", "end", "<", ">"]
