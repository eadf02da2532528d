"""Sampling: the published generator, the right frequencies, the same tokens for the same seed."""

from __future__ import annotations

import json
import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from tests.converter.test_greedy import seeded_decoder
from zlide.decoders.decoding import DecodingMode, decode_sentences
from zlide.decoders.greedy import decode_greedily
from zlide.decoders.sampling import Sampling, draw, probability, threefry, uniform

GOLDEN = Path(__file__).parents[1] / "golden"

KNOWN_ANSWERS = [  # kat_vectors of Random123: counter, key, expected bits
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((0xFFFFFFFF, 0xFFFFFFFF), (0xFFFFFFFF, 0xFFFFFFFF), (0x1CB996FC, 0xBB002BE7)),
    ((0x243F6A88, 0x85A308D3), (0x13198A2E, 0x03707344), (0xC4923A9C, 0x483DF7A0)),
]


@pytest.mark.parametrize(("counter", "key", "bits"), KNOWN_ANSWERS)
def test_threefry_gives_the_published_answers(
    counter: tuple[int, int], key: tuple[int, int], bits: tuple[int, int]
) -> None:
    assert threefry(counter, key) == bits


def test_draws_are_uniform_over_seeds_and_over_indices() -> None:
    for draws in (
        [uniform(seed, 3) for seed in range(4000)],
        [uniform(5, index) for index in range(4000)],
    ):
        counts, _ = np.histogram(draws, bins=20, range=(0, 1))
        assert counts.sum() == 4000
        assert ((counts - 200) ** 2 / 200).sum() < 43.8  # χ², 19 degrees of freedom, p = 0.001


@pytest.mark.parametrize(
    ("temperature", "top_k"), [(1.0, None), (0.5, None), (2.0, None), (0.8, 4), (1.0, 1)]
)
def test_draws_tokens_as_often_as_they_are_probable(temperature: float, top_k: int | None) -> None:
    logits = np.random.default_rng(1).normal(size=12).astype(np.float32)
    kept = torch.full((12,), -torch.inf, dtype=torch.float64)
    values, ids = torch.from_numpy(logits).double().topk(top_k or 12)
    kept[ids] = values / temperature
    expected = torch.softmax(kept, 0).numpy()
    tokens = [draw(logits, Sampling(temperature, top_k, seed), 0)[0] for seed in range(3000)]
    found = np.bincount(tokens, minlength=12) / len(tokens)
    assert set(tokens) <= set(ids.tolist())
    assert np.abs(found - expected).max() < 4 * 0.5 / np.sqrt(3000)


def test_shares_follow_the_ids() -> None:
    logits = np.array([0.0, 1.0, -0.0, 1.0, 1.0], np.float32)
    by_draw = sorted(
        (uniform(seed, 0), draw(logits, Sampling(1.0, None, seed), 0)[0]) for seed in range(500)
    )
    tokens = [token for _, token in by_draw]
    assert tokens == sorted(tokens)
    assert set(tokens) == {0, 1, 2, 3, 4}


@pytest.mark.parametrize("top_k", [None, 1, 2, 40])
def test_rounding_errors_do_not_change_the_draws_of_tied_tokens(top_k: int | None) -> None:
    generator = np.random.default_rng(0)
    tied = generator.integers(0, 3, 60).astype(np.float32)
    near = tied + generator.normal(0, 1e-6, 60).astype(np.float32)
    modes = [Sampling(1.0, top_k, seed) for seed in range(1000)]
    assert [draw(tied, mode, 0)[0] for mode in modes] == [draw(near, mode, 0)[0] for mode in modes]


def test_top_k_keeps_what_is_tied_with_the_last() -> None:
    logits = np.array([0.0, 1.0, 3.0, 1.0, 0.5], np.float32)
    for top_k, kept in ((1, {2}), (2, {1, 2, 3}), (3, {1, 2, 3}), (4, {1, 2, 3, 4})):
        assert {draw(logits, Sampling(5.0, top_k, seed), 0)[0] for seed in range(300)} == kept


