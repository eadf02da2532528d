"""Where the encoder puts sentences: posterior means and variances of many, in batches of one length."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zlide.training.sentences.corpus import batches_of_equal_length

Progress = Callable[[int, int], None]
"""Called with how many of how many are done."""


class Encoder(Protocol):
    """The fast way through a text encoder: whole sentences of one length."""

    def __call__(self, words: Tensor) -> tuple[Tensor, Tensor]:
        """words (B, T) int64 → posterior mean and log variance, each (B, Z)."""


@dataclass(frozen=True)
class Posteriors:
    """Diagonal Gaussians over z, one a sentence: means and variances, each (N, Z) float32."""

    means: NDArray[np.float32]
    variances: NDArray[np.float32]

    def kl(self) -> NDArray[np.float32]:
        """Nats from N(0, 1), (N,)."""
        return np.asarray(0.5 * (self.means**2 + self.variances - 1 - np.log(self.variances)).sum(axis=1), np.float32)

    def draw(self, count: int, random: np.random.Generator) -> NDArray[np.float32]:
        """`count` z (count, Z) from the aggregate posterior, taken as one Gaussian: covariance of the means, plus the mean variances."""
        covariance = np.cov(self.means.astype(np.float64), rowvar=False) + np.diag(self.variances.mean(axis=0, dtype=np.float64))
        mean = self.means.mean(axis=0, dtype=np.float64)
        return random.multivariate_normal(mean, covariance, size=count, method="cholesky").astype(np.float32)


@torch.no_grad()
def encode_sentences(encoder: Encoder, sentences: Sequence[Sequence[int]], progress: Progress | None = None, batch: int = 256) -> Posteriors:
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
