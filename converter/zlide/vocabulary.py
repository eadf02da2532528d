"""The words of a text model, and how a sentence begins and ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import cached_property
from numbers import Integral
from pathlib import Path

from zlide.errors import ZlideError
from zlide.files import atomic_file
from zlide.messages import reason_of

MAX_LENGTH = 1000
"""Words in a sentence at most: every one is a step of the decoder, at every move of a slider and at every position of an export."""


@dataclass(frozen=True)
class Vocabulary:
    """words[id] is the text of a token; begin and end are ids, and may be one.

    longest: decoding stops after so many words even without an end; at most `LONGEST`.
    lower: typed text is lower-cased before it is looked up.
    Raises ZlideError for words without an order, for ids outside of it, and for entries that are empty, doubled or hold white space,
    which a sentence has between its words.
    """

    words: Sequence[str]
    begin: int = 0
    end: int = 1
    max_length: int = 16
    lower: bool = True

    def __post_init__(self) -> None:
        object.__setattr__(self, "words", _in_order(self.words))
        for name, value in {"begin": self.begin, "end": self.end}.items():
            if not isinstance(value, Integral) or not 0 <= value < len(self.words):
                raise ZlideError(
                    "vocabulary",
                    f"{name} is {value!r}, expected an id below {len(self.words)}",
                    "give the id of that token",
                )
        if not isinstance(self.max_length, Integral) or not 1 <= self.max_length <= MAX_LENGTH:
            problem = f"longest is {self.max_length!r}, expected a whole number of words, 1 to {MAX_LENGTH:,}"
            raise ZlideError(
                "vocabulary", problem, "the page decodes them all at every move of a slider"
            )
        if not isinstance(self.lower, bool):
            raise ZlideError("vocabulary", f"lower is {self.lower!r}, expected True or False")
        for name in ("begin", "end", "max_length"):
            object.__setattr__(self, name, int(getattr(self, name)))
        seen: dict[str, int] = {}
        for i, word in enumerate(self.words):
            if not isinstance(word, str) or word.split() != [word]:
                raise ZlideError(
                    f"vocabulary, line {i + 1}",
                    f"expected a word, found {word!r}",
                    "leave out empty entries and white space",
                )
            if word in seen:
                raise ZlideError(
                    f"vocabulary, line {i + 1}",
                    f"{word!r} stands already on line {seen[word] + 1}",
                    "give each word once",
                )
            seen[word] = i

    @cached_property
    def ids(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words)}

    def text(self, tokens: Sequence[int]) -> str:
        """Ids, without begin and end → a sentence."""
        return " ".join(self.words[t] for t in tokens)

    def write(self, path: Path) -> None:
        """One word a line, line number = id."""
        with atomic_file(path) as beside:
            beside.write_text("".join(f"{word}\n" for word in self.words), "utf-8")


def _in_order(words: object) -> list[str]:
    """The words as a list: neither one text, nor what has no order or another than that of ids."""
    if isinstance(words, str | bytes | Mapping | AbstractSet) or not isinstance(words, Iterable):
        remedy = "give them in the order of their ids, as sorted(ids, key=ids.get) of a dict of ids"
        raise ZlideError(
            "vocabulary", f"expected a list of words, found {type(words).__name__}", remedy
        )
    return list(words)


def read_words(path: Path) -> list[str]:
    """Read what `Vocabulary.write` wrote."""
    try:
        return path.read_text("utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ZlideError(
            path, f"cannot be read: {reason_of(error)}", "expected one word a line in UTF-8"
        ) from error
