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
    """Whether fireballs survive, and none is invented, from `frames` (N, H, W, 3) to their reconstructions `decoded`.

    frames, shown: how many frames have a fireball, and the share of these whose reconstruction shows one.
    others, invented: how many have none, and the share of these whose reconstruction shows one that the frame itself does not.
    others_seen, others_true: of the others, the share whose reconstruction shows one, and the share that show one themselves: a far one,
    of two or three bright pixels, which a perfect reconstruction shows too.
    A share of nothing is 0.
    """
    pixels = bright(frames)
    there, true, seen = pixels >= LEAST, pixels >= SHOWN, bright(decoded) >= SHOWN
    return {
        "frames": int(there.sum()),
        "shown": _share(seen[there]),
        "others": int((~there).sum()),
        "invented": _share((seen & ~true)[~there]),
        "others_seen": _share(seen[~there]),
        "others_true": _share(true[~there]),
    }


def _share(of: NDArray[np.bool_]) -> float:
    return float(of.mean()) if len(of) else 0.0
