"""A vocabulary is an ordered list of different words, which a file holds one a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.refusal import refusal
from zlide.vocabulary import Vocabulary, read_words

WORDS = ["<begin>", "<end>", "it's", "naïve", "हिन्दी"]


def test_reads_the_words_that_it_wrote(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.txt"
    Vocabulary(WORDS).write(path)
    assert path.read_bytes() == "<begin>\n<end>\nit's\nnaïve\nहिन्दी\n".encode()
    assert read_words(path) == WORDS
    assert [p.name for p in tmp_path.iterdir()] == ["vocabulary.txt"]


def test_ids_and_text_are_inverse() -> None:
    vocabulary = Vocabulary(WORDS)
    assert vocabulary.ids == {"<begin>": 0, "<end>": 1, "it's": 2, "naïve": 3, "हिन्दी": 4}
    assert vocabulary.text([3, 2]) == "naïve it's"
    assert vocabulary.text([]) == ""


def test_begin_and_end_may_be_the_same_token() -> None:
    vocabulary = Vocabulary(WORDS, begin=1)
    assert vocabulary.begin == vocabulary.end == 1


@pytest.mark.parametrize(
    ("words", "settings", "found", "remedy"),
    [
        (WORDS, {"begin": 5}, "begin is 5, expected an id below 5", "id"),
        (WORDS, {"end": -1}, "end is -1, expected an id below 5", "id"),
        ([], {}, "begin is 0, expected an id below 0", "id"),
        (WORDS, {"begin": "<begin>"}, "begin is '<begin>', expected an id below 5", "id"),
        (WORDS, {"max_length": 0}, "max_length is 0, expected a whole number", "slider"),
        (WORDS, {"max_length": 1.5}, "max_length is 1.5, expected a whole number", "slider"),
        (WORDS, {"max_length": 1001}, "max_length is 1001, expected a whole number", "slider"),
        (WORDS, {"lower": "no"}, "lower is 'no', expected True or False", ""),
        ("abc", {}, "found str", "sorted(ids, key=ids.get)"),
        (None, {}, "found NoneType", "sorted(ids, key=ids.get)"),
        ({"a": 1, "b": 0}, {}, "found dict", "sorted(ids, key=ids.get)"),
        ({"a", "b"}, {}, "found set", "sorted(ids, key=ids.get)"),
    ],
)
def test_refuses_unordered_words_and_invalid_settings(
    words: Any, settings: dict[str, Any], found: str, remedy: str
) -> None:
    error = refusal(Vocabulary, words, **settings)
    assert error.where == "vocabulary"
    assert found in error.problem
    assert remedy in error.remedy


@pytest.mark.parametrize(
    "word", [7, "", "two\nlines", "two\u2028lines", "two words", " on"], ids=repr
)
def test_refuses_entries_that_are_not_single_words(word: Any) -> None:
    error = refusal(Vocabulary, [*WORDS, word])
    assert error.where == "vocabulary, line 6"
    assert f"found {word!r}" in error.problem
    assert "white space" in error.remedy


def test_refuses_a_repeated_word() -> None:
    error = refusal(Vocabulary, [*WORDS, "it's"])
    assert error.where == "vocabulary, line 6"
    assert '"it\'s"' in error.problem
    assert "line 3" in error.problem
    assert "once" in error.remedy


@pytest.mark.parametrize(
    "words",
    [tuple(WORDS), np.array(WORDS), (word for word in WORDS)],
    ids=["tuple", "array", "generator"],
)
def test_accepts_every_ordered_collection(words: Any) -> None:
    vocabulary = Vocabulary(words, end=np.int64(1))  # type: ignore[arg-type]
    assert vocabulary.text([3, 2]) == "naïve it's"
    assert vocabulary.ids["it's"] == 2
    assert type(vocabulary.end) is int


def test_refuses_unreadable_files(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.txt"
    error = refusal(read_words, path)
    assert error.where == str(path)
    assert "No such file or directory" in error.problem
    path.write_bytes(b"caf\xe9\n")
    assert "not valid UTF-8" in refusal(read_words, path).problem
