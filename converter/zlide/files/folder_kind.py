"""Recognize a folder of one kind that was given in place of another."""

from __future__ import annotations

from pathlib import Path

from zlide.errors import ZlideError

_MARKS = {"a bundle": "manifest.json", "a site": "models.json", "a checkpoint": "model.safetensors"}
"""The file that marks each kind of folder."""


def require_kind(folder: Path, expected: str, remedies: dict[str, str]) -> None:
    """Raise ZlideError if `folder` is of another kind than `expected`, and `remedies` has a remedy.

    expected and the keys of remedies: "a bundle", "a site" or "a checkpoint".
    """
    kinds = [kind for kind, mark in _MARKS.items() if (folder / mark).is_file()]
    if expected in kinds:
        return
    for found in kinds:
        if remedy := remedies.get(found):
            raise ZlideError(folder, f"expected {expected}, found {found}", remedy)
