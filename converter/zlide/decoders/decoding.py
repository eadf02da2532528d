"""Sentences with how sure the model was of each word, of the likeliest words or of words drawn by chance."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from zlide.decoders.contracts import TextDecoder
from zlide.decoders.greedy import decode_by
from zlide.decoders.sampling import Sampling, draw, probability

DecodingMode = Sampling | None
"""How the words of a sentence are chosen; None: always the likeliest."""


@dataclass(frozen=True)
class Decoded:
    """A sentence as token ids, without begin and end, as `writing` has it.

    confidence: how probable the model itself finds each word, whatever the temperature; ending: the same of the end, if it was written;
    margins: how far each draw, the end's too, was from the edge of another word.
    """

    tokens: list[int]
    confidence: list[float]
    ending: float | None
    margins: list[float]


def write(
    decoder: TextDecoder,
    z: Tensor,
    writings: Sequence[DecodingMode],
    *,
    begin: int,
    end: int,
    max_length: int,
) -> list[Decoded]:
    """z (N, Z) float32 and how each sentence is written → N sentences of at most `longest` words."""
    sure: list[list[float]] = [[] for _ in writings]
    margins: list[list[float]] = [[] for _ in writings]

    def choose(logits: Tensor, rows: Tensor, place: int) -> Tensor:
        words = logits.argmax(dim=1)
        for i, (row, own) in enumerate(zip(rows.tolist(), logits.numpy(), strict=True)):
            if writing := writings[row]:
                words[i], margin = draw(own, writing, place)
                margins[row].append(margin)
            sure[row].append(probability(own, int(words[i])))
        return words

    sentences = decode_by(choose, decoder, z, begin=begin, end=end, max_length=max_length)
    return [
        Decoded(
            tokens, of_all[: len(tokens)], of_all[-1] if len(of_all) > len(tokens) else None, near
        )
        for tokens, of_all, near in zip(sentences, sure, margins, strict=True)
    ]
