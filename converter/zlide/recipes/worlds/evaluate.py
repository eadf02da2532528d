"""What a world's VAE can do, in figures: how near its pictures are, and whether the small bright things survive."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zlide.checkpoint import World, WorldVAE
from zlide.recipes.posteriors import Posteriors
from zlide.recipes.worlds.fireballs import fireballs
from zlide.recipes.worlds.frames import Frames

HELD_OUT = 1000
"""Frames behind each figure, drawn from episodes that were never trained on."""

_ACTIVE = 0.01  # variance of a posterior mean, from Burda et al. 2016, section 5.2
_BATCH = 250

Pixels = NDArray[np.float32]


def evaluate(model: WorldVAE, world: World, frames: Frames, *, seed: int = 1) -> dict[str, Any]:
    """Every figure of `evaluation.json`: rmse over pixels in [0, 1], fireballs (Doom alone), kl in nats, active dimensions."""
    chosen = held_out_frames(frames, HELD_OUT, seed)
    posteriors = encode_pictures(model, chosen)
    decoded = decode_pictures(model, posteriors.means)
    return {
        "frames": len(chosen),
        "rmse": float(np.sqrt(np.square(decoded - chosen, dtype=np.float64).mean())),
        **({"fireballs": fireballs(chosen, decoded)} if world == "doom" else {}),
        "kl": float(posteriors.kl().mean()),
        "active": int((posteriors.means.var(axis=0) > _ACTIVE).sum()),
    }


def held_out_frames(frames: Frames, count: int, seed: int) -> Pixels:
    """Up to `count` frames (N, H, W, 3) in [0, 1] of episodes that were never trained on, drawn by `seed`."""
    held = np.flatnonzero(frames.held_out)
    return frames.some(np.sort(np.random.default_rng(seed).permutation(held)[:count]))


@torch.no_grad()
def encode_pictures(model: WorldVAE, pixels: Pixels | NDArray[np.uint8]) -> Posteriors:
    """The posteriors of pixels (N, H, W, 3), in [0, 1] or of bytes."""
    pairs = [
        model.encoder.posterior(_unit(part))
        for part in torch.from_numpy(pixels.copy()).split(_BATCH)
    ]
    means, logvars = (torch.cat(parts).numpy() for parts in zip(*pairs, strict=True))
    return Posteriors(means, np.exp(logvars))


@torch.no_grad()
def decode_pictures(model: WorldVAE, z: NDArray[np.float32]) -> Pixels:
    """z (N, Z) → pixels (N, H, W, 3) in [0, 1]."""
    return torch.cat(
        [
            model.decoder(part)
            for part in torch.from_numpy(np.ascontiguousarray(z, np.float32)).split(_BATCH)
        ]
    ).numpy()


def _unit(pixels: Tensor) -> Tensor:
    return pixels.float() / 255 if pixels.dtype == torch.uint8 else pixels
