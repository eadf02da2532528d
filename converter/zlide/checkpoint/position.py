"""A position given by slider values and an example."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from zlide.checkpoint.layout import EXAMPLES
from zlide.checkpoint.read import Checkpoint
from zlide.errors import ZlideError

Array = NDArray[np.float32]

MAX_SLIDER = 1_000_000
"""σ; sums of float32 may overflow beyond it."""


def position_of(
    checkpoint: Checkpoint, sliders: Sequence[float], example: int | None = None
) -> tuple[Array, Array]:
    """Return the sliders (K,) of a position and its z (1, Z).

    sliders: values of the first axes, in σ; the others are 0, or those of the example.
    example: number of the example, from 1 on, whose residual the position has.
    Raises ZlideError for more values than axes, for values that are not finite or too large, and
    for an example that the checkpoint does not have.
    """
    axes = checkpoint.axes
    if len(sliders) > axes.count:
        raise ZlideError(
            "--sliders",
            f"expected up to {axes.count} numbers, one for each axis, found {len(sliders)}",
            "leave out the others",
        )
    if not (np.abs(sliders) <= MAX_SLIDER).all():
        raise ZlideError(
            "--sliders",
            f"expected numbers of σ up to ±{MAX_SLIDER:,}, "
            f"found {', '.join(f'{value:g}' for value in sliders)}",
            f"stay within ±{axes.range:g}, as the page does",
        )
    position, residual = np.zeros(axes.count, np.float32), np.zeros(axes.latent_size, np.float32)
    if example is not None:
        latents = list(checkpoint.examples.values())
        if example > len(latents):
            raise ZlideError(
                checkpoint.folder / EXAMPLES,
                f"expected an example from 1 to {len(latents)}, found {example}",
                "choose another with --example",
            )
        example_sliders, residuals = axes.from_z(latents[example - 1][None])
        position, residual = example_sliders[0], residuals[0]
    position[: len(sliders)] = sliders
    return position, axes.to_z(position[None], residual[None])
