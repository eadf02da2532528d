"""Fireballs in frames of Doom: a few bright yellow pixels, which a mean over all pixels hardly notices."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LEAST = 4
"""Pixels of a frame that has a fireball."""

SHOWN = 2
"""Pixels of a reconstruction that shows one."""


def bright(pixels: NDArray[np.float32]) -> NDArray[np.int64]:
    """How many pixels of each picture (N, H, W, 3), in [0, 1], are as bright and yellow as a fireball: (N,)."""
    red, green, blue = np.moveaxis(pixels, -1, 0)
    return np.asarray(((red > 0.78) & (green > 0.7) & (blue < 0.75)).sum((1, 2)), np.int64)


def fireballs(frames: NDArray[np.float32], decoded: NDArray[np.float32]) -> dict[str, float]:
    """Of `frames` (N, H, W, 3) with a fireball, the share whose reconstruction shows one; of those without, the share that invents one.

    Frames with fewer bright pixels, a fireball far away, are neither: a perfect reconstruction would show them.
    """
    pixels = bright(frames)
    there, none, seen = pixels >= LEAST, pixels == 0, bright(decoded) >= SHOWN
    return {"frames": int(there.sum()), "shown": float(seen[there].mean()), "without": int(none.sum()), "invented": float(seen[none].mean())}
