"""Fixtures for the tests of the converter and of the page."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from zlide.bundle.folder import list_files

# Log messages of a test that imports TensorFlow would appear in the tests after it.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

GOLDEN = Path(__file__).parent / "golden"

INCONSISTENCIES = json.loads((GOLDEN / "inconsistencies.json").read_text("utf-8"))["cases"]


@pytest.fixture(params=INCONSISTENCIES, ids=lambda case: str(case["name"]))
def inconsistency(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Changes that make the golden bundle inconsistent, and the problem that they cause."""
    case: dict[str, Any] = request.param
    return case


def damage(bundle: Path, *changes: dict[str, Any]) -> None:
    """Change values in files of a bundle, and update the hashes in its manifest."""
    for change in changes:
        path, keys, value = bundle / change["file"], change["at"], change["to"]
        if not keys:
            path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
            continue
        data = part = json.loads(path.read_text("utf-8"))
        for key in keys[:-1]:
            part = part[key]
        part[keys[-1]] = value
        path.write_text(json.dumps(data), "utf-8")
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    manifest["files"] = [file.model_dump() for file in list_files(bundle)]
    (bundle / "manifest.json").write_text(json.dumps(manifest), "utf-8")


@pytest.fixture(name="damage")
def _damage() -> Any:
    return damage
