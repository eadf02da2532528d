"""Encode sentences word by word, from both ends at once."""

from __future__ import annotations

import torch
from torch import Tensor

from zlide.decoders.contracts import TextEncoder


@torch.no_grad()
def encode_sentences(encoder: TextEncoder, words: Tensor) -> Tensor:
    """Return the posterior means (B, Z) of words (B, T) int64, without begin and end."""
    state = encoder.start(len(words))
    for forward, backward in zip(words.T, words.flip(1).T, strict=True):
        state = encoder.read(forward, backward, state)
    return encoder.finish(state)