def test_margin_is_the_distance_to_the_nearest_edge() -> None:
    logits = np.log(np.array([0.2, 0.5, 0.3], np.float32))
    edges = np.array([0.0, 0.2, 0.7, 1.0])
    for seed in range(200):
        token, margin = draw(logits, Sampling(1.0, None, seed), 7)
        number = uniform(seed, 7)
        assert token == int(np.searchsorted(edges, number, side="right")) - 1
        assert margin == pytest.approx(np.abs(edges - number).min(), abs=1e-7)


@pytest.mark.parametrize("temperature", [1e-300, 1e-3])
def test_low_temperatures_draw_the_likeliest_token(temperature: float) -> None:
    logits: NDArray[np.float32] = np.random.default_rng(2).normal(size=50).astype(np.float32)
    assert {draw(logits, Sampling(temperature, None, seed), 0)[0] for seed in range(100)} == {
        int(logits.argmax())
    }


MODES: list[DecodingMode] = [
    None,
    Sampling(0.8, 5, 1),
    Sampling(1.2, None, 2),
    Sampling(0.8, 5, 1),
]


def test_decodes_a_sentence_the_same_alone_and_in_a_batch() -> None:
    decoder = seeded_decoder()
    z = 6 * torch.randn(300, 6, generator=torch.Generator().manual_seed(1))  # more than one batch
    modes = [MODES[i % 4] for i in range(300)]
    together = decode_sentences(decoder, z, modes, begin=0, end=1, max_length=9)
    for i in (0, 1, 2, 3, 257, 298):
        (alone,) = decode_sentences(decoder, z[i : i + 1], [modes[i]], begin=0, end=1, max_length=9)
        assert alone.tokens == together[i].tokens
        assert alone.confidence == pytest.approx(together[i].confidence, abs=1e-6)
    assert [line.tokens for line in together[::4]] == decode_greedily(
        decoder, z[::4], begin=0, end=1, max_length=9
    )
    assert decode_sentences(decoder, z[:0], [], begin=0, end=1, max_length=9) == []


@torch.no_grad()
def test_confidence_is_the_probability_before_temperature_and_top_k() -> None:
    decoder = seeded_decoder()
    z = 6 * torch.randn(40, 6, generator=torch.Generator().manual_seed(1))
    modes = [MODES[i % 4] for i in range(40)]
    lines = decode_sentences(decoder, z, modes, begin=0, end=1, max_length=9)
    assert {line.end_confidence is None for line in lines} == {True, False}  # some were cut off
    for row, line, mode in zip(z, lines, modes, strict=True):
        logits = decoder(row[None], torch.tensor([[0, *line.tokens]]))[0]  # (T + 1, V)
        probabilities = torch.softmax(logits.double(), dim=1)
        expected = [float(probabilities[i, token]) for i, token in enumerate(line.tokens)]
        assert line.confidence == pytest.approx(expected, abs=1e-6)
        if line.end_confidence is None:
            assert len(line.tokens) == 9
        else:
            assert line.end_confidence == pytest.approx(
                float(probabilities[len(line.tokens), 1]), abs=1e-6
            )
        assert len(line.margins) == (
            0 if mode is None else len(line.tokens) + (line.end_confidence is not None)
        )


def test_probability_is_exact_for_logits_far_apart() -> None:
    assert probability(np.array([1000.0, -1000.0], np.float32), 0) == 1.0
    assert probability(np.array([-np.inf, 2.0, 2.0], np.float32), 2) == 0.5


def test_golden_draws_are_up_to_date() -> None:
    made = runpy.run_path(str(GOLDEN / "sampling.py"))["render"]()
    now, golden = (
        json.loads(text) for text in (made, (GOLDEN / "sampling.json").read_text("utf-8"))
    )
    assert now["draws"] == golden["draws"]
    for case, golden_case in zip(now["cases"], golden["cases"], strict=True):
        assert case == pytest.approx(golden_case, abs=1e-10)
