"""Frames of a game, 64×64: captured once by a seeded player, kept in the cache, split by episode."""

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

ASPECTS: dict[World, float] = {"doom": 160 / 100, "racing": 96 / 84}
"""Width by height of a screen, of the part that is kept."""

HELD_OUT = 16
"""Every so manyth episode is never trained on."""

_AGAIN = "delete it, and they are captured again"

Pixels = NDArray[np.uint8]
Capture = Callable[[int], Iterator[tuple[Pixels, int]]]
"""A seed → without end: the screen (H, W, 3) as the models are to see it, and the number of its episode."""


@dataclass(frozen=True)
class Frames:
    """pixels (N, 64, 64, 3) uint8 and the episode (N,) int32 of each."""

    pixels: Pixels
    episode: NDArray[np.int32]

    @property
    def held_out(self) -> NDArray[np.bool_]:
        """Which frames are of episodes that are never trained on, (N,)."""
        return np.asarray(self.episode % HELD_OUT == 0)

    @property
    def digest(self) -> str:
        """SHA-256 of the pixels, in hexadecimal: the same frames, the same digest."""
        return hashlib.sha256(self.pixels.data).hexdigest()

    def some(self, which: slice | NDArray[np.integer[Any]]) -> NDArray[np.float32]:
        """The pixels of `which` frames in [0, 1], (n, 64, 64, 3)."""
        return np.asarray(self.pixels[which], np.float32) / 255


def frames_of(world: World, count: int, seed: int, progress: Callable[[int, int], None]) -> Frames:
    """`count` frames of `world`, out of the cache or captured now; `progress` hears how many of how many there are.

    Raises ZlideError when the game is not installed, the disk refuses or the cache holds something else.
    """
    path = _cache() / f"{world}-{count}-{seed}.safetensors"
    if path.exists():
        return _read(path, count)
    pixels = np.empty((count, SIDE, SIDE, 3), np.uint8)
    episode = np.empty(count, np.int32)
    for i, (screen, number) in enumerate(islice(_capture(world)(seed), count)):
        pixels[i], episode[i] = shrink(screen), number
        progress(i + 1, count)
    with disk_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_file(path) as beside:
        save_file({"pixels": pixels, "episode": episode}, beside)
    return Frames(pixels, episode)


def _read(path: Path, count: int) -> Frames:
    try:
        frames = Frames(**load_file(path))
    except (OSError, SafetensorError, TypeError) as error:
        raise ZlideError(path, f"expected captured frames, found: {error}", _AGAIN) from error
    found = [(array.shape, array.dtype.name) for array in (frames.pixels, frames.episode)]
    if found != [((count, SIDE, SIDE, 3), "uint8"), ((count,), "int32")]:
        raise ZlideError(
            path, f"expected captured frames, found: {found[0]} of episodes {found[1]}", _AGAIN
        )
    return frames


def shrink(screen: Pixels) -> Pixels:
    """A picture (H, W, 3) → (64, 64, 3), each pixel the triangle-weighted mean of what it covers."""
    picture = (
        torch.from_numpy(np.ascontiguousarray(screen)).permute(2, 0, 1)[None].float()
    )  # (1, 3, H, W)
    small = F.interpolate(
        picture, size=(SIDE, SIDE), mode="bilinear", antialias=True, align_corners=False
    )
    return small[0].permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8).numpy()


def _capture(world: World) -> Capture:
    if world == "doom":
        from zlide.recipes.worlds.doom import capture
    else:
        from zlide.recipes.worlds.racing import capture
    return capture


def _cache() -> Path:
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "zlide"
