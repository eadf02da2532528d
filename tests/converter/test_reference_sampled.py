"""Sentences with confidences are compared: a word, a share or an end that differs is found out, a draw at an edge is excused, and few are."""

from __future__ import annotations

from dataclasses import replace

import pytest

from zlide.decoders.decoding import Decoded
from zlide.verify.reference.sampled import WRITINGS, Unlike, compare_lines, job_of, line_of

DRAWN = Decoded([4, 5, 6], [0.5, 0.25, 0.9], 0.75, [0.1, 0.2, 0.3, 2e-5])
SURE = Decoded([4, 5], [0.5, 0.25], None, [])


def test_the_same_is_equal() -> None:
    found = compare_lines([DRAWN, SURE], [replace(DRAWN, confidence=[0.50002, 0.25, 0.9]), SURE])
    assert found.equal
    assert found.difference == pytest.approx(2e-5)
    assert compare_lines([], []).equal


@pytest.mark.parametrize(
    ("found", "word"),
    [
        (replace(DRAWN, tokens=[4, 7, 6]), 1),
        (replace(DRAWN, tokens=[4, 5], confidence=[0.5, 0.25]), 2),  # ended
        (replace(DRAWN, end_confidence=None), 3),  # did not end
    ],
)
def test_another_word_is_found_out(found: Decoded, word: int) -> None:
    others = [DRAWN] * 200
    compared = compare_lines([DRAWN, *others], [found, *others])
    unlike = Unlike(0, word, [4, 5, 6], found.tokens, DRAWN.margins[word])
    assert (compared.excused, compared.wrong) == (([unlike], []) if word == 3 else ([], [unlike]))
    assert compared.equal is (word == 3)


def test_other_confidence_is_found_out() -> None:
    assert not compare_lines([DRAWN], [replace(DRAWN, confidence=[0.5, 0.2503, 0.9])]).equal
    assert not compare_lines([DRAWN], [replace(DRAWN, end_confidence=0.7503)]).equal


def test_a_draw_at_an_edge_is_excused_but_not_many_are() -> None:
    longer = replace(DRAWN, tokens=[4, 5, 6, 7], confidence=[0.5, 0.25, 0.9, 0.1])
    others = [DRAWN] * 99
    assert compare_lines([DRAWN, *others], [longer, *others]).equal
    few = compare_lines([DRAWN, DRAWN, *others], [longer, longer, *others])
    assert [unlike.word for unlike in few.excused] == [3, 3]
    assert not few.equal


def test_two_likeliest_words_that_are_as_probable_are_a_tie() -> None:
    others = [SURE] * 99
    assert compare_lines(
        [SURE, *others], [Decoded([4, 9], [0.5, 0.25001], None, []), *others]
    ).equal
    assert not compare_lines(
        [SURE, *others], [Decoded([4, 9], [0.5, 0.26], None, []), *others]
    ).equal


def test_what_is_written_once_more_is_of_every_kind() -> None:
    assert len(WRITINGS) == 100
    assert [job_of(writing) for writing in WRITINGS[:3]] == [
        {"kind": "greedy"},
        {"kind": "drawn", "temperature": 0.8, "top": 40, "seed": 0},
        {"kind": "drawn", "temperature": 0.7, "top": None, "seed": 0},
    ]
    assert line_of({"tokens": [4, 5], "confidence": [0.5, 0.25], "words": ["a", "b"]}) == SURE
