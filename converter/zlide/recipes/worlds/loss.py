"""What a world's VAE is trained for: pixels, those that stand out above all, and a cheap code."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zlide.checkpoint import SIDE, WorldSchedule, WorldVAE
from zlide.recipes.worlds.fireballs import LEAST, bright
from zlide.recipes.worlds.frames import Frames

STANDS_OUT = 0.15
"""Difference of a colour from its mean over all frames, beyond which a pixel counts for more."""

OFTEN = 3.0
"""So many times as often as others is a frame with a fireball drawn."""

_AT_ONCE = 1000


class Pictures:
    """The training frames of a world: a `Task`."""

    def __init__(self, model: WorldVAE, frames: Frames, schedule: WorldSchedule) -> None:
        self.model, self.frames, self.schedule = model, frames, schedule
        self.digest = frames.digest
        self.often = how_often(frames)
        self.mean = torch.from_numpy(mean_frame(frames))  # (H, W, 3)

    def batches(self, epoch: int) -> Sequence[Sequence[int]]:
        random = np.random.default_rng((self.schedule.seed, epoch))
        steps = int((self.often > 0).sum()) // self.schedule.batch_size
        drawn: list[list[int]] = random.choice(
            len(self.often), (steps, self.schedule.batch_size), p=self.often
        ).tolist()
        return drawn

    def losses(self, batch: Sequence[int], random: torch.Generator) -> tuple[Tensor, Tensor]:
        pixels = torch.from_numpy(self.frames.some(np.asarray(batch)))  # (B, H, W, 3)
        mean, logvar = self.model.encoder.posterior(pixels)
        z = mean + torch.exp(0.5 * logvar) * torch.randn(mean.shape, generator=random)
        stands_out = (pixels - self.mean).abs().amax(3, keepdim=True) > STANDS_OUT
        weight = 1 + (self.schedule.emphasis - 1) * stands_out  # (B, H, W, 1)
        wrong = self.model.decoder(z) - pixels  # (B, H, W, 3)
        error = (weight * wrong**2).sum((1, 2, 3))
        if self.schedule.edge_weight:
            error = error + self.schedule.edge_weight * sum(
                (weight.narrow(way, 1, SIDE - 1) * wrong.diff(dim=way) ** 2).sum((1, 2, 3))
                for way in (1, 2)
            )
        return error, 0.5 * (mean**2 + logvar.exp() - 1 - logvar).sum(1)

    def length(self, batch: Sequence[int]) -> int:  # noqa: ARG002 (a picture is one)
        return 1


def how_often(frames: Frames) -> NDArray[np.float64]:
    """The probability with which each frame is drawn, (N,); 0 for those that are held out."""
    often = np.ones(len(frames.pixels))
    for start in range(0, len(often), _AT_ONCE):
        part = slice(start, start + _AT_ONCE)
        often[part][bright(frames.some(part)) >= LEAST] = OFTEN
    often[frames.held_out] = 0
    return np.asarray(often / often.sum())


def mean_frame(frames: Frames) -> NDArray[np.float32]:
    """The mean over the training frames, in [0, 1], (H, W, 3)."""
    return np.asarray(frames.pixels[~frames.held_out].mean(0, dtype=np.float64) / 255, np.float32)
