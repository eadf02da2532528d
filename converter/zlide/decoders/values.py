"""Decode many samples at once that are arrays of values, such as pictures."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

_BATCH = 64


@torch.no_grad()
def decode_values(
    decoder: Callable[[Tensor], Tensor], z: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Decode z (N, Z) to values (N, …), such as pixels (N, H, W, C) in [0, 1]."""
    batches = torch.from_numpy(np.ascontiguousarray(z)).split(_BATCH)
    return torch.cat([decoder(batch) for batch in batches]).numpy()
