"""Decode many pictures at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

PIXEL_STEP = 1 / 255
"""Difference of one byte in a pixel in [0, 1]: the smallest that a screen can show."""

_BATCH = 64


@torch.no_grad()
def decode_images(
    decoder: Callable[[Tensor], Tensor], z: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Decode z (N, Z) to pixels (N, H, W, C) in [0, 1]."""
    batches = torch.from_numpy(np.ascontiguousarray(z)).split(_BATCH)
    return torch.cat([decoder(batch) for batch in batches]).numpy()


def to_bytes(pixels: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Convert pixels in [0, 1] to 0…255, of the same shape."""
    return np.asarray((pixels * 255).round().clip(0, 255), np.uint8)
