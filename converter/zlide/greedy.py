"""Greedy decoding, many sentences at once: at every step the likeliest word."""

from __future__ import annotations

import torch
from torch import Tensor

from zlide.decoders import TextDecoder

_BATCH = 256


@torch.no_grad()
def decode_greedily(decoder: TextDecoder, z: Tensor, *, begin: int, end: int, longest: int) -> list[list[int]]:
    """z (N, Z) float32 → N lists of ids, without begin and end, of at most `longest` words. An empty list is a sentence that ended at once."""
    return [ids for part in z.split(_BATCH) for ids in _decode(decoder, part, begin, end, longest)]


def _decode(decoder: TextDecoder, z: Tensor, begin: int, end: int, longest: int) -> list[list[int]]:
    sentences: list[list[int]] = [[] for _ in range(len(z))]
    alive = torch.arange(len(z))  # rows that have not ended; the others leave the batch, which halves the work
    token = torch.full((len(z),), begin, dtype=torch.int64)
    state = decoder.start(z)
    for _ in range(longest):
        logits, state = decoder.step(token, state)
        token = logits.argmax(dim=1)
        goes_on = token != end
        if not goes_on.all():
            alive, token, state = alive[goes_on], token[goes_on], tuple(part[goes_on] for part in state)
        if len(alive) == 0:
            break
        for row, word in zip(alive.tolist(), token.tolist(), strict=True):
            sentences[row].append(word)
    return sentences
