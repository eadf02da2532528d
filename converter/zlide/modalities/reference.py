"""Samples that PyTorch decodes at some positions, to compare with those of a browser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from zlide.axes import Axes
from zlide.bundle import Probe, StoredReference
from zlide.positions import random_positions

Array = NDArray[np.float32]

ENCODED = 200
"""Largest number of samples that the encoder is given."""

AXES_TOLERANCE = 1e-4
"""Largest difference in z, in any dimension."""


@dataclass(frozen=True)
class Positions:
    """N positions: sliders (N, K), residual (N, Z) and z (N, Z).

    located: the sliders (N, K) and the residual (N, Z) that z leads back to.
    """

    sliders: Array
    residual: Array
    z: Array
    located: tuple[Array, Array]


class Findings(Protocol):
    """How the samples of a bundle compare with those of PyTorch."""

    @property
    def equal(self) -> bool:
        """The samples are the same, apart from what is tolerated."""

    def rows(self) -> list[tuple[str, str]]:
        """Return the figures, each with its name."""

    def lines(self) -> list[str]:
        """Return a line for each sample that differs."""


class Reference(Protocol):
    """Samples and posterior means of PyTorch."""

    @property
    def positions(self) -> Positions:
        """The positions that are decoded."""

    @property
    def encoded(self) -> Array:
        """The posterior means (M, Z) of the samples that the browser encodes."""

    @property
    def tolerance(self) -> float:
        """The largest difference of a posterior mean, in any dimension."""

    def job(self) -> dict[str, Any]:
        """Return the samples that the browser encodes, as keys of a `Job` of verify.ts.

        Sentences are `encode`, lists of token ids; values (M, …) are `values`.
        """

    def compare(self, found: Any, parts: Sequence[bytes]) -> Findings:
        """Compare with what the browser posted: a `Result` of verify.ts, and values in parts.

        Values are float32, little-endian, sample by sample.
        Raises ZlideError for an answer to another job.
        """


def positions_at(axes: Axes, sliders: Array, residual: Array) -> Positions:
    """Return the positions at sliders (N, K) and residual (N, Z)."""
    z = axes.to_z(sliders, residual)
    return Positions(sliders, residual, z, axes.from_z(z))


def positions_of(probe: Probe | StoredReference) -> Positions:
    """Return the positions of a probe, or of a stored reference."""
    return Positions(probe.sliders, probe.residual, probe.z, (probe.sliders, probe.residual))


def random_positions_and_examples(
    axes: Axes, latents: Sequence[Array], count: int, seed: int
) -> Positions:
    """Return `count` random positions, half of them near an example, and then the examples.

    latents: z (Z,) of each example.
    """
    examples, residuals = axes.from_z(
        np.stack(latents) if latents else np.zeros((0, axes.latent_size), np.float32)
    )
    sliders, residual = random_positions(axes, residuals, count, seed)
    return positions_at(
        axes, np.concatenate([sliders, examples]), np.concatenate([residual, residuals])
    )
