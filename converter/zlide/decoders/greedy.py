"""Decoding of many sentences at once; greedily: at every step the likeliest word."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from zlide.decoders.contracts import TextDecoder

Choose = Callable[[Tensor, Tensor, int], Tensor]
"""logits (A, V), the rows (A,) that they are of, the place in their sentences, counted from 0 → a word of each, (A,) int64."""

_BATCH = 256


def decode_greedily(
    decoder: TextDecoder, z: Tensor, *, begin: int, end: int, max_length: int
) -> list[list[int]]:
    """z (N, Z) float32 → N lists of ids, without begin and end, of at most `longest` words. An empty list is a sentence that ended at once."""
    return decode_by(
        lambda logits, _rows, _place: logits.argmax(dim=1),
        decoder,
        z,
        begin=begin,
        end=end,
        max_length=max_length,
    )


@torch.no_grad()
def decode_by(
    choose: Choose, decoder: TextDecoder, z: Tensor, *, begin: int, end: int, max_length: int
) -> list[list[int]]:
    """The same with words that `choose` chooses."""
    sentences: list[list[int]] = [[] for _ in range(len(z))]
    for rows in torch.arange(len(z)).split(_BATCH) if len(z) else ():
        _decode(choose, decoder, z, rows, sentences, (begin, end, max_length))
    return sentences


def _decode(
    choose: Choose,
    decoder: TextDecoder,
    z: Tensor,
    rows: Tensor,
    sentences: list[list[int]],
    tokens: tuple[int, int, int],
) -> None:
    """Write the sentences of these rows (A,) of z (N, Z)."""
    begin, end, max_length = tokens
    token = torch.full((len(rows),), begin, dtype=torch.int64)
    state = decoder.start(z[rows])
    for place in range(max_length):
        logits, state = decoder.step(token, state)
        token = choose(logits, rows, place)
        goes_on = token != end
        if not goes_on.all():  # rows that have ended leave the batch, which halves the work
            rows, token, state = (
                rows[goes_on],
                token[goes_on],
                tuple(part[goes_on] for part in state),
            )
        if len(rows) == 0:
            break
        for row, word in zip(rows.tolist(), token.tolist(), strict=True):
            sentences[row].append(word)
