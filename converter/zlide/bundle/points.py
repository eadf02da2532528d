"""Points: positions of training samples on a set of axes, and the distance from them.

The map shows the points, and warns when a position is farther out than all of them.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zlide.axes import Axes
from zlide.bundle.manifest import Points

MAX_POINTS = 2000
"""Largest number of points in a file."""

UNITS_PER_SIGMA = 1000
"""Coordinates are stored as whole numbers of 1/1000 σ."""

MAX_COORDINATE = 32.767
"""Largest absolute coordinate in a file, in σ: the limit of 16 bits."""

MIN_SPREAD = 0.01
"""Smallest standard deviation of the points in any direction, in σ: one step of a slider.

Points that spread less are treated as spreading this much.
"""


def choose_points(count: int, seed: int = 0) -> NDArray[np.int64]:
    """Draw the indices of at most `MAX_POINTS` of `count` samples, in ascending order."""
    return np.sort(np.random.default_rng(seed).permutation(count)[:MAX_POINTS])


def write_points(folder: Path, axes: Axes, means: NDArray[np.float32]) -> Points:
    """Write `axes/<name>/points.bin` in the bundle `folder`, and return its manifest entry.

    means: posterior means (N, Z). The file has at most `MAX_POINTS` of them; the statistics in the
    manifest entry are those of all N.
    """
    sliders = axes.from_z(means)[0].astype(np.float64)
    path = f"axes/{axes.name}/points.bin"
    chosen = sliders[choose_points(len(sliders))].clip(-MAX_COORDINATE, MAX_COORDINATE)
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes((chosen * UNITS_PER_SIGMA).round().astype("<i2").tobytes())
    points = Points(path=path, count=len(chosen), **_mean_and_whitening(sliders), p99=0, max=0)
    distance = distances(points, sliders)
    p99, maximum = float(np.quantile(distance, 0.99)), float(distance.max())
    return points.model_copy(update={"p99": round(p99, 4), "max": round(maximum, 4)})


def read_points(path: Path, axes: int) -> NDArray[np.float32]:
    """Read a file that `write_points` wrote: sliders (N, axes) in σ."""
    rows = np.frombuffer(path.read_bytes(), "<i2").reshape(-1, axes)
    return np.asarray(rows / UNITS_PER_SIGMA, np.float32)


def distances(points: Points, sliders: ArrayLike) -> NDArray[np.float64]:
    """Return the Mahalanobis distances (B,) of sliders (B, K) in σ from the mean of the points.

    Mahalanobis 1936, *On the generalised distance in statistics*. The twin of this function is in
    webapp/src/samples/points.ts; both are tested against tests/golden/points.json.
    """
    whitening = np.zeros((len(points.mean), len(points.mean)))
    for i, row in enumerate(points.whitening):
        whitening[i, : i + 1] = row
    centred = np.asarray(sliders, np.float64) - points.mean
    return np.asarray(np.linalg.norm(centred @ whitening.T, axis=1))


def _mean_and_whitening(sliders: NDArray[np.float64]) -> dict[str, list[float] | list[list[float]]]:
    """Return mean (K,) and whitening, the rows of the lower triangle W with Wᵀ W = covariance⁻¹."""
    variances, directions = np.linalg.eigh(np.atleast_2d(np.cov(sliders, rowvar=False)))
    # Below this, float64 cannot represent the inverse.
    min_variance = max(MIN_SPREAD**2, 1e-12 * variances[-1])
    covariance = (directions * variances.clip(min_variance)) @ directions.T
    whitening = np.linalg.inv(np.linalg.cholesky(covariance))
    return {
        "mean": _rounded(sliders.mean(0)),
        "whitening": [_rounded(row[: i + 1]) for i, row in enumerate(whitening)],
    }


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [float(value) for value in values.round(7) + 0.0]  # + 0.0 turns −0 into 0
