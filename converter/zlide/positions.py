"""Where PyTorch and the browser are compared: random positions on the axes, half of them around an example."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from zlide.axes import Axes

Array = NDArray[np.float32]


def random_positions(axes: Axes, residuals: Array, count: int, seed: int) -> tuple[Array, Array]:
    """`count` positions: sliders (N, K) uniform within the axes' range, residual (N, Z) of a random example for every second one, else 0."""
    draws = np.random.default_rng(seed)
    sliders = draws.uniform(-axes.range, axes.range, (count, axes.count)).astype(np.float32)
    residual = np.zeros((count, axes.latent_size), np.float32)
    if len(residuals):
        residual[::2] = residuals[draws.integers(len(residuals), size=len(residual[::2]))]
    return sliders, residual


def positions_near_examples(
    axes: Axes, latents: Mapping[str, Array], count: int
) -> tuple[Array, Array, Array]:
    """`count` random positions, half of them around one of the examples: sliders (N, K), residual (N, Z), z (N, Z)."""
    residuals = (
        np.stack([axes.from_z(z[None])[1][0] for z in latents.values()])
        if latents
        else np.zeros((0, axes.latent_size), np.float32)
    )
    sliders, residual = random_positions(axes, residuals, count, seed=0)
    return sliders, residual, axes.to_z(sliders, residual)


def validation_positions(axes: Axes, latents: Mapping[str, Array]) -> Array:
    """A thousand positions within the axes' range, and all examples: z (N, Z)."""
    sliders, residual = random_positions(
        axes, np.zeros((0, axes.latent_size), np.float32), 1000, seed=1
    )
    return np.concatenate([axes.to_z(sliders, residual), *(z[None] for z in latents.values())])
