"""The posteriors of many samples, for any modality."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Posteriors:
    """Diagonal Gaussians over z, one for each sample: means and variances, each (N, Z) float32."""

    means: NDArray[np.float32]
    variances: NDArray[np.float32]

    def kl(self) -> NDArray[np.float32]:
        """Return the KL divergence of each sample from N(0, 1) in nats, (N,) float32."""
        return np.asarray(self._kl_terms().sum(axis=1), np.float32)

    def kl_by_dimension(self) -> NDArray[np.float32]:
        """Return the mean KL divergence of each dimension from N(0, 1) in nats, (Z,) float32."""
        return np.asarray(self._kl_terms().mean(axis=0), np.float32)

    def draw(self, count: int, random: np.random.Generator) -> NDArray[np.float32]:
        """Draw z (count, Z) float32 from the aggregate posterior, approximated by one Gaussian.

        Its covariance is that of the means plus the mean variances.
        """
        covariance = np.cov(self.means.astype(np.float64), rowvar=False) + np.diag(
            self.variances.mean(axis=0, dtype=np.float64)
        )
        mean = self.means.mean(axis=0, dtype=np.float64)
        return random.multivariate_normal(mean, covariance, size=count, method="cholesky").astype(
            np.float32
        )

    def _kl_terms(self) -> NDArray[np.float32]:
        terms: NDArray[np.float32] = 0.5 * (
            self.means**2 + self.variances - 1 - np.log(self.variances)
        )
        return terms
