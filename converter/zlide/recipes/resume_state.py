"""The file in which an interrupted training goes on."""

from __future__ import annotations

from pathlib import Path

from zlide.errors import disk_errors

STATE = "training.safetensors"
"""No part of a checkpoint, and gone when that is whole."""


def delete_resume_state(to: Path) -> None:
    """The checkpoint in `to` is whole: there is nothing to go on with."""
    with disk_errors(to):
        (to / STATE).unlink(missing_ok=True)
