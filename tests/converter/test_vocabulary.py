"""A vocabulary is a list of different words, one a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from zlide.errors import ZlideError
from zlide.vocabulary import Vocabulary, read_words

WORDS = ["<begin>", "<end>", "it's", "naïve", "हिन्दी"]
ORDER = "give them in the order of their ids, as sorted(ids, key=ids.get) of a dict of ids"
MAX_LENGTH = "expected a whole number of words, 1 to 1,000; the page decodes them all at every move of a slider"


def test_words_come_back_as_they_were_written(tmp_path: Path) -> None:
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


def test_one_token_may_be_begin_and_end() -> None:
    vocabulary = Vocabulary(WORDS, begin=1)
    assert vocabulary.begin == vocabulary.end == 1


@pytest.mark.parametrize(
    ("words", "settings", "line"),
    [
        (
            WORDS,
            {"begin": 5},
            "vocabulary: begin is 5, expected an id below 5; give the id of that token",
        ),
        (
            WORDS,
            {"end": -1},
            "vocabulary: end is -1, expected an id below 5; give the id of that token",
        ),
        ([], {}, "vocabulary: begin is 0, expected an id below 0; give the id of that token"),
        (
            WORDS,
            {"begin": "<begin>"},
            "vocabulary: begin is '<begin>', expected an id below 5; give the id of that token",
        ),
        (WORDS, {"max_length": 0}, f"vocabulary: longest is 0, {MAX_LENGTH}"),
        (WORDS, {"max_length": 1.5}, f"vocabulary: longest is 1.5, {MAX_LENGTH}"),
        (WORDS, {"max_length": 1001}, f"vocabulary: longest is 1001, {MAX_LENGTH}"),
        (WORDS, {"lower": "no"}, "vocabulary: lower is 'no', expected True or False"),
        ("abc", {}, f"vocabulary: expected a list of words, found str; {ORDER}"),
        (None, {}, f"vocabulary: expected a list of words, found NoneType; {ORDER}"),
        ({"a": 1, "b": 0}, {}, f"vocabulary: expected a list of words, found dict; {ORDER}"),
        ({"a", "b"}, {}, f"vocabulary: expected a list of words, found set; {ORDER}"),
        (
            [*WORDS, 7],
            {},
            "vocabulary, line 6: expected a word, found 7; leave out empty entries and white space",
        ),
        (
            [*WORDS, ""],
            {},
            "vocabulary, line 6: expected a word, found ''; leave out empty entries and white space",
        ),
        (
            [*WORDS, "two\nlines"],
            {},
            r"vocabulary, line 6: expected a word, found 'two\nlines'; leave out empty entries and white space",
        ),
        (
            [*WORDS, "two\u2028lines"],
            {},
            r"vocabulary, line 6: expected a word, found 'two\u2028lines'; leave out empty entries and white space",
        ),
        (
            [*WORDS, "two words"],
            {},
            "vocabulary, line 6: expected a word, found 'two words'; leave out empty entries and white space",
        ),
        (
            [*WORDS, " on"],
            {},
            "vocabulary, line 6: expected a word, found ' on'; leave out empty entries and white space",
        ),
        (
            [*WORDS, "it's"],
            {},
            'vocabulary, line 6: "it\'s" stands already on line 3; give each word once',
        ),
    ],
)
def test_what_is_no_vocabulary(words: Any, settings: dict[str, Any], line: str) -> None:
    with pytest.raises(ZlideError) as error:
        Vocabulary(words, **settings)
    assert str(error.value) == line


@pytest.mark.parametrize(
    "words",
    [tuple(WORDS), np.array(WORDS), (word for word in WORDS)],
    ids=["tuple", "array", "generator"],
)
def test_words_come_in_anything_that_has_an_order(words: Any) -> None:
    vocabulary = Vocabulary(words, end=np.int64(1))  # type: ignore[arg-type]
    assert vocabulary.text([3, 2]) == "naïve it's"
    assert vocabulary.ids["it's"] == 2
    assert type(vocabulary.end) is int


def test_a_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.txt"
    with pytest.raises(
        ZlideError, match=r"vocabulary.txt: cannot be read: No such file or directory; "
    ):
        read_words(path)
    path.write_bytes(b"caf\xe9\n")
    with pytest.raises(
        ZlideError,
        match=r"vocabulary.txt: cannot be read: no text in UTF-8; expected one word a line in UTF-8",
    ):
        read_words(path)
