"""What PyTorch says at some positions, and whether what a browser says is the same."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from zlide.axes import Axes
from zlide.positions import random_positions

Array = NDArray[np.float32]

ENCODED = 200
"""Samples given to the encoder."""


@dataclass(frozen=True)
class Positions:
    """At sliders (N, K) and residual (N, Z) lies z (N, Z), which leads back to `located`: sliders and residual."""

    sliders: Array
    residual: Array
    z: Array
    located: tuple[Array, Array]


class Findings(Protocol):
    """How the samples of a bundle compare with PyTorch's."""

    @property
    def equal(self) -> bool:
        """Whether they are the same, as far as anybody would notice."""

    def rows(self) -> list[tuple[str, str]]:
        """What was found, in figures, each with its name."""

    def lines(self) -> list[str]:
        """What is to be said of single positions."""


class Reference(Protocol):
    """What PyTorch says."""

    @property
    def places(self) -> Positions:
        """The positions."""

    @property
    def encoded(self) -> Array:
        """The posterior means (M, Z) of what the browser is to encode."""

    @property
    def tolerance(self) -> float:
        """By so much a posterior mean may differ in each dimension."""

    def job(self) -> dict[str, Any]:
        """What the browser is to encode, as verify.ts takes it."""

    def judge(self, found: Any, parts: Sequence[bytes]) -> Findings:
        """Compare with what the browser posted, a result and parts of pictures. Raises ZlideError for an answer to something else."""


def positions_at(axes: Axes, sliders: Array, residual: Array) -> Positions:
    """Where `axes` put sliders (N, K) and residual (N, Z)."""
    z = axes.to_z(sliders, residual)
    return Positions(sliders, residual, z, axes.from_z(z))


def positions_among(axes: Axes, latents: Sequence[Array], positions: int, seed: int) -> Positions:
    """`positions` at random, half of them around one of `latents`, and then those themselves."""
    own, residuals = axes.from_z(
        np.stack(latents) if latents else np.zeros((0, axes.latent_size), np.float32)
    )
    sliders, residual = random_positions(axes, residuals, positions, seed)
    return positions_at(axes, np.concatenate([sliders, own]), np.concatenate([residual, residuals]))
