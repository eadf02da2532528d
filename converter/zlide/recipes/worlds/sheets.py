"""Contact sheets: many small pictures in one file, enlarged so that each pixel is visible."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zlide.files import write_png

ENLARGEMENT = 2
GAP = 2
"""Transparent pixels of the sheet between two pictures."""


def write_sheet(path: Path, rows: NDArray[np.uint8]) -> None:
    """Write rows (R, N, H, W, 3) uint8 as a PNG of R rows of N pictures."""
    large = rows.repeat(ENLARGEMENT, axis=2).repeat(ENLARGEMENT, axis=3)  # (R, N, H', W', 3)
    opaque = np.concatenate([large, np.full_like(large[..., :1], 255)], axis=4)
    spaced = np.pad(opaque, [(0, 0), (0, 0), (0, GAP), (0, GAP), (0, 0)])  # (R, N, H'+g, W'+g, 4)
    sheet = spaced.transpose(0, 2, 1, 3, 4).reshape(rows.shape[0] * spaced.shape[2], -1, 4)
    write_png(path, sheet[:-GAP, :-GAP])
