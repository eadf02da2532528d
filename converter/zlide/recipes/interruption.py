"""A training that is asked to stop ends between two steps, and says where it goes on."""

from __future__ import annotations

from pathlib import Path


class TrainingInterrupted(Exception):  # noqa: N818 (nothing went wrong)
    """A training in `folder` ended because signal number `by` asked for it, and is kept. `str()` of it is one line."""

    def __init__(self, folder: Path, step: int, total: int, by: int) -> None:
        super().__init__(
            f"{folder}: stopped at step {step:,} of {total:,}, which is kept; the same command goes on from there"
        )
        self.by = by
