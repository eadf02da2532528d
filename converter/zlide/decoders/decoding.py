"""Decode sentences with the model's confidence in each token, greedily or by sampling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from zlide.decoders.contracts import TextDecoder
from zlide.decoders.greedy import decode_choosing
from zlide.decoders.sampling import Sampling, draw, probability

DecodingMode = Sampling | None
"""How the tokens of a sentence are chosen; None is greedy."""


@dataclass(frozen=True)
class Decoded:
    """A sentence as token ids, without begin and end.

    confidence: probability of each token, before temperature and top-k.
    end_confidence: the same for the end, or None if the sentence was cut off at `max_length`.
    margins: distance of each random number, the end's included, from the nearest edge of its
    token's share of [0, 1); empty if the sentence was decoded greedily.
    """

    tokens: list[int]
    confidence: list[float]
    end_confidence: float | None
    margins: list[float]


def decode_sentences(
    decoder: TextDecoder,
    z: Tensor,
    modes: Sequence[DecodingMode],
    *,
    begin: int,
    end: int,
    max_length: int,
) -> list[Decoded]:
    """Decode z (N, Z) float32 to N sentences of at most `max_length` tokens, each by its mode."""
    confidence: list[list[float]] = [[] for _ in modes]
    margins: list[list[float]] = [[] for _ in modes]

    def choose(logits: Tensor, rows: Tensor, index: int) -> Tensor:
        tokens = logits.argmax(dim=1)
        for i, (row, row_logits) in enumerate(zip(rows.tolist(), logits.numpy(), strict=True)):
            if mode := modes[row]:
                tokens[i], margin = draw(row_logits, mode, index)
                margins[row].append(margin)
            confidence[row].append(probability(row_logits, int(tokens[i])))
        return tokens

    sentences = decode_choosing(choose, decoder, z, begin=begin, end=end, max_length=max_length)
    return [
        Decoded(
            tokens,
            probabilities[: len(tokens)],
            probabilities[-1] if len(probabilities) > len(tokens) else None,
            row_margins,
        )
        for tokens, probabilities, row_margins in zip(sentences, confidence, margins, strict=True)
    ]
