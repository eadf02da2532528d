"""Which sentences a model gives back best: something to start from, found among a few hundred candidates or a whole corpus.

Needs no more than the contracts of `decoders.py`, so it serves any pair of text encoder and decoder.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, zip_longest
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from zlide.decoders import TextDecoder, TextEncoder, decode_greedily, encode_sentences
from zlide.errors import ZlideError
from zlide.messages import reason_of
from zlide.tokenize import tokenize
from zlide.vocabulary import Vocabulary

_BATCH = 256
_ALIKE = 0.5  # of two sentences of which one shares more than this part of its words with the other, only the better is kept


@dataclass(frozen=True)
class Example:
    """A sentence, the ids of its words, its posterior mean z (Z,), and the nats a word that the decoder needs to write it from there."""

    text: str
    ids: list[int]
    z: NDArray[np.float32]
    nats: float


def choose_examples(
    encoder: TextEncoder,
    decoder: TextDecoder,
    vocabulary: Vocabulary,
    groups: Sequence[Sequence[str]],
    *,
    count: int = 40,
    progress: Callable[[int, int], None] | None = None,
) -> list[Example]:
    """The up to `count` sentences with the lowest error that come back word for word, best first and unlike each other.

    groups: sentences among which to choose. One group is enough; of several, each has its turn, so that no subject takes all the places.
    Raises ZlideError when no sentence of a group is made of words of the vocabulary.
    """
    ranked = [by_error(encoder, decoder, vocabulary, group, progress=progress) for group in groups]
    return spread(_in_turn([exact(decoder, vocabulary, group) for group in ranked]), count)


def read_groups(path: Path) -> list[list[str]]:
    """Groups of sentences from a UTF-8 file: one sentence a line, an empty line between groups. Raises ZlideError for a file that is not one."""
    try:
        blocks = path.read_text("utf-8").strip().split("\n\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ZlideError(
            path,
            f"cannot be read: {reason_of(error)}",
            "give a text file in UTF-8, one sentence a line",
        ) from error
    if groups := [
        lines
        for block in blocks
        if (lines := [line for line in block.splitlines() if line.strip()])
    ]:
        return groups
    raise ZlideError(
        path, "expected one sentence a line, found none", "give some sentences to choose from"
    )


def by_error(
    encoder: TextEncoder,
    decoder: TextDecoder,
    vocabulary: Vocabulary,
    sentences: Sequence[str],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> list[Example]:
    """All `sentences`, the one with the lowest error first. The error is taken a word, the end included: by whole sentences the shortest would win.

    Sentences of words outside the vocabulary, or of more words than its `longest`, are passed over.
    Raises ZlideError when none is left.
    """
    known = vocabulary.ids
    split = [tokenize(s, lower=vocabulary.lower) for s in dict.fromkeys(sentences)]
    split = [
        words
        for words in split
        if 0 < len(words) <= vocabulary.max_length and all(w in known for w in words)
    ]
    if not split:
        problem = f"expected sentences of up to {vocabulary.max_length} words, all in the vocabulary, found none in {len(sentences)}"
        raise ZlideError("examples", problem, "write them in words of the training text")
    measured: list[Example] = []
    for some in _of_one_length(sorted(split, key=len)):
        ids = [[known[word] for word in words] for words in some]
        z, nats = _measure(encoder, decoder, vocabulary, torch.tensor(ids))
        measured += (
            Example(" ".join(w), i, e, n)
            for w, i, e, n in zip(some, ids, z.numpy(), nats.tolist(), strict=True)
        )
        if progress:
            progress(len(measured), len(split))
    return sorted(measured, key=lambda example: example.nats)


def exact(
    decoder: TextDecoder, vocabulary: Vocabulary, examples: Sequence[Example]
) -> Iterator[Example]:
    """Those which greedy decoding of z gives back word for word, asked batch by batch as far as they are needed."""
    for start in range(0, len(examples), _BATCH):
        some = examples[start : start + _BATCH]
        z = torch.from_numpy(np.stack([e.z for e in some]))
        decoded = decode_greedily(
            decoder, z, begin=vocabulary.begin, end=vocabulary.end, max_length=vocabulary.max_length
        )
        yield from (e for e, ids in zip(some, decoded, strict=True) if ids == e.ids)


def spread(examples: Iterable[Example], count: int) -> list[Example]:
    """The first `count` that are unlike each other: none shares more than half of its words with one before it."""
    chosen: list[Example] = []
    for example in examples:
        if len(chosen) == count:
            break
        if all(_overlap(example.ids, other.ids) <= _ALIKE for other in chosen):
            chosen.append(example)
    return chosen


def _in_turn(groups: Sequence[Iterator[Example]]) -> Iterator[Example]:
    """The first of each group, the second of each, …; a group that has ended is passed over."""
    for turn in zip_longest(*groups):
        yield from (example for example in turn if example is not None)


def _of_one_length(split: list[list[str]]) -> Iterator[list[list[str]]]:
    for _, same in groupby(split, key=len):
        several = list(same)
        yield from (several[i : i + _BATCH] for i in range(0, len(several), _BATCH))


@torch.no_grad()
def _measure(
    encoder: TextEncoder, decoder: TextDecoder, vocabulary: Vocabulary, words: Tensor
) -> tuple[Tensor, Tensor]:
    """words (B, T) → posterior mean (B, Z), and nats a word (B,) when the decoder is given the right word before each (teacher forcing)."""
    z = encode_sentences(encoder, words)
    state = decoder.start(z)
    token = words.new_full((len(words),), vocabulary.begin)
    nats = z.new_zeros(len(words))
    for target in [*words.T, torch.full_like(token, vocabulary.end)]:
        logits, state = decoder.step(token, state)
        nats += F.cross_entropy(logits, target, reduction="none")
        token = target
    return z, nats / (words.shape[1] + 1)


def _overlap(one: list[int], other: list[int]) -> float:
    """The words that two sentences share, as a part of the shorter one."""
    a, b = set(one), set(other)
    return len(a & b) / min(len(a), len(b))
