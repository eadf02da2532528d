"""Fireballs in frames of Doom: a few bright yellow pixels that hardly change a mean error."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

MIN_PIXELS = 4
"""Bright pixels of a frame that has a fireball."""

MIN_SHOWN_PIXELS = 2
"""Bright pixels of a reconstruction that shows a fireball."""


def count_bright_pixels(pixels: NDArray[np.float32]) -> NDArray[np.int64]:
    """Count the pixels that are as bright and yellow as a fireball.

    pixels (N, H, W, 3) in [0, 1]. Returns (N,) int64.
    """
    red, green, blue = np.moveaxis(pixels, -1, 0)
    return np.asarray(((red > 0.78) & (green > 0.7) & (blue < 0.75)).sum((1, 2)), np.int64)


def fireball_figures(frames: NDArray[np.float32], decoded: NDArray[np.float32]) -> dict[str, float]:
    """Compare the fireballs of frames (N, H, W, 3) in [0, 1] with those of their reconstructions.

    with_fireball: number of frames with a fireball.
    reconstructed: share of these whose reconstruction shows one.
    without_fireball: number of the other frames.
    invented: share of these whose reconstruction shows a fireball and that have no faint one.
    shown: share of these whose reconstruction shows one.
    faint: share of these with a faint one, of two or three bright pixels.
    A share of no frames is 0.
    """
    pixels = count_bright_pixels(frames)
    has_fireball, has_any = pixels >= MIN_PIXELS, pixels >= MIN_SHOWN_PIXELS
    is_shown = count_bright_pixels(decoded) >= MIN_SHOWN_PIXELS
    return {
        "with_fireball": int(has_fireball.sum()),
        "reconstructed": _share(is_shown[has_fireball]),
        "without_fireball": int((~has_fireball).sum()),
        "invented": _share((is_shown & ~has_any)[~has_fireball]),
        "shown": _share(is_shown[~has_fireball]),
        "faint": _share(has_any[~has_fireball]),
    }


def _share(values: NDArray[np.bool_]) -> float:
    return float(values.mean()) if len(values) else 0.0
