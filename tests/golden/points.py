"""Write points.json: distances from points and files of points, which both languages read.

The distance is computed from the covariance alone. The bundle's whitening plays no part in it.
"""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np

AXES = [1, 2, 5]
POSITIONS = 6


def distance_case(axes: int) -> dict[str, object]:
    """Return a mean, a whitening, and the distances of some positions, one of them the mean."""
    random = np.random.default_rng(axes)
    mixing = random.normal(size=(axes, axes)) + np.eye(axes)
    covariance = mixing @ mixing.T
    mean = random.normal(size=axes)
    positions = np.vstack([mean, mean + 3 * random.normal(size=(POSITIONS, axes))])
    centred = positions - mean
    squares = np.einsum("ij,ij->i", centred, np.linalg.solve(covariance, centred.T).T)
    whitening = np.linalg.inv(np.linalg.cholesky(covariance))
    return {
        "mean": mean.tolist(),
        "whitening": [row[: i + 1].tolist() for i, row in enumerate(whitening)],
        "sliders": positions.tolist(),
        "distances": np.sqrt(squares).tolist(),
    }


def file_case(stored: list[list[int]]) -> dict[str, object]:
    """Return the bytes of a file in hexadecimal, and its sliders in σ."""
    numbers = [number for row in stored for number in row]
    return {
        "bytes": struct.pack(f"<{len(numbers)}h", *numbers).hex(),
        "sliders": [[number / 1000 for number in row] for row in stored],
    }


def render() -> str:
    """Return the text of points.json."""
    tables = {
        "distances": [distance_case(axes) for axes in AXES],
        "files": [
            file_case([[0], [1], [-1], [255], [256]]),
            file_case([[1000, -1000, 32767], [-32767, 1234, -5678], [128, -129, 4096]]),
        ],
    }
    rows = {name: ",\n".join(map(json.dumps, cases)) for name, cases in tables.items()}
    return "{" + ", ".join(f'"{name}": [\n{text}\n]' for name, text in rows.items()) + "}\n"


if __name__ == "__main__":
    (Path(__file__).parent / "points.json").write_text(render(), "utf-8")
