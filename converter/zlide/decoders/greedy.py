"""Decode many sentences at once; greedily or by any other choice of the next token."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from zlide.decoders.contracts import TextDecoder

ChooseTokens = Callable[[Tensor, Tensor, int], Tensor]
"""Chooses the next token of several sentences.

Arguments: logits (A, V), the rows (A,) of z that they belong to, and the index of the token in
its sentence, from 0. Returns (A,) int64.
"""

_BATCH = 256


def decode_greedily(
    decoder: TextDecoder, z: Tensor, *, begin: int, end: int, max_length: int
) -> list[list[int]]:
    """Decode z (N, Z) float32 to N lists of token ids, taking the likeliest token at each step.

    The lists hold at most `max_length` ids, without begin and end. An empty list is a sentence
    that ended at once.
    """
    return decode_choosing(
        lambda logits, _rows, _index: logits.argmax(dim=1),
        decoder,
        z,
        begin=begin,
        end=end,
        max_length=max_length,
    )


def decode_with_margins(
    decoder: TextDecoder, z: Tensor, *, begin: int, end: int, max_length: int
) -> tuple[list[list[int]], Tensor]:
    """Decode as `decode_greedily` does, and return the margin of each token, (N, max_length).

    A margin is the difference of the two best logits; infinity after the end of a sentence.
    """
    margins = torch.full((len(z), max_length), float("inf"))

    def choose(logits: Tensor, rows: Tensor, index: int) -> Tensor:
        best = logits.topk(2, dim=1).values
        margins[rows, index] = best[:, 0] - best[:, 1]
        return logits.argmax(dim=1)

    limits = {"begin": begin, "end": end, "max_length": max_length}
    return decode_choosing(choose, decoder, z, **limits), margins


@torch.no_grad()
def decode_choosing(
    choose: ChooseTokens, decoder: TextDecoder, z: Tensor, *, begin: int, end: int, max_length: int
) -> list[list[int]]:
    """Decode as `decode_greedily` does, but let `choose` take each token."""
    sentences: list[list[int]] = [[] for _ in range(len(z))]
    for rows in torch.arange(len(z)).split(_BATCH) if len(z) else ():
        _decode_rows(choose, decoder, z, rows, sentences, (begin, end, max_length))
    return sentences


def _decode_rows(
    choose: ChooseTokens,
    decoder: TextDecoder,
    z: Tensor,
    rows: Tensor,
    sentences: list[list[int]],
    limits: tuple[int, int, int],
) -> None:
    """Fill in the sentences of `rows` (A,) of z (N, Z); `limits` is begin, end, max_length."""
    begin, end, max_length = limits
    token = torch.full((len(rows),), begin, dtype=torch.int64)
    state = decoder.start(z[rows])
    for index in range(max_length):
        logits, state = decoder.step(token, state)
        token = choose(logits, rows, index)
        unfinished = token != end
        if not unfinished.all():  # dropping finished rows from the batch halves the work
            rows, token = rows[unfinished], token[unfinished]
            state = tuple(tensor[unfinished] for tensor in state)
        if len(rows) == 0:
            break
        for row, token_id in zip(rows.tolist(), token.tolist(), strict=True):
            sentences[row].append(token_id)
