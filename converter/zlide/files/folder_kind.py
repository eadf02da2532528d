"""What a folder is that was given in place of another, and what to do with it."""

from __future__ import annotations

from pathlib import Path

from zlide.errors import ZlideError

_MARKS = {"a bundle": "manifest.json", "a site": "models.json", "a checkpoint": "model.safetensors"}
"""The file by which each is known."""


def require_kind(folder: Path, expected: str, remedies: dict[str, str]) -> None:
    """Raise ZlideError where `folder` is not `expected`, "a bundle" for example, and is one of those for which there is a remedy."""
    held = [name for name, mark in _MARKS.items() if (folder / mark).is_file()]
    if expected in held:
        return
    for found in held:
        if remedy := remedies.get(found):
            raise ZlideError(folder, f"expected {expected}, found {found}", remedy)
