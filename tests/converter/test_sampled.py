"""Sampled words, confidences and ends are compared; few draws at an edge are tolerated."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zlide.decoders.decoding import Decoded
from zlide.modalities.text.sampled import (
    MODES,
    SampledDifference,
    compare_sampled,
    decoded_from_json,
    mode_to_json,
)

SAMPLED = Decoded([4, 5, 6], [0.5, 0.25, 0.9], 0.75, [0.1, 0.2, 0.3, 2e-5])
GREEDY = Decoded([4, 5], [0.5, 0.25], None, [])


def test_equal_sentences_are_equal() -> None:
    found = compare_sampled(
        [SAMPLED, GREEDY], [replace(SAMPLED, confidence=[0.50002, 0.25, 0.9]), GREEDY]
    )
    assert found.equal
    assert found.difference == pytest.approx(2e-5)
    assert compare_sampled([], []).equal


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (replace(SAMPLED, tokens=[4, 7, 6]), 1),
        (replace(SAMPLED, tokens=[4, 5], confidence=[0.5, 0.25]), 2),  # ended
        (replace(SAMPLED, end_confidence=None), 3),  # did not end
    ],
)
def test_finds_a_word_that_differs(found: Decoded, word: int) -> None:
    others = [SAMPLED] * 200
    compared = compare_sampled([SAMPLED, *others], [found, *others])
    difference = SampledDifference(0, word, [4, 5, 6], found.tokens, SAMPLED.margins[word])
    assert (compared.tolerated, compared.wrong) == (
        ([difference], []) if word == 3 else ([], [difference])
    )
    assert compared.equal is (word == 3)


def test_finds_a_confidence_that_differs() -> None:
    assert not compare_sampled([SAMPLED], [replace(SAMPLED, confidence=[0.5, 0.2503, 0.9])]).equal
    assert not compare_sampled([SAMPLED], [replace(SAMPLED, end_confidence=0.7503)]).equal


def test_tolerates_few_draws_at_an_edge() -> None:
    longer = replace(SAMPLED, tokens=[4, 5, 6, 7], confidence=[0.5, 0.25, 0.9, 0.1])
    others = [SAMPLED] * 99
    assert compare_sampled([SAMPLED, *others], [longer, *others]).equal
    few = compare_sampled([SAMPLED, SAMPLED, *others], [longer, longer, *others])
    assert [difference.word for difference in few.tolerated] == [3, 3]
    assert not few.equal


def test_tolerates_two_likeliest_words_of_equal_probability() -> None:
    others = [GREEDY] * 99
    assert compare_sampled(
        [GREEDY, *others], [Decoded([4, 9], [0.5, 0.25001], None, []), *others]
    ).equal
    assert not compare_sampled(
        [GREEDY, *others], [Decoded([4, 9], [0.5, 0.26], None, []), *others]
    ).equal


def test_decodes_again_in_every_mode() -> None:
    assert len(MODES) == 100
    assert [mode_to_json(mode) for mode in MODES[:3]] == [
        {"kind": "greedy"},
        {"kind": "drawn", "temperature": 0.8, "top": 40, "seed": 0},
        {"kind": "drawn", "temperature": 0.7, "top": None, "seed": 0},
    ]
    assert (
        decoded_from_json({"tokens": [4, 5], "confidence": [0.5, 0.25], "words": ["a", "b"]})
        == GREEDY
    )
