"""Choose the sentences that a model reconstructs best, as examples for the page.

It needs the contracts of `zlide.decoders` only, so it works for any text encoder and decoder.
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
_MAX_OVERLAP = 0.5  # share of its words that an example may have in common with a better one


@dataclass(frozen=True)
class Example:
    """A sentence and how well the model reconstructs it.

    ids: of its words; z: its posterior mean (Z,) float32; nats: cross-entropy of a word, given z.
    """

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
    """Choose up to `count` sentences with a low error that are reconstructed exactly.

    The best comes first, and they differ from each other.

    groups: the candidates. Several groups take turns, so that no subject takes all the examples.
    Raises ZlideError if the words of no sentence of a group are all in the vocabulary.
    """
    ranked = [
        rank_by_error(encoder, decoder, vocabulary, group, progress=progress) for group in groups
    ]
    exact = [reconstructed_exactly(decoder, vocabulary, group) for group in ranked]
    return take_different(_in_turn(exact), count)


def read_groups(path: Path) -> list[list[str]]:
    """Read groups of sentences: UTF-8, one sentence a line, an empty line between groups.

    Raises ZlideError for a file that is not text or has no sentences.
    """
    try:
        blocks = path.read_text("utf-8").strip().split("\n\n")
    except (OSError, UnicodeDecodeError) as error:
        raise ZlideError(
            path,
            f"cannot be read: {reason_of(error)}",
            "give a text file in UTF-8, one sentence a line",
        ) from error
    groups = [[line for line in block.splitlines() if line.strip()] for block in blocks]
    if not any(groups):
        raise ZlideError(
            path, "expected one sentence a line, found none", "give some sentences to choose from"
        )
    return [group for group in groups if group]


def rank_by_error(
    encoder: TextEncoder,
    decoder: TextDecoder,
    vocabulary: Vocabulary,
    sentences: Sequence[str],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> list[Example]:
    """Return all `sentences` as examples, the one with the lowest error first.

    The error is averaged over the words and the end; a sum would favour short sentences.
    Sentences that are too long for the vocabulary, or contain unknown words, are skipped.
    Raises ZlideError if none is left.
    """
    known = vocabulary.ids
    split = [tokenize(s, lower=vocabulary.lower) for s in dict.fromkeys(sentences)]
    split = [
        words
        for words in split
        if 0 < len(words) <= vocabulary.max_length and all(w in known for w in words)
    ]
    if not split:
        problem = (
            f"expected sentences of up to {vocabulary.max_length} words, all in the vocabulary, "
            f"found none in {len(sentences)}"
        )
        raise ZlideError("examples", problem, "use words of the training text")
    examples: list[Example] = []
    for batch in _batches_of_equal_length(split):
        ids = [[known[word] for word in words] for words in batch]
        z, nats = _measure(encoder, decoder, vocabulary, torch.tensor(ids))
        examples += map(Example, map(" ".join, batch), ids, z.numpy(), nats.tolist())
        if progress:
            progress(len(examples), len(split))
    return sorted(examples, key=lambda example: example.nats)


def reconstructed_exactly(
    decoder: TextDecoder, vocabulary: Vocabulary, examples: Sequence[Example]
) -> Iterator[Example]:
    """Yield the examples that greedy decoding of z gives back word for word.

    A batch is decoded only when its first example is asked for.
    """
    for start in range(0, len(examples), _BATCH):
        batch = examples[start : start + _BATCH]
        decoded = decode_greedily(
            decoder,
            torch.from_numpy(np.stack([example.z for example in batch])),
            begin=vocabulary.begin,
            end=vocabulary.end,
            max_length=vocabulary.max_length,
        )
        yield from (e for e, ids in zip(batch, decoded, strict=True) if ids == e.ids)


def take_different(examples: Iterable[Example], count: int) -> list[Example]:
    """Take the first `count` examples that share at most half of their words with one before."""
    chosen: list[Example] = []
    for example in examples:
        if len(chosen) == count:
            break
        if all(_overlap(example.ids, other.ids) <= _MAX_OVERLAP for other in chosen):
            chosen.append(example)
    return chosen


def _in_turn(groups: Sequence[Iterator[Example]]) -> Iterator[Example]:
    """Yield the first of each group, the second of each, and so on; skip exhausted groups."""
    for examples in zip_longest(*groups):
        yield from (example for example in examples if example is not None)


def _batches_of_equal_length(split: Sequence[list[str]]) -> Iterator[list[list[str]]]:
    for _, group in groupby(sorted(split, key=len), key=len):
        same_length = list(group)
        for start in range(0, len(same_length), _BATCH):
            yield same_length[start : start + _BATCH]


@torch.no_grad()
def _measure(
    encoder: TextEncoder, decoder: TextDecoder, vocabulary: Vocabulary, words: Tensor
) -> tuple[Tensor, Tensor]:
    """Return posterior mean (B, Z) and nats a word (B,) of words (B, T), with teacher forcing."""
    z = encode_sentences(encoder, words)
    state = decoder.start(z)
    token = words.new_full((len(words),), vocabulary.begin)
    nats = z.new_zeros(len(words))
    for target in [*words.T, torch.full_like(token, vocabulary.end)]:
        logits, state = decoder.step(token, state)
        nats += F.cross_entropy(logits, target, reduction="none")
        token = target
    return z, nats / (words.shape[1] + 1)


def _overlap(a: Sequence[int], b: Sequence[int]) -> float:
    """Return the number of words in common, as a share of the shorter sentence."""
    return len({*a} & {*b}) / min(len({*a}), len({*b}))
