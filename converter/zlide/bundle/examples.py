"""Read and write `examples.json`: the text and the position of each example."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.axes import Axes
from zlide.errors import ZlideError
from zlide.files import atomic_file, read_json
from zlide.messages import json_type, reason_of

Array = NDArray[np.float32]


def write_examples(folder: Path, latents: Mapping[str, Array], axes: Axes) -> None:
    """Write `examples.json` into `folder`: each text with the position of its latent (Z,)."""
    rows = []
    for text, z in latents.items():
        sliders, residual = (shortest_floats(part[0]) for part in axes.from_z(z[None]))
        rows.append({"text": text, "sliders": sliders, "residual": residual})
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    with atomic_file(folder / "examples.json") as partial:
        partial.write_text(f'{{"examples": [\n{lines}\n]}}\n', "utf-8")


def read_examples(path: Path, axes: Axes) -> dict[str, Array]:
    """Read a file that `write_examples` wrote, as text → latent (Z,).

    Raises ZlideError for any other file.
    """
    return {
        text: axes.to_z(sliders[None], residual[None])[0]
        for text, sliders, residual in read_positions(path, axes.count, axes.latent_size)
    }


def read_positions(path: Path, count: int, latent_size: int) -> list[tuple[str, Array, Array]]:
    """Read each example's text, sliders (count,) and residual (latent_size,).

    Raises ZlideError for any other file, and for numbers that are not finite.
    """
    try:
        data = read_json(path)
        rows = data.get("examples") if isinstance(data, dict) else None
        if not isinstance(rows, list):
            raise ValueError(f"{json_type(data)} without an array of examples")  # noqa: TRY301, TRY004 (caught below)
        return [
            (_read_text(row, i), *_read_position(row, count, latent_size))
            for i, row in enumerate(rows, 1)
        ]
    except (OSError, ValueError) as error:
        problem = f"expected examples of text, sliders and residual, found: {reason_of(error)}"
        raise ZlideError(path, problem, "choose the examples again") from error


def _read_text(row: object, number: int) -> str:
    """Return the text of an example. Raise ValueError for a row that is not one."""
    if not isinstance(row, dict):
        raise ValueError(f"example {number} is {json_type(row)}")  # noqa: TRY004 (the file's error, not the caller's)
    if not isinstance(row.get("text"), str):
        raise ValueError(f"example {number} has no text")  # noqa: TRY004
    for key in ("sliders", "residual"):
        numbers = row.get(key)
        if not (isinstance(numbers, list) and all(type(n) in {int, float} for n in numbers)):
            raise ValueError(f"{key} of {row['text']!r} is not an array of numbers")
    return str(row["text"])


def _read_position(row: Mapping[str, Any], count: int, latent_size: int) -> tuple[Array, Array]:
    # Converted from text, because a whole number in JSON may be too large for a float.
    sliders, residual = (
        np.array([float(str(number)) for number in row[key]], np.float32)
        for key in ("sliders", "residual")
    )
    is_finite = np.isfinite(sliders).all() and np.isfinite(residual).all()
    if sliders.shape != (count,) or residual.shape != (latent_size,) or not is_finite:
        raise ValueError(
            f"{row['text']!r} has {len(sliders)} sliders and a residual of {len(residual)}, "
            f"expected {count} and {latent_size} finite numbers"
        )
    return sliders, residual


def shortest_floats(values: Array) -> list[float]:
    """Return floats that print in the fewest digits for their float32: 0.1, not 0.10000000149."""
    return [float(str(value)) for value in values]
