"""The figures of a world's VAE: pixel error, KL, and whether fireballs are reconstructed."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zlide.checkpoint import World, WorldVAE
from zlide.recipes.posteriors import Posteriors
from zlide.recipes.worlds.fireballs import fireball_figures
from zlide.recipes.worlds.frames import Frames

HELD_OUT = 1000
"""Held-out frames for each figure."""

_ACTIVE = 0.01  # variance of a posterior mean, from Burda et al. 2016, section 5.2
_BATCH = 250

Pixels = NDArray[np.float32]


def evaluate(model: WorldVAE, world: World, frames: Frames, *, seed: int = 1) -> dict[str, Any]:
    """Return the figures of `evaluation.json`.

    They are rmse over pixels in [0, 1], fireballs (Doom only), kl in nats and active dimensions.
    """
    chosen = draw_held_out(frames, HELD_OUT, seed)
    posteriors = encode_pictures(model, chosen)
    decoded = decode_pictures(model, posteriors.means)
    return {
        "frames": len(chosen),
        "rmse": float(np.sqrt(np.square(decoded - chosen, dtype=np.float64).mean())),
        **({"fireballs": fireball_figures(chosen, decoded)} if world == "doom" else {}),
        "kl": float(posteriors.kl().mean()),
        "active": int((posteriors.means.var(axis=0) > _ACTIVE).sum()),
    }


def draw_held_out(frames: Frames, count: int, seed: int) -> Pixels:
    """Draw up to `count` held-out frames, (n, H, W, 3) float32 in [0, 1]."""
    held_out = np.flatnonzero(frames.held_out)
    return frames.pixels_of(np.sort(np.random.default_rng(seed).permutation(held_out)[:count]))


@torch.no_grad()
def encode_pictures(model: WorldVAE, pixels: Pixels | NDArray[np.uint8]) -> Posteriors:
    """Return the posteriors of pixels (N, H, W, 3), float32 in [0, 1] or uint8."""
    pairs = [
        model.encoder.posterior(_to_unit(batch))
        for batch in torch.from_numpy(pixels.copy()).split(_BATCH)
    ]
    means, logvars = (torch.cat(parts).numpy() for parts in zip(*pairs, strict=True))
    return Posteriors(means, np.exp(logvars))


@torch.no_grad()
def decode_pictures(model: WorldVAE, z: NDArray[np.float32]) -> Pixels:
    """Decode z (N, Z) to pixels (N, H, W, 3) float32 in [0, 1]."""
    batches = torch.from_numpy(np.ascontiguousarray(z, np.float32)).split(_BATCH)
    return torch.cat([model.decoder(batch) for batch in batches]).numpy()


def _to_unit(pixels: Tensor) -> Tensor:
    return pixels.float() / 255 if pixels.dtype == torch.uint8 else pixels
