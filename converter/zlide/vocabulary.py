"""The vocabulary of a text model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from pathlib import Path

from zlide.errors import ZlideError
from zlide.files import atomic_file
from zlide.messages import is_unicode, reason_of

MAX_LENGTH = 1000
"""Largest number of words in a sentence.

Every word is a step of the decoder, at each move of a slider and each position of an export.
"""


@dataclass(frozen=True)
class Vocabulary:
    """The tokens of a model, by id.

    words: words[id] is the text of a token.
    begin, end: ids of the special tokens, which may be the same.
    max_length: decoding stops after this many words, even without an end; at most `MAX_LENGTH`.
    lower: the page lowers the case of typed text before it looks words up.

    Raises ZlideError for words without an order, for ids out of range, and for words that are
    empty, repeated or contain white space.
    """

    words: Sequence[str]
    begin: int = 0
    end: int = 1
    max_length: int = 16
    lower: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", _ordered(self.words))
        for name, value in {"begin": self.begin, "end": self.end}.items():
            if not isinstance(value, Integral) or not 0 <= value < len(self.words):
                problem = f"{name} is {value!r}, expected an id below {len(self.words)}"
                raise ZlideError("vocabulary", problem, "give the id of that token")
        if not isinstance(self.max_length, Integral) or not 1 <= self.max_length <= MAX_LENGTH:
            problem = (
                f"max_length is {self.max_length!r}, "
                f"expected a whole number of words, 1 to {MAX_LENGTH:,}"
            )
            remedy = "shorten it: the page decodes all words at each move of a slider"
            raise ZlideError("vocabulary", problem, remedy)
        if not isinstance(self.lower, bool):
            raise ZlideError("vocabulary", f"lower is {self.lower!r}, expected True or False")
        for name in ("begin", "end", "max_length"):
            object.__setattr__(self, name, int(getattr(self, name)))
        self._check_words()

    def _check_words(self) -> None:
        lines: dict[str, int] = {}
        for line, word in enumerate(self.words, 1):
            where = f"vocabulary, line {line}"
            if not isinstance(word, str) or word.split() != [word] or not is_unicode(word):
                remedy = "leave out empty entries, white space and halves of characters"
                raise ZlideError(where, f"expected a word, found {word!r}", remedy)
            if word in lines:
                problem = f"{word!r} is already on line {lines[word]}"
                raise ZlideError(where, problem, "give each word once")
            lines[word] = line

    @cached_property
    def ids(self) -> dict[str, int]:
        """The id of each word."""
        return {word: i for i, word in enumerate(self.words)}

    def text(self, tokens: Sequence[int]) -> str:
        """Return the sentence of ids, which are given without begin and end."""
        return " ".join(self.words[token] for token in tokens)

    def write(self, path: Path) -> None:
        """Write one word a line, in the order of their ids."""
        with atomic_file(path) as partial:
            partial.write_text("".join(f"{word}\n" for word in self.words), "utf-8")


def _ordered(words: object) -> list[str]:
    """Return the words as a list. Raise ZlideError for text, sets and mappings."""
    if isinstance(words, str | bytes | Mapping | AbstractSet) or not isinstance(words, Iterable):
        problem = f"expected a list of words, found {type(words).__name__}"
        remedy = "give them in the order of their ids, as sorted(ids, key=ids.get) of a dict of ids"
        raise ZlideError("vocabulary", problem, remedy)
    return list(words)


def read_words(path: Path) -> list[str]:
    """Read a file that `Vocabulary.write` wrote. Raises ZlideError if it cannot be read."""
    try:
        return path.read_text("utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        problem = f"expected one word a line in UTF-8, found: {reason_of(error)}"
        raise ZlideError(path, problem, "export or train the model again") from error
