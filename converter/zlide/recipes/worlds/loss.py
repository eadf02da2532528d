"""The loss of a world's VAE: a squared error with weights for each pixel, and KL from the prior."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zlide.checkpoint import SIDE, WorldSchedule, WorldVAE
from zlide.recipes.worlds.fireballs import MIN_PIXELS, count_bright_pixels
from zlide.recipes.worlds.frames import Frames

EMPHASIZED = 0.15
"""Difference from the mean frame, in any colour, above which a pixel is emphasized."""

FIREBALL_WEIGHT = 3.0
"""Sampling weight of a frame with a fireball; the other training frames have 1."""

_BATCH = 1000


class WorldTask:
    """A world's VAE and its training frames: a `Task` for `fit`."""

    def __init__(self, model: WorldVAE, frames: Frames, schedule: WorldSchedule) -> None:
        self.model, self.frames, self.schedule = model, frames, schedule
        self.digest = frames.digest
        self.probabilities = sampling_weights(frames)
        self.mean = torch.from_numpy(mean_frame(frames))  # (H, W, 3)

    def batches(self, epoch: int) -> Sequence[Sequence[int]]:
        random = np.random.default_rng((self.schedule.seed, epoch))
        steps = int((self.probabilities > 0).sum()) // self.schedule.batch_size
        drawn: list[list[int]] = random.choice(
            len(self.probabilities), (steps, self.schedule.batch_size), p=self.probabilities
        ).tolist()
        return drawn

    def losses(self, batch: Sequence[int], random: torch.Generator) -> tuple[Tensor, Tensor]:
        pixels = torch.from_numpy(self.frames.pixels_of(np.asarray(batch)))  # (B, H, W, 3)
        mean, logvar = self.model.encoder.posterior(pixels)
        z = mean + torch.exp(0.5 * logvar) * torch.randn(mean.shape, generator=random)
        differs = (pixels - self.mean).abs().amax(3, keepdim=True) > EMPHASIZED
        weight = 1 + (self.schedule.emphasis - 1) * differs  # (B, H, W, 1)
        difference = self.model.decoder(z) - pixels  # (B, H, W, 3)
        error = (weight * difference**2).sum((1, 2, 3))
        if self.schedule.edge_weight:
            error = error + self.schedule.edge_weight * _edge_error(weight, difference)
        return error, 0.5 * (mean**2 + logvar.exp() - 1 - logvar).sum(1)

    def length(self, batch: Sequence[int]) -> int:  # noqa: ARG002 (a picture counts as 1)
        return 1


def sampling_weights(frames: Frames) -> NDArray[np.float64]:
    """Return the probability (N,) of drawing each frame; 0 for the held-out ones."""
    weights = np.ones(len(frames.pixels))
    for start in range(0, len(weights), _BATCH):
        batch = slice(start, start + _BATCH)
        has_fireball = count_bright_pixels(frames.pixels_of(batch)) >= MIN_PIXELS
        weights[batch][has_fireball] = FIREBALL_WEIGHT
    weights[frames.held_out] = 0
    return np.asarray(weights / weights.sum())


def mean_frame(frames: Frames) -> NDArray[np.float32]:
    """Return the mean of the training frames, (H, W, 3) float32 in [0, 1]."""
    return np.asarray(frames.pixels[~frames.held_out].mean(0, dtype=np.float64) / 255, np.float32)


def _edge_error(weight: Tensor, difference: Tensor) -> Tensor:
    """Return the weighted squared error (B,) of the differences between neighbouring pixels.

    weight (B, H, W, 1); difference (B, H, W, 3) of the decoded pixels from the true ones.
    """
    columns, rows = (
        (weight.narrow(dim, 1, SIDE - 1) * difference.diff(dim=dim) ** 2).sum((1, 2, 3))
        for dim in (1, 2)
    )
    return columns + rows
