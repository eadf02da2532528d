"""Where encoded training samples lie on a set of axes: what a map shows, and how far from them a position is."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from zlide.axes import Axes
from zlide.bundle.manifest import Points

KEPT = 2000
"""Points at most that are kept: enough to see where a model has seen data."""

UNIT = 1000
"""What stands for one σ in a file."""

FURTHEST = 32.767
"""σ, beyond which no number of a file lies."""

SLACK = 0.01
"""σ, a step of a slider: where points spread by less, in whatever direction, they count as spread by so much."""


def choose_points(count: int, seed: int = 0) -> NDArray[np.int64]:
    """Up to `KEPT` of `count` samples drawn by `seed`, in their order: indices."""
    return np.sort(np.random.default_rng(seed).permutation(count)[:KEPT])


def write_points(folder: Path, axes: Axes, means: NDArray[np.float32]) -> Points:
    """`axes/<name>/points.bin` in the bundle `folder`, of up to `KEPT` of the posterior means (N, Z), and what the manifest says of all of them."""
    sliders = axes.from_z(means)[0].astype(np.float64)
    path = f"axes/{axes.name}/points.bin"
    kept = sliders[choose_points(len(sliders))]
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_bytes(
        (kept.clip(-FURTHEST, FURTHEST) * UNIT).round().astype("<i2").tobytes()
    )
    points = Points(path=path, count=len(kept), **_spread(sliders), p99=0, max=0)
    out = distances(points, sliders)
    return points.model_copy(
        update={"p99": round(float(np.quantile(out, 0.99)), 4), "max": round(float(out.max()), 4)}
    )


def read_points(path: Path, axes: int) -> NDArray[np.float32]:
    """What `write_points` wrote: sliders in σ, (N, axes)."""
    return np.asarray(np.frombuffer(path.read_bytes(), "<i2").reshape(-1, axes) / UNIT, np.float32)


def distances(points: Points, sliders: ArrayLike) -> NDArray[np.float64]:
    """How far positions, sliders (B, K) in σ, are from the middle of the points, in σ, (B,).

    The distance of Mahalanobis 1936, *On the generalised distance in statistics*: the points' own covariance is what it measures by.
    """
    whitening = np.zeros((len(points.mean), len(points.mean)))
    for i, row in enumerate(points.whitening):
        whitening[i, : i + 1] = row
    return np.asarray(
        np.linalg.norm((np.asarray(sliders, np.float64) - points.mean) @ whitening.T, axis=1)
    )


def _spread(sliders: NDArray[np.float64]) -> dict[str, list[float] | list[list[float]]]:
    """mean (K,), and whitening: the lower triangle whose square is the inverse of the covariance."""
    variances, directions = np.linalg.eigh(np.atleast_2d(np.cov(sliders, rowvar=False)))
    least = max(SLACK**2, 1e-12 * variances[-1])  # of which a float64 can tell the inverse
    covariance = (directions * variances.clip(least)) @ directions.T
    whitening = np.linalg.inv(np.linalg.cholesky(covariance))
    return {
        "mean": _rounded(sliders.mean(0)),
        "whitening": [_rounded(row[: i + 1]) for i, row in enumerate(whitening)],
    }


def _rounded(values: NDArray[np.float64]) -> list[float]:
    return [float(value) for value in values.round(7) + 0.0]  # no −0
