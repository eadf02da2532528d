"""The words of a text model, and how a sentence begins and ends."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from zlide.errors import ZlideError
from zlide.staging import staged_file


@dataclass(frozen=True)
class Vocabulary:
    """words[id] is the text of a token; begin and end are ids.

    longest: decoding stops after so many words even without an end.
    lower: typed text is lower-cased before it is looked up.
    Raises ZlideError for ids outside of it and for entries that are empty, doubled or hold a line break.
    """

    words: Sequence[str]
    begin: int = 0
    end: int = 1
    longest: int = 16
    lower: bool = True

    def __post_init__(self) -> None:
        for name, value in {"begin": self.begin, "end": self.end}.items():
            if not 0 <= value < len(self.words):
                raise ZlideError("vocabulary", f"{name} is {value}, expected an id below {len(self.words)}", "give the id of that token")
        if self.longest < 1:
            raise ZlideError("vocabulary", f"longest is {self.longest}, expected at least 1")
        seen: dict[str, int] = {}
        for i, word in enumerate(self.words):
            if not word or word.splitlines() != [word]:
                raise ZlideError(f"vocabulary, line {i + 1}", f"expected a word, found {word!r}", "leave out empty entries and line breaks")
            if word in seen:
                raise ZlideError(f"vocabulary, line {i + 1}", f"{word!r} stands already on line {seen[word] + 1}", "give each word once")
            seen[word] = i

    @cached_property
    def ids(self) -> dict[str, int]:
        return {word: i for i, word in enumerate(self.words)}

    def text(self, tokens: Sequence[int]) -> str:
        """Ids, without begin and end → a sentence."""
        return " ".join(self.words[t] for t in tokens)

    def write(self, path: Path) -> None:
        """One word a line, line number = id."""
        with staged_file(path) as beside:
            beside.write_text("".join(f"{word}\n" for word in self.words), "utf-8")


def read_words(path: Path) -> list[str]:
    """Read what `Vocabulary.write` wrote."""
    try:
        return path.read_text("utf-8").removesuffix("\n").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ZlideError(path, f"cannot be read: {error}", "expected one word a line in UTF-8") from error
