"""A vocabulary is a list of different words, one a line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from zlide.errors import ZlideError
from zlide.vocabulary import Vocabulary, read_words

WORDS = ["<begin>", "<end>", "it's", "naïve", "हिन्दी"]


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


@pytest.mark.parametrize(
    ("words", "settings", "line"),
    [
        (WORDS, {"begin": 5}, "vocabulary: begin is 5, expected an id below 5; give the id of that token"),
        (WORDS, {"end": -1}, "vocabulary: end is -1, expected an id below 5; give the id of that token"),
        ([], {}, "vocabulary: begin is 0, expected an id below 0; give the id of that token"),
        (WORDS, {"longest": 0}, "vocabulary: longest is 0, expected at least 1"),
        ([*WORDS, ""], {}, "vocabulary, line 6: expected a word, found ''; leave out empty entries and line breaks"),
        ([*WORDS, "two\nlines"], {}, r"vocabulary, line 6: expected a word, found 'two\nlines'; leave out empty entries and line breaks"),
        ([*WORDS, "two\u2028lines"], {}, r"vocabulary, line 6: expected a word, found 'two\u2028lines'; leave out empty entries and line breaks"),
        ([*WORDS, "it's"], {}, 'vocabulary, line 6: "it\'s" stands already on line 3; give each word once'),
    ],
)
def test_what_is_no_vocabulary(words: list[str], settings: dict[str, Any], line: str) -> None:
    with pytest.raises(ZlideError) as error:
        Vocabulary(words, **settings)
    assert str(error.value) == line


def test_a_file_that_is_none(tmp_path: Path) -> None:
    path = tmp_path / "vocabulary.txt"
    with pytest.raises(ZlideError, match=r"vocabulary.txt: cannot be read: .*No such file"):
        read_words(path)
    path.write_bytes(b"caf\xe9\n")
    with pytest.raises(ZlideError, match=r"vocabulary.txt: cannot be read: .*expected one word a line in UTF-8"):
        read_words(path)
