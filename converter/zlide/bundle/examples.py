"""`examples.json`: the text and the position of each example."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.axes import Axes
from zlide.errors import ZlideError
from zlide.files import atomic_file
from zlide.messages import kind_of, reason_of

Array = NDArray[np.float32]


def write_examples(folder: Path, latents: Mapping[str, Array], axes: Axes) -> None:
    """`examples.json`: each text with the sliders and the residual of its latent (Z,), in the fewest digits that give the same float32."""
    rows = []
    for text, z in latents.items():
        sliders, residual = axes.from_z(z[None])
        rows.append(
            {"text": text, "sliders": shortest(sliders[0]), "residual": shortest(residual[0])}
        )
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    with atomic_file(folder / "examples.json") as beside:
        beside.write_text(f'{{"examples": [\n{lines}\n]}}\n', "utf-8")


def read_examples(path: Path, axes: Axes) -> dict[str, Array]:
    """What `write_examples` wrote, as text → latent (Z,)."""
    return {
        text: axes.to_z(sliders[None], residual[None])[0]
        for text, sliders, residual in read_positions(path, axes.count, axes.latent_size)
    }


def read_positions(path: Path, count: int, latent: int) -> list[tuple[str, Array, Array]]:
    """Each example's text, sliders (count,) and residual (latent,)."""
    try:
        whole = json.loads(path.read_text("utf-8"))
        rows = whole.get("examples") if isinstance(whole, dict) else None
        if not isinstance(rows, list):
            raise ValueError(f"{kind_of(whole)} without a list of examples")  # noqa: TRY301, TRY004 (told below, as all else)
        return [(_text(row, i), *_position(row, count, latent)) for i, row in enumerate(rows, 1)]
    except (OSError, ValueError) as error:
        raise ZlideError(
            path,
            f"expected examples of text, sliders and residual, found: {reason_of(error)}",
            "choose the examples again",
        ) from error


def _text(row: object, number: int) -> str:
    """Of an example that is whole. Raises ValueError for another."""
    if not isinstance(row, dict):
        raise ValueError(f"example {number} is {kind_of(row)}")  # noqa: TRY004 (of a file, and not of a caller)
    if not isinstance(row.get("text"), str):
        raise ValueError(f"example {number} has no text")  # noqa: TRY004
    for key in ("sliders", "residual"):
        if not (
            isinstance(row.get(key), list)
            and all(type(number) in {int, float} for number in row[key])
        ):
            raise ValueError(f"{row['text']!r} has no list of numbers as {key}")
    return str(row["text"])


def _position(row: Mapping[str, Any], count: int, latent: int) -> tuple[Array, Array]:
    # By way of text: a whole number may be larger than any float.
    sliders, residual = (
        np.array([float(str(number)) for number in row[key]], np.float32)
        for key in ("sliders", "residual")
    )
    if (
        sliders.shape != (count,)
        or residual.shape != (latent,)
        or not (np.isfinite(sliders).all() and np.isfinite(residual).all())
    ):
        raise ValueError(
            f"{row['text']!r} has {sliders.shape} sliders and {residual.shape} residuals, expected {count} and {latent}, finite"
        )
    return sliders, residual


def shortest(values: Array) -> list[float]:
    """The same float32 in the fewest digits: 0.1, not 0.10000000149011612."""
    return [float(str(v)) for v in values]
