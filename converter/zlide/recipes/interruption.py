"""Interrupted trainings: the file that a training resumes from, and the signal that stopped it."""

from __future__ import annotations

from pathlib import Path

from zlide.errors import disk_errors

RESUME_STATE = "training.safetensors"
"""The file in the folder of a checkpoint that a training resumes from.

It is not part of the checkpoint, and is deleted when the checkpoint is complete.
"""


class TrainingInterrupted(Exception):  # noqa: N818 (it is not an error)
    """A signal stopped a training between two steps, and its state is saved.

    `str()` of it is one line. signal_number: the number of the signal.
    """

    def __init__(self, folder: Path, step: int, total: int, signal_number: int) -> None:
        super().__init__(
            f"{folder}: stopped at step {step:,} of {total:,} and saved; "
            "run the same command to continue"
        )
        self.signal_number = signal_number


def delete_resume_state(folder: Path) -> None:
    """Delete the state to resume from, once the checkpoint in `folder` is complete."""
    with disk_errors(folder):
        (folder / RESUME_STATE).unlink(missing_ok=True)
