"""Train a model unless its checkpoint is there already."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from zlide.checkpoint import CONFIG, MODEL, Settings, read_settings
from zlide.errors import ZlideError
from zlide.recipes.interruption import RESUME_STATE, delete_resume_state


def train_once(folder: Path, settings: Settings, train: Callable[[], None]) -> bool:
    """Call `train` unless `folder` has a checkpoint with these settings.

    train: trains and writes the checkpoint; it resumes a training that was interrupted.
    Returns whether it was called.
    Raises ZlideError, before any call, if `folder` has a checkpoint of another training, unless a
    training to replace it has begun.
    """
    is_due = not _is_finished(folder, settings)
    if is_due:
        train()
    delete_resume_state(folder)
    return is_due


def _is_finished(folder: Path, settings: Settings) -> bool:
    has_begun = (folder / RESUME_STATE).exists()
    if not (folder / MODEL).exists() or (has_begun and not (folder / CONFIG).exists()):
        return False
    if settings.is_same_training(read_settings(folder / CONFIG)):
        return True
    if has_begun:
        return False
    raise ZlideError(
        folder,
        "holds a model that was trained in another way",
        "choose another folder with --output, or delete its model.safetensors",
    )
