"""Write what the evaluation of a checkpoint leaves in its folder."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from zlide.files import atomic_file


def write_evaluation(folder: Path, evaluation: Mapping[str, Any], card: str) -> None:
    """Write `evaluation.json` and the model card `README.md`, both or neither.

    Raises ZlideError if the disk refuses a file.
    """
    with atomic_file(folder / "evaluation.json") as figures:
        figures.write_text(to_json(evaluation), "utf-8")
        with atomic_file(folder / "README.md") as readme:
            readme.write_text(card, "utf-8")


def to_json(value: object) -> str:
    """Return the JSON of figures."""
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"
