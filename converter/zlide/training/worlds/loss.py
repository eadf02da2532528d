"""What a world's VAE is trained for: pixels, those that stand out above all, and a cheap code."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zlide.models.world import WorldVAE
from zlide.training.worlds.fireballs import LEAST, bright
from zlide.training.worlds.frames import Frames

STANDS_OUT = 0.15
"""Difference of a colour from its mean over all frames, beyond which a pixel counts for more."""

OFTEN = 3.0
"""So many times as often as others is a frame with a fireball drawn."""


@dataclass(frozen=True)
class Weights:
    """mean (H, W, 3) of all frames, in [0, 1]; emphasis: how much more a pixel counts that stands out from it."""

    mean: Tensor
    emphasis: float

    def __call__(self, pixels: Tensor) -> Tensor:
        """pixels (B, H, W, 3) → the weight of each, (B, H, W, 1)."""
        out = (pixels - self.mean).abs().amax(3, keepdim=True) > STANDS_OUT
        return 1 + (self.emphasis - 1) * out


def losses(model: WorldVAE, pixels: Tensor, weights: Weights, random: torch.Generator) -> tuple[Tensor, Tensor]:
    """pixels (B, H, W, 3) in [0, 1] → weighted squared error (B,) and nats of KL from N(0, 1) (B,), at one sample of the posterior."""
    mean, logvar = model.encoder.posterior(pixels)
    z = mean + torch.exp(0.5 * logvar) * torch.randn(mean.shape, generator=random)
    error = (weights(pixels) * (model.decoder(z) - pixels) ** 2).sum((1, 2, 3))
    kl = 0.5 * (mean**2 + logvar.exp() - 1 - logvar).sum(1)
    return error, kl


def how_often(frames: Frames) -> NDArray[np.float64]:
    """How often each frame is drawn, relative to others: (N,); never those that are held out."""
    often = np.ones(len(frames.pixels))
    for start in range(0, len(often), 1000):
        often[start : start + 1000][bright(frames.some(slice(start, start + 1000))) >= LEAST] = OFTEN
    often[frames.held_out] = 0
    return often / often.sum()
