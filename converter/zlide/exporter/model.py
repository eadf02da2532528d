"""A model on its way through an export."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from zlide.axes import Axes
from zlide.modalities import Array, Latents, Modality
from zlide.positions import positions_near_examples

POSITIONS = 64
"""Number of positions at which PyTorch, lowered PyTorch and written graphs must decode the same."""


@dataclass(frozen=True)
class Model:
    """A decoder, its encoder or None, and what they are exported with.

    axes: sets of axes; positions of examples refer to the first.
    latents: those of the examples.
    """

    modality: Modality
    decoder: Any
    encoder: Any
    axes: tuple[Axes, ...]
    latents: Latents

    def map(self, change: Callable[[Any, str], Any]) -> Model:
        """Return the model with `change` of each module; it gets the module and its role."""
        encoder = None if self.encoder is None else change(self.encoder, "encoder")
        return replace(self, decoder=change(self.decoder, "decoder"), encoder=encoder)

    def positions(self) -> tuple[Array, Array, Array]:
        """Return the positions at which implementations are compared, of which some are the probe.

        They are sliders (N, K), residuals (N, Z) and z (N, Z); N is `POSITIONS`.
        """
        return positions_near_examples(self.axes[0], self.latents, POSITIONS)
