"""Decode many pictures at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_BATCH = 64


@torch.no_grad()
def decode_images(
    decoder: Callable[[Tensor], Tensor], z: NDArray[np.float32]
) -> NDArray[np.float32]:
    """z (N, Z) → pixels (N, H, W, C) in [0, 1]."""
    return torch.cat(
        [decoder(part) for part in torch.from_numpy(np.ascontiguousarray(z)).split(_BATCH)]
    ).numpy()


def to_bytes(pixels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Pixels in [0, 1] → 0…255."""
    return np.asarray((pixels * 255).round().clip(0, 255), np.uint8)


STEP = 1 / 255
"""A difference that an eye could see, were it there: of one byte."""
