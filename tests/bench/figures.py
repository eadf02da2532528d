"""A measurement: the median, its spread and the number of samples."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Figure:
    """In `unit`: ms, s, bytes or MB."""

    unit: str
    median: float
    p5: float
    p95: float
    samples: int

    @staticmethod
    def of(values: Sequence[float], unit: str = "ms") -> Figure:
        """Return the median and spread of at least one value."""
        median, p5, p95 = np.percentile(values, [50, 5, 95]).tolist()
        return Figure(unit, median, p5, p95, len(values))

    @staticmethod
    def exactly(value: float, unit: str) -> Figure:
        """Return a value that was counted, not sampled."""
        return Figure(unit, value, value, value, 1)
