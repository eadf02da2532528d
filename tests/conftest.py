"""What tests of the converter and of the page share."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from zlide.bundle.folder import list_files

os.environ.setdefault(
    "TF_CPP_MIN_LOG_LEVEL", "3"
)  # a test that imports TensorFlow itself is not to be heard in those after it

MISFITS = json.loads((Path(__file__).parent / "golden/inconsistencies.json").read_text("utf-8"))[
    "cases"
]


@pytest.fixture(params=MISFITS, ids=lambda case: str(case["name"]))
def misfit(request: pytest.FixtureRequest) -> dict[str, Any]:
    """A bundle that contradicts itself: what to change in the golden one, and what is said of it."""
    case: dict[str, Any] = request.param
    return case


def damage(bundle: Path, *changes: dict[str, Any]) -> None:
    """Change values in files of a bundle, and the hashes with them: what a hand does, and no accident."""
    for change in changes:
        path, at, to = bundle / change["file"], change["at"], change["to"]
        if not at:
            path.write_text(to if isinstance(to, str) else json.dumps(to), "utf-8")
            continue
        whole = inside = json.loads(path.read_text("utf-8"))
        for key in at[:-1]:
            inside = inside[key]
        inside[at[-1]] = to
        path.write_text(json.dumps(whole), "utf-8")
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    manifest["files"] = [file.model_dump() for file in list_files(bundle)]
    (bundle / "manifest.json").write_text(json.dumps(manifest), "utf-8")


@pytest.fixture(name="damage")
def _damage() -> Any:
    return damage
