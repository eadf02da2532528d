"""The pictures of examples, and how a reader's own becomes one like them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zlide.arrays import as_array
from zlide.errors import ZlideError


@dataclass(frozen=True)
class Pictures:
    """frames: of the examples, in their order, (N, H, W, C) uint8, or in [0, 1]; C is 1 or 3. All become uint8.

    aspect: width by height of what was scaled to these frames; of a reader's own picture as much is cut out around its centre.
    Raises ZlideError for frames of another shape or with other values.
    """

    frames: ArrayLike
    aspect: float = 1.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "frames", _bytes(as_array(self.frames, "pictures")))
        if not (isinstance(self.aspect, int | float) and 0 < self.aspect < 100):
            raise ZlideError(
                "pictures",
                f"expected aspect as width by height, found {self.aspect!r}",
                "leave it out where it is 1",
            )

    @property
    def bytes(self) -> NDArray[np.uint8]:
        """The frames, (N, H, W, C)."""
        return np.asarray(self.frames, np.uint8)


def _bytes(frames: NDArray[Any]) -> NDArray[np.uint8]:
    if frames.ndim != 4 or frames.shape[3] not in {1, 3}:
        raise ZlideError(
            "pictures",
            f"expected frames (N, H, W, C) with 1 or 3 channels, found {frames.shape}",
            "put the channels last",
        )
    if frames.dtype == np.uint8:
        return frames
    if frames.dtype.kind != "f" or not ((frames >= 0) & (frames <= 1)).all():
        raise ZlideError(
            "pictures",
            f"expected bytes or numbers from 0 to 1, found {frames.dtype}",
            "divide by 255, or give uint8",
        )
    return np.asarray((frames * 255).round(), np.uint8)
