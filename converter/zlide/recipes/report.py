"""Write what the evaluation of a checkpoint leaves in its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn

from zlide.axes import Axes
from zlide.files import atomic_file


def write_evaluation(folder: Path, evaluation: Mapping[str, Any], card: str) -> None:
    """Write the model card `README.md`, and then `evaluation.json`.

    Both are complete before the first replaces its old file, so a full disk changes neither. A run
    that is killed between the two leaves the new card beside the old figures.
    Raises ZlideError if the disk refuses a file.
    """
    with atomic_file(folder / "evaluation.json") as figures:
        figures.write_text(to_json(evaluation), "utf-8")
        with atomic_file(folder / "README.md") as readme:
            readme.write_text(card, "utf-8")


def model_facts(model: nn.Module, axes: Axes) -> dict[str, Any]:
    """Return the number of parameters of a model, and the share of the variance of each axis."""
    return {
        "parameters": sum(p.numel() for p in model.parameters()),
        "shares": [] if axes.share is None else [float(share) for share in axes.share],
    }


def to_json(value: object) -> str:
    """Return the JSON of figures."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
