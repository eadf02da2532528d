"""Text files → the sentences to train on, the sentences held out, and the vocabulary."""

from __future__ import annotations

import gzip
import hashlib
import math
import random
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zlide.checkpoint import Cap, Recipe
from zlide.errors import ZlideError
from zlide.tokenize import tokenize

BEGIN, END = "<begin>", "<end>"
"""The first two entries of every vocabulary: ids 0 and 1. There is no token for unknown words."""

_MOST_WORDS = 1000  # a longer line means that the file does not hold one sentence a line


@dataclass(frozen=True)
class Corpus:
    """A prepared corpus. Sentences are words joined by single spaces, each once."""

    vocabulary: list[str]
    train: dict[str, list[str]]  # name of the file → its sentences
    held_out: dict[str, list[str]]
    repeats: dict[str, int]
    digest: str
    _ids: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ids", {word: i for i, word in enumerate(self.vocabulary)})

    def encode(self, sentence: str) -> list[int]:
        """Ids of the words, without begin and end. Raises KeyError for a word outside the vocabulary."""
        return [self._ids[word] for word in sentence.split(" ")]

    def sentences(self) -> list[str]:
        """All distinct training sentences."""
        return [s for part in self.train.values() for s in part]


def prepare_corpus(files: Sequence[Path], recipe: Recipe) -> Corpus:
    """Read `files` (UTF-8, one sentence a line, plain or .gz) and apply `recipe`.

    Deterministic: the same files and recipe give the same corpus, in any order of lines.
    Raises ZlideError for files that cannot be read as text, and for one that is given twice.
    """
    _refuse_twice(files)
    parts: dict[str, list[str]] = {}
    seen: set[str] = set()
    for path in files:
        name = path.name.split(".")[0]
        fresh = set(_read_sentences(path, recipe.max_length)) - seen
        seen |= fresh
        parts.setdefault(name, []).extend(sorted(fresh, key=_digest))
    parts = {name: list(_capped(part, recipe.caps)) for name, part in parts.items()}
    counts = Counter(word for part in parts.values() for s in part for word in s.split(" "))
    words = sorted(
        (w for w, n in counts.items() if n >= recipe.min_count), key=lambda w: (-counts[w], w)
    )
    known = set(words)
    parts = {
        name: [s for s in part if known.issuperset(s.split(" "))] for name, part in parts.items()
    }
    everything = sorted((s for part in parts.values() for s in part), key=_digest)
    held = set(everything[: recipe.held_out])
    train = {name: [s for s in part if s not in held] for name, part in parts.items()}
    return Corpus(
        vocabulary=[BEGIN, END, *words],
        train=train,
        held_out={name: [s for s in part if s in held] for name, part in parts.items()},
        repeats=_repeats(train, recipe.min_share),
        digest=hashlib.sha256("\n".join(everything).encode()).hexdigest(),
    )


def _refuse_twice(files: Sequence[Path]) -> None:
    places = [path.resolve() for path in files]
    for number, path in enumerate(files):
        if places[number] in places[:number]:
            raise ZlideError(path, "expected each file once, found it twice", "leave one out")


def _read_sentences(path: Path, max_length: int) -> Iterator[str]:
    empty = True
    for number, line in enumerate(_lines(path), 1):
        words = tokenize(line)
        if len(words) > _MOST_WORDS:
            raise ZlideError(
                f"{path}:{number}",
                f"expected one sentence a line, found {len(words)} words",
                "put each sentence on a line of its own",
            )
        empty = empty and not words
        if 0 < len(words) <= max_length:
            yield " ".join(words)
    if empty:
        raise ZlideError(
            path, "expected one sentence a line, found no words", "give a text file in UTF-8"
        )


def _lines(path: Path) -> Iterator[str]:
    number = 0
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as file:
            for number, line in enumerate(file, 1):
                yield line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        problem = f"expected UTF-8, found the byte 0x{error.object[error.start]:02x}"
        raise ZlideError(
            f"{path}:{number}", problem, "convert the file, for example with iconv -t utf-8"
        ) from error
    except (OSError, EOFError, zlib.error) as error:
        problem = f"cannot be read: {getattr(error, 'strerror', None) or error}"
        raise ZlideError(
            path, problem, "give a text file, plain or .gz, one sentence a line"
        ) from error


def _capped(sentences: Iterable[str], caps: Sequence[Cap]) -> Iterator[str]:
    left = {cap: cap.max_sentences for cap in caps}
    for sentence in sentences:
        hit = [cap for cap in caps if not set(cap.words).isdisjoint(sentence.split(" "))]
        if all(left[cap] > 0 for cap in hit):
            for cap in hit:
                left[cap] -= 1
            yield sentence


def _repeats(train: dict[str, list[str]], min_share: float) -> dict[str, int]:
    total = sum(map(len, train.values()))
    return {
        name: max(1, math.ceil(min_share * total / len(part))) if part else 1
        for name, part in train.items()
    }


def _digest(sentence: str) -> bytes:
    return hashlib.sha256(sentence.encode()).digest()


def batches_of_equal_length(
    sentences: Sequence[Sequence[int]], size: int, seed: int
) -> list[list[int]]:
    """Indices of `sentences` in shuffled batches of at most `size`, every batch of one length, so that nothing is padded."""
    rng = random.Random(seed)  # noqa: S311 (no secret)
    by_length: dict[int, list[int]] = {}
    for index, sentence in enumerate(sentences):
        by_length.setdefault(len(sentence), []).append(index)
    batches = []
    for indices in by_length.values():
        rng.shuffle(indices)
        batches += [indices[i : i + size] for i in range(0, len(indices), size)]
    rng.shuffle(batches)
    return batches
