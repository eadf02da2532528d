"""Export says what the page's encoder will make of text: entries that nobody can type, examples that it reads otherwise."""

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
from zlide.cli.tables import of_report
from zlide.decoders.encode import encode_sentences
from zlide.exporter.encoder_remarks import entries_never_typed, unread_in
from zlide.exporter.pipeline import ExportWarning, Report

pytestmark = pytest.mark.needs_conversion

WORDS = ["<begin>", "<end>", "rain", "falls", "in", "Lisbon", ",", "it's", "24", "o'clock'"]
LATENT = 6
torch.manual_seed(2)
VAE = SentenceVAE(
    SentenceConfig(vocabulary=len(WORDS), embedding=6, encoder=7, decoder=8, latent_size=LATENT)
).eval()
AXES = zlide.fit_pca(np.random.default_rng(2).normal(size=(60, LATENT)), 3)


def encoded(*words: str) -> NDArray[np.float32]:
    found: Tensor = encode_sentences(
        VAE.encoder, torch.tensor([[WORDS.index(word) for word in words]])
    )
    return found[0].numpy()


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


def test_entries_that_nobody_can_type_are_counted_and_named(tmp_path: Path) -> None:
    with pytest.warns(ExportWarning, match="vocabulary"):
        report = export(tmp_path, {})
    (remark,) = report.remarks
    assert remark.startswith("vocabulary: 4 of 10 entries can never be typed")
    assert all(f"“{word}”" in remark for word in ("Lisbon", ",", "24", "o'clock'"))
    assert remark in [str(part) for part in of_report(report)]
    cased = zlide.Vocabulary(WORDS, lower=False)
    assert entries_never_typed(cased) == [",", "24", "o'clock'"]


def test_examples_that_the_encoder_reads_otherwise_are_named(tmp_path: Path) -> None:
    plain = [
        word if word in WORDS[:5] or word == "it's" else f"{'x' * i}x"
        for i, word in enumerate(WORDS)
    ]
    examples = {
        "rain falls": encoded("rain", "falls"),
        "It’s in": encoded("it's", "in"),  # is read whole, however it is spelled
        "rain, 7 falls": encoded("rain", "falls"),
        "falls in": encoded("in", "falls"),
    }
    with pytest.warns(ExportWarning, match="examples"):
        report = export(tmp_path, examples, plain)
    unread, apart = report.remarks
    assert unread.startswith("examples: 1 of 4 ")
    assert "“,”, “7” in “rain, 7 falls”" in unread
    assert apart.startswith("examples: 1 of 4 ")
    assert "“falls in”" in apart


def test_nothing_is_said_where_all_is_read_or_nothing_can_be_typed(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", ExportWarning)
        assert export(tmp_path, {"rain, 7 falls": encoded("falls")}, encoder=False).remarks == ()


def test_what_is_not_read() -> None:
    vocabulary = zlide.Vocabulary(["<begin>", "<end>", "rain", "it's", "naïve"])
    assert unread_in("It’s RAIN", vocabulary) == []
    assert unread_in("rain-coats cost 30 € ... 30", vocabulary) == [
        "coats",
        "cost",
        "-",
        "30",
        "€",
        "...",
    ]
    assert unread_in("'rain' 🙂", vocabulary) == ["'", "🙂"]
    assert unread_in("begin <end>", vocabulary) == ["begin", "end", "<", ">"]
