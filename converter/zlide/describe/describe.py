"""What an axis means: what changes most when a sample is moved along it, everything else staying where it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.axes import Axes
from zlide.describe.effects import Effect, Feature, effects_of
from zlide.describe.naming import name_of, note_of

END = 2.0
"""σ: from −END to END an axis is looked at."""

Array = NDArray[np.float32]

FeatureExtractor = Callable[[Array], Sequence[Feature]]
"""z (2, N, Z), N positions at both ends of an axis → what can be told of the samples there."""


@dataclass(frozen=True)
class Described:
    """An axis, what changes along it, largest first, and what it could be called; None where nothing changes by more than chance."""

    axis: int  # from 0
    name: str | None
    note: str | None
    effects: list[Effect]

    def facts(self) -> dict[str, Any]:
        """The same for programs; axes from 1."""
        return {
            "axis": self.axis + 1,
            "name": self.name,
            "note": self.note,
            "effects": [effect.facts() for effect in self.effects],
        }


def describe(
    axes: Axes,
    look: FeatureExtractor,
    residuals: Array,
    *,
    positions: int = 500,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> list[Described]:
    """Compare what is decoded at −2 σ and at 2 σ of each axis, at the same `positions` random places.

    A place has the other sliders at N(0, 1), cut off at the axes' range, and the residual of one of `residuals` (M, Z), or none where
    M is 0. `progress` hears how many axes of how many are done.
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
    described: list[Described] = []
    taken = set(axes.names)
    for axis in range(axes.count):
        effects = effects_of(look(_ends(axes, axis, sliders, residual)), axes.count)
        name = name_of(effects, taken - {axes.names[axis]})
        taken |= {name} if name else set()
        described.append(Described(axis, name, note_of(effects), effects))
        progress(axis + 1, axes.count)
    return described


def _ends(axes: Axes, axis: int, sliders: Array, residual: Array) -> Array:
    """z (2, N, Z): all places with this slider at −2 σ, and the same at 2 σ."""
    ends = np.stack([sliders, sliders])
    ends[:, :, axis] = np.array([[-END], [END]])
    return np.stack([axes.to_z(end, residual) for end in ends])
