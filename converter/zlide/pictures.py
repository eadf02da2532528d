"""The pictures of examples, the aspect ratio of their originals, and pixels as bytes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zlide.arrays import as_array
from zlide.errors import ZlideError

PIXEL_STEP = 1 / 255
"""Difference of one byte in a pixel in [0, 1]: the smallest that a screen can show."""


@dataclass(frozen=True)
class Pictures:
    """The pictures of a model's examples.

    frames: (N, H, W, C) in the order of the examples, C = 1 or 3; uint8, or floats in [0, 1],
    which become uint8.
    aspect: width by height of the originals, before they were scaled to these frames. The page
    crops an imported picture to it, around the centre.
    Raises ZlideError for other shapes and values.
    """

    frames: ArrayLike
    aspect: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "frames", _to_uint8(as_array(self.frames, "pictures")))
        if not (isinstance(self.aspect, int | float) and 0 < self.aspect < 100):
            problem = f"expected aspect as width by height, found {self.aspect!r}"
            raise ZlideError("pictures", problem, "leave it out where it is 1")

    @property
    def bytes(self) -> NDArray[np.uint8]:
        """The frames, (N, H, W, C)."""
        return np.asarray(self.frames, np.uint8)


def to_bytes(pixels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Convert pixels in [0, 1] to 0…255, of the same shape."""
    return np.asarray((pixels * 255).round().clip(0, 255), np.uint8)


def _to_uint8(frames: NDArray[Any]) -> NDArray[np.uint8]:
    if frames.ndim != 4 or frames.shape[3] not in {1, 3}:
        problem = f"expected frames (N, H, W, C) with 1 or 3 channels, found {frames.shape}"
        raise ZlideError("pictures", problem, "put the channels last")
    if frames.dtype == np.uint8:
        return frames
    if frames.dtype.kind != "f" or not ((frames >= 0) & (frames <= 1)).all():
        problem = f"expected uint8 or floats from 0 to 1, found {frames.dtype}"
        if frames.dtype.kind == "f":
            problem += f" from {frames.min():g} to {frames.max():g}"
        raise ZlideError("pictures", problem, "divide by 255, or give uint8")
    return np.asarray((frames * 255).round(), np.uint8)
