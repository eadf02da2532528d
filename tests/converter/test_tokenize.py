"""Tokenization: the cases shared with the page, and some that show the rule."""

import json
from pathlib import Path

import pytest

from zlide.tokenize import tokenize

GOLDEN = Path(__file__).parents[1] / "golden" / "tokenize.json"


def test_agrees_with_the_golden_cases() -> None:
    data = json.loads(GOLDEN.read_text("utf-8"))
    cases = data["cases"] if isinstance(data, dict) else data
    assert len(cases) >= 25
    found = [
        {**case, "words": tokenize(case["text"], lower=case.get("lower", True))} for case in cases
    ]
    assert found == cases


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Stream the track below, and enjoy!", ["stream", "the", "track", "below", "and", "enjoy"]),
        (
            "I don\u2019t  know\tTom's \uff07n\u02bc roll",
            ["i", "don't", "know", "tom's", "n", "roll"],
        ),
        ("'Well,' she said, 'it''s \u2018fine\u2019'", ["well", "she", "said", "it''s", "fine"]),
        ("rock-and-roll 24/7 mp3s", ["rock", "and", "roll", "mp", "s"]),
        ("\ufb01ne \uff21\uff22\uff23 \u212bngstr\u00f6m", ["fine", "abc", "\u00e5ngstr\u00f6m"]),
        ("caf\u00e9 cafe\u0301", ["caf\u00e9", "caf\u00e9"]),
        (
            "\u0939\u093f\u0928\u094d\u0926\u0940 \U0001f600",
            ["\u0939\u093f\u0928\u094d\u0926\u0940"],
        ),
        (
            "i \u2764\ufe0f it, take 1\ufe0f\u20e3",  # marks of emoji are not part of words
            ["i", "it", "take"],
        ),
        ("'' ' \u2019 - 7", []),
        ("", []),
    ],
)
def test_splits_text_into_words(text: str, words: list[str]) -> None:
    assert tokenize(text) == words


def test_keeps_the_case_on_request() -> None:
    assert tokenize("Tom\u2019s \uff21", lower=False) == ["Tom's", "A"]


def test_is_idempotent() -> None:
    text = (
        "Tom\u2019s \u2018old\u2019 \ufb01ddle\u2014it\u02bcs 300 years; "
        "\u0130stanbul! \u03a3\u03af\u03c3\u03c5\u03c6\u03bf\u03c2"
    )
    words = tokenize(text)
    assert tokenize(" ".join(words)) == words
