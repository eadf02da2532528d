"""Find what changes most along an axis while everything else stays the same."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.axes import Axes
from zlide.describe.effects import Effect, Feature, find_effects
from zlide.describe.naming import suggest_name, suggest_note

END = 2.0
"""σ; the two ends of an axis are −END and END."""

Array = NDArray[np.float32]

FeatureExtractor = Callable[[Array], Sequence[Feature]]
"""z (2, N, Z), N positions at both ends of an axis → features of their samples."""


@dataclass(frozen=True)
class AxisDescription:
    """The effects of an axis, largest first, with a suggested name and note.

    axis: its index, from 0. name, note: None if no effect is significant.
    """

    axis: int
    name: str | None
    note: str | None
    effects: list[Effect]

    def to_json(self) -> dict[str, Any]:
        """Return the description as values of JSON; axes count from 1."""
        return {
            "axis": self.axis + 1,
            "name": self.name,
            "note": self.note,
            "effects": [effect.to_json() for effect in self.effects],
        }


def describe(  # noqa: PLR0913 (what a user may choose)
    axes: Axes,
    extract: FeatureExtractor,
    residuals: Array,
    *,
    samples: str = "samples",
    positions: int = 500,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[AxisDescription]:
    """Compare the samples at −2 σ and at 2 σ of each axis, at the same random positions.

    The other sliders of a position are drawn from N(0, 1) and clipped to the range of the axes.
    Its residual is drawn from `residuals` (M, Z), or is zero if M is 0.
    samples: the noun for several samples, in notes.
    progress: called with the number of axes done and of all.
    """
    draws = np.random.default_rng(seed)
    sliders = (
        draws.normal(size=(positions, axes.count)).clip(-axes.range, axes.range).astype(np.float32)
    )
    residual = (
        residuals[draws.integers(len(residuals), size=positions)]
        if len(residuals)
        else np.zeros((positions, axes.latent_size), np.float32)
    )
    descriptions: list[AxisDescription] = []
    taken = set(axes.names)
    for axis in range(axes.count):
        effects = find_effects(extract(_ends(axes, axis, sliders, residual)), axes.count)
        name = suggest_name(effects, taken - {axes.names[axis]})
        taken |= {name} if name else set()
        note = suggest_note(effects, samples)
        descriptions.append(AxisDescription(axis, name, note, effects))
        progress(axis + 1, axes.count)
    return descriptions


def _ends(axes: Axes, axis: int, sliders: Array, residual: Array) -> Array:
    """Return z (2, N, Z): all positions with this slider at −2 σ, and at 2 σ."""
    ends = np.stack([sliders, sliders])
    ends[:, :, axis] = np.array([[-END], [END]])
    return np.stack([axes.to_z(end, residual) for end in ends])
