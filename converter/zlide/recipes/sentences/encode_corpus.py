"""Encode many sentences, in batches of one length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zlide.recipes.posteriors import Posteriors
from zlide.recipes.sentences.corpus import batches_of_equal_length


class BatchEncoder(Protocol):
    """A text encoder that encodes a batch of sentences of one length at once."""

    def __call__(self, words: Tensor) -> tuple[Tensor, Tensor]:
        """Encode words (B, T) int64 as mean and log variance, each (B, Z)."""


@torch.no_grad()
def encode_corpus(
    encoder: BatchEncoder,
    sentences: Sequence[Sequence[int]],
    progress: Callable[[int, int], None] | None = None,
    batch: int = 256,
) -> Posteriors:
    """Return the posteriors of `sentences`, in their order.

    sentences: ids of words, without begin and end; none is empty.
    progress: called with the number of sentences done and of all.
    """
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
