"""Where the encoder puts sentences: posterior means and variances of many, in batches of one length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zlide.recipes.posteriors import Posteriors
from zlide.recipes.sentences.corpus import batches_of_equal_length

Progress = Callable[[int, int], None]
"""Called with how many of how many are done."""


class Encoder(Protocol):
    """The fast way through a text encoder: whole sentences of one length."""

    def __call__(self, words: Tensor) -> tuple[Tensor, Tensor]:
        """words (B, T) int64 → posterior mean and log variance, each (B, Z)."""


@torch.no_grad()
def encode_corpus(
    encoder: Encoder,
    sentences: Sequence[Sequence[int]],
    progress: Progress | None = None,
    batch: int = 256,
) -> Posteriors:
    """The posteriors of `sentences` (ids of words, none empty, without begin and end), in their order."""
    rows: list[int] = []
    means: list[NDArray[np.float32]] = []
    logvars: list[NDArray[np.float32]] = []
    for indices in batches_of_equal_length(sentences, batch, seed=0):
        mean, logvar = encoder(torch.tensor([sentences[i] for i in indices]))
        rows += indices
        means.append(mean.numpy())
        logvars.append(logvar.numpy())
        if progress:
            progress(len(rows), len(sentences))
    order = np.argsort(rows)
    return Posteriors(np.concatenate(means)[order], np.exp(np.concatenate(logvars)[order]))
