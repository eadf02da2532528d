"""Posteriors of many samples, whatever their modality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Posteriors:
    """Diagonal Gaussians over z, one a sentence: means and variances, each (N, Z) float32."""

    means: NDArray[np.float32]
    variances: NDArray[np.float32]

    def kl(self) -> NDArray[np.float32]:
        """Nats from N(0, 1), (N,)."""
        return np.asarray(
            0.5 * (self.means**2 + self.variances - 1 - np.log(self.variances)).sum(axis=1),
            np.float32,
        )

    def draw(self, count: int, random: np.random.Generator) -> NDArray[np.float32]:
        """`count` z (count, Z) from the aggregate posterior, taken as one Gaussian: covariance of the means, plus the mean variances."""
        covariance = np.cov(self.means.astype(np.float64), rowvar=False) + np.diag(
            self.variances.mean(axis=0, dtype=np.float64)
        )
        mean = self.means.mean(axis=0, dtype=np.float64)
        return random.multivariate_normal(mean, covariance, size=count, method="cholesky").astype(
            np.float32
        )
