"""Frames of a game, 64×64: captured once from a seeded player, cached, and split by episode."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from zlide.checkpoint import SIDE, World
from zlide.errors import ZlideError, disk_errors
from zlide.files import atomic_file

HELD_OUT_EVERY = 16
"""One episode of this number is held out."""

_RECAPTURE = "delete it to capture the frames again"

Pixels = NDArray[np.uint8]
Capture = Callable[[int], Iterator[tuple[Pixels, int]]]
"""A seed → an endless iterator of the screen (H, W, 3) uint8 and the number of its episode."""


@dataclass(frozen=True)
class Frames:
    """Captured frames: pixels (N, 64, 64, 3) uint8 and their episodes (N,) int32."""

    pixels: Pixels
    episode: NDArray[np.int32]

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """A mask (N,) of the frames that are never trained on."""
        return np.asarray(self.episode % HELD_OUT_EVERY == 0)

    @property
    def digest(self) -> str:
        """SHA-256 of the pixels, in hexadecimal."""
        return hashlib.sha256(self.pixels.data).hexdigest()

    def pixels_of(self, which: slice | NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """Return the pixels of some frames, (n, 64, 64, 3) float32 in [0, 1]."""
        return np.asarray(self.pixels[which], np.float32) / np.float32(255)


def load_frames(
    world: World, count: int, seed: int, progress: Callable[[int, int], None]
) -> Frames:
    """Read `count` frames of `world` from the cache, or capture and cache them.

    progress: called with the number of frames captured and of all.
    Raises ZlideError if the game is not installed, the disk refuses, or the cache is damaged.
    """
    path = _cache() / f"{world}-{count}-{seed}.safetensors"
    if path.exists():
        return _read(path, count)
    pixels = np.empty((count, SIDE, SIDE, 3), np.uint8)
    episode = np.empty(count, np.int32)
    for i, (screen, number) in enumerate(islice(_capture_of(world)(seed), count)):
        pixels[i], episode[i] = shrink(screen), number
        progress(i + 1, count)
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path) as partial:
        save_file({"pixels": pixels, "episode": episode}, partial)
    return Frames(pixels, episode)


def shrink(screen: Pixels) -> Pixels:
    """Resize a screen (H, W, 3) uint8 to (64, 64, 3), bilinear with antialiasing."""
    picture = torch.from_numpy(np.ascontiguousarray(screen)).permute(2, 0, 1)[None].float()
    small = F.interpolate(
        picture, size=(SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False
    )
    return small[0].permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8).numpy()


def _read(path: Path, count: int) -> Frames:
    try:
        frames = Frames(**load_file(path))
    except (OSError, SafetensorError, TypeError) as error:
        raise ZlideError(path, f"expected captured frames, found: {error}", _RECAPTURE) from error
    found = [(array.shape, array.dtype.name) for array in (frames.pixels, frames.episode)]
    if found != [((count, SIDE, SIDE, 3), "uint8"), ((count,), "int32")]:
        raise ZlideError(
            path,
            f"expected captured frames, found: pixels {found[0]} and episodes {found[1]}",
            _RECAPTURE,
        )
    return frames


def _capture_of(world: World) -> Capture:
    if world == "doom":
        from zlide.recipes.worlds.doom import capture
    else:
        from zlide.recipes.worlds.racing import capture
    return capture


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zlide"
