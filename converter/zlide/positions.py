"""Positions at which PyTorch and the browser are compared."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from zlide.axes import Axes

Array = NDArray[np.float32]


def random_positions(axes: Axes, residuals: Array, count: int, seed: int) -> tuple[Array, Array]:
    """Draw `count` positions: sliders (N, K) and residuals (N, Z).

    Sliders are uniform within the axes' range. Every second position takes a random row of
    `residuals` (M, Z); the other residuals are 0.
    """
    rng = np.random.default_rng(seed)
    sliders = rng.uniform(-axes.range, axes.range, (count, axes.count)).astype(np.float32)
    residual = np.zeros((count, axes.latent_size), np.float32)
    if len(residuals):
        residual[::2] = residuals[rng.integers(len(residuals), size=len(residual[::2]))]
    return sliders, residual


def positions_near_examples(
    axes: Axes, latents: Mapping[str, Array], count: int
) -> tuple[Array, Array, Array]:
    """Return `count` positions: sliders (N, K), residuals (N, Z) and z (N, Z).

    Every second one has the residual of one of the examples, whose latents (Z,) are given.
    """
    residuals = np.zeros((0, axes.latent_size), np.float32)
    if latents:
        residuals = np.stack([axes.from_z(z[None])[1][0] for z in latents.values()])
    sliders, residual = random_positions(axes, residuals, count, seed=0)
    return sliders, residual, axes.to_z(sliders, residual)
