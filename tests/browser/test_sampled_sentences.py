"""Confidence and sampling in a real browser match PyTorch, word by word for the same seed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from playwright.sync_api import Browser, Page
from safetensors.numpy import load_file

from zlide.bundle.folder import read_bundle
from zlide.checkpoint import SentenceCheckpoint, read_sentences_checkpoint
from zlide.decoders.decoding import DecodingMode, decode_sentences
from zlide.decoders.sampling import Sampling
from zlide.modalities.text.reference import SentenceFindings, SentenceReference
from zlide.modalities.text.sampled import mode_to_json
from zlide.quantization import quantize_weights
from zlide.verify.plan_reference import reference_from_checkpoint
from zlide.verify.verify_site import check_bundle

SENTENCES = Path(__file__).parents[2] / "weights/sentences"

Run = Callable[..., tuple[dict[str, Any], list[dict[str, Any]]]]


@pytest.fixture(scope="module")
def checkpoint(shipped: Path) -> SentenceCheckpoint:
    """The model that ships, with the weights as they travel."""
    read = read_sentences_checkpoint(SENTENCES)
    quantize_weights(read.model, read_bundle(shipped / "models/sentences").precision)
    return read


@pytest.mark.parametrize(("temperature", "top"), [(0.8, 40), (0.7, None), (1.5, 200)])
def test_a_thousand_seeds_draw_the_sentences_that_pytorch_draws(
    shipped: Path, checkpoint: SentenceCheckpoint, temperature: float, top: int | None
) -> None:
    modes = [Sampling(temperature, top, seed * 4_294_967) for seed in range(1000)]
    written = written_at(shipped, checkpoint, modes)
    assert written.comparison.equal
    assert written.sampled.sentences == 1000
    assert written.sampled.wrong == []
    assert (
        len(written.sampled.tolerated) <= 2
    )  # a draw within 1e-4 of an edge that the browser puts on its other side
    assert 0 < written.sampled.difference < 1e-4


def test_the_likeliest_words_come_with_their_probability(
    shipped: Path, checkpoint: SentenceCheckpoint
) -> None:
    written = written_at(shipped, checkpoint, [None] * 200)
    assert written.sampled.wrong == written.sampled.tolerated == []
    assert 0 < written.sampled.difference < 1e-4


def written_at(
    shipped: Path, checkpoint: SentenceCheckpoint, modes: Sequence[DecodingMode]
) -> SentenceFindings:
    """How a browser writes at as many random positions, beside PyTorch."""
    words = checkpoint.vocabulary
    truth = reference_from_checkpoint(checkpoint, len(modes), seed=11)
    assert isinstance(truth, SentenceReference)
    z = torch.from_numpy(truth.positions.z[: len(modes)])
    lines = decode_sentences(
        checkpoint.model.decoder,
        z,
        modes,
        begin=words.begin,
        end=words.end,
        max_length=words.max_length,
    )
    assert len({tuple(line.tokens) for line in lines}) > 0.5 * len(
        lines
    )  # or it would prove little
    nothing = np.zeros((0, z.shape[1]), np.float32)
    verdict = check_bundle(
        shipped,
        "models/sentences/",
        replace(truth, encode=[], encoded=nothing, modes=modes, sampled=lines),
    )
    assert isinstance(verdict.samples, SentenceFindings)
    return verdict.samples


def test_on_webgl_too(tab: Callable[..., Page], with_webgl: Browser, run: Run, site: Path) -> None:
    probe = load_file(site / "models/text/probe.safetensors")
    modes = [
        mode_to_json(mode)
        for i in range(8)
        for mode in (None, Sampling(0.8, 5, i), Sampling(1.5, None, i))
    ]
    sliders, residual = (probe[name][: len(modes)].tolist() for name in ("sliders", "residual"))
    job = {
        "bundle": "models/text/",
        "sliders": sliders,
        "residual": residual,
        "z": [],
        "batch": 1,
        "encode": [],
        "modes": modes,
    }
    wasm, _ = run(tab(), job)
    webgl, _ = run(with_webgl.new_page(), {**job, "backend": "webgl"})
    assert webgl["backend"] == "webgl"
    assert len(wasm["sentences"]) == len(modes)
    assert len({tuple(line["tokens"]) for line in wasm["sentences"]}) > len(modes) / 2
    for ours, theirs in zip(wasm["sentences"], webgl["sentences"], strict=True):
        assert ours["tokens"] == theirs["tokens"]
        assert ours["confidence"] == pytest.approx(theirs["confidence"], abs=1e-4)
    assert [line["tokens"] for line in wasm["sentences"][::3]] == wasm["tokens"][: len(modes) : 3]
