"""Prepare a corpus: text files → training sentences, held-out sentences and the vocabulary."""

from __future__ import annotations

import gzip
import hashlib
import math
import random
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from zlide.checkpoint import Cap, Recipe
from zlide.errors import ZlideError
from zlide.tokenize import tokenize

BEGIN, END = "<begin>", "<end>"
"""The first two entries of every vocabulary, with ids 0 and 1. There is none for unknown words."""

_MAX_LINE_WORDS = 1000  # a longer line means that the file does not have one sentence a line


@dataclass(frozen=True)
class Corpus:
    """A prepared corpus. Sentences are words joined by single spaces, each once.

    train, held_out: name of the file → its sentences.
    repeats: name of the file → how often its sentences count in an epoch.
    digest: SHA-256 of all sentences, in hexadecimal.
    """

    vocabulary: list[str]
    train: dict[str, list[str]]
    held_out: dict[str, list[str]]
    repeats: dict[str, int]
    digest: str
    _ids: dict[str, int] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_ids", {word: i for i, word in enumerate(self.vocabulary)})

    def encode(self, sentence: str) -> list[int]:
        """Return the ids of the words, without begin and end; KeyError for an unknown word."""
        return [self._ids[word] for word in sentence.split(" ")]

    def sentences(self) -> list[str]:
        """Return the training sentences of all files, each once."""
        return [s for part in self.train.values() for s in part]

    def repeated_sentences(self) -> list[str]:
        """Return the sentences of an epoch: those of each file as often as it is repeated."""
        return [s for name, part in self.train.items() for s in part * self.repeats[name]]

    def held_out_sentences(self) -> list[str]:
        """Return the held-out sentences of all files."""
        return [s for part in self.held_out.values() for s in part]


def prepare_corpus(files: Sequence[Path], recipe: Recipe) -> Corpus:
    """Read `files` (UTF-8, one sentence a line, plain or .gz) and apply `recipe`.

    The same sentences, in any order of lines, give the same corpus.
    Raises ZlideError for a file that cannot be read as text, and for a file given twice.
    """
    _refuse_duplicates(files)
    parts = _read_distinct(files, recipe.max_length)
    parts = {name: list(_apply_caps(part, recipe.caps)) for name, part in parts.items()}
    words = _frequent_words(parts, recipe.min_count)
    known = set(words)
    parts = {
        name: [s for s in part if known.issuperset(s.split(" "))] for name, part in parts.items()
    }
    by_hash = sorted((s for part in parts.values() for s in part), key=_sha256)
    held_out = set(by_hash[: recipe.held_out])
    train = {name: [s for s in part if s not in held_out] for name, part in parts.items()}
    return Corpus(
        vocabulary=[BEGIN, END, *words],
        train=train,
        held_out={name: [s for s in part if s in held_out] for name, part in parts.items()},
        repeats=_repeats(train, recipe.min_share),
        digest=hashlib.sha256("\n".join(by_hash).encode()).hexdigest(),
    )


def batches_of_equal_length(
    sentences: Sequence[Sequence[int]], size: int, seed: int
) -> list[list[int]]:
    """Return the indices of `sentences` in shuffled batches of at most `size`.

    All sentences of a batch have the same length, so nothing is padded.
    """
    rng = random.Random(seed)  # noqa: S311 (not for secrets)
    by_length: dict[int, list[int]] = {}
    for index, sentence in enumerate(sentences):
        by_length.setdefault(len(sentence), []).append(index)
    batches = []
    for indices in by_length.values():
        rng.shuffle(indices)
        batches += [indices[i : i + size] for i in range(0, len(indices), size)]
    rng.shuffle(batches)
    return batches


def _refuse_duplicates(files: Sequence[Path]) -> None:
    seen: set[Path] = set()
    for path in files:
        if path.resolve() in seen:
            raise ZlideError(path, "expected each file once, found it twice", "leave one out")
        seen.add(path.resolve())


def _read_distinct(files: Sequence[Path], max_length: int) -> dict[str, list[str]]:
    """Return name of the file → its sentences by hash; a sentence belongs to its first file."""
    parts: dict[str, list[str]] = {}
    seen: set[str] = set()
    for path in files:
        new = set(_read_sentences(path, max_length)) - seen
        seen |= new
        parts.setdefault(path.name.split(".")[0], []).extend(sorted(new, key=_sha256))
    return parts


def _read_sentences(path: Path, max_length: int) -> Iterator[str]:
    empty = True
    for number, line in enumerate(_read_lines(path), 1):
        words = tokenize(line)
        if len(words) > _MAX_LINE_WORDS:
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


def _read_lines(path: Path) -> Iterator[str]:
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


def _apply_caps(sentences: Iterable[str], caps: Sequence[Cap]) -> Iterator[str]:
    left = {cap: cap.max_sentences for cap in caps}
    for sentence in sentences:
        matching = [cap for cap in caps if not set(cap.words).isdisjoint(sentence.split(" "))]
        if all(left[cap] > 0 for cap in matching):
            for cap in matching:
                left[cap] -= 1
            yield sentence


def _frequent_words(parts: Mapping[str, Sequence[str]], min_count: int) -> list[str]:
    """Return the words that occur at least `min_count` times, the most frequent first."""
    counts = Counter(word for part in parts.values() for s in part for word in s.split(" "))
    frequent = (word for word, count in counts.items() if count >= min_count)
    return sorted(frequent, key=lambda word: (-counts[word], word))


def _repeats(train: Mapping[str, Sequence[str]], min_share: float) -> dict[str, int]:
    total = sum(map(len, train.values()))
    return {
        name: max(1, math.ceil(min_share * total / len(part))) if part else 1
        for name, part in train.items()
    }


def _sha256(sentence: str) -> bytes:
    return hashlib.sha256(sentence.encode()).digest()
