"""Decode many samples at once that are arrays of values, such as pictures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_MOST_ROWS, _MOST_NUMBERS = 64, 64 * 256 * 256 * 3
"""Rows of a batch, and numbers in it: larger samples are decoded a few at a time."""


@torch.no_grad()
def decode_values(
    decoder: Callable[[Tensor], Tensor], z: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Decode z (N, Z) to values (N, …), such as pixels (N, H, W, C) in [0, 1]."""
    latents = torch.from_numpy(np.ascontiguousarray(z))
    size = decoder(latents[:1]).numel()
    batches = latents.split(min(max(_MOST_NUMBERS // size, 1), _MOST_ROWS))
    return torch.cat([decoder(batch) for batch in batches]).numpy()
