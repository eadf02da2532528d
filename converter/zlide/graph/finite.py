"""Replace infinities in constants, as masks have them, by the largest float32.

A bundle has only finite numbers. A softmax gives 0 for either, and adding a model's numbers to the
largest float32 does not bring it back into their range. If PyTorch computes NaN from an infinity,
export refuses the module anyway.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

LARGEST = np.finfo(np.float32).max


def without_infinities(values: NDArray[Any]) -> NDArray[Any]:
    """Return numbers of any shape and dtype with ±`LARGEST` for ±∞; NaN stays."""
    if values.dtype.kind != "f" or not np.isinf(values).any():
        return values
    return np.asarray(np.clip(values, -LARGEST, LARGEST), np.float32)
