"""Output of the commands: tables on stdout, progress on stderr."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rich.console import Console, RenderableType
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

PIPE_WIDTH = 10_000
"""Columns of a pipe or a file, where each row of a table stays on one line."""


@dataclass(frozen=True)
class ProgressBar:
    """A progress bar on stderr; only a terminal shows it."""

    progress: Progress
    task: TaskID

    def update(self, done: int, total: int, description: str | None = None) -> None:
        """Show `done` of `total`, and a new description if there is one."""
        self.progress.update(self.task, completed=done, total=total, description=description)

    def print(self, line: str) -> None:
        """Print a line above the bar, on any stderr."""
        self.progress.console.print(line)


@contextmanager
def progress_bar(description: str) -> Iterator[ProgressBar]:
    """Show a progress bar while the block runs."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as progress:
        yield ProgressBar(progress, progress.add_task(description, total=None))


def print_parts(parts: Iterable[RenderableType]) -> None:
    """Print tables and lines on stdout."""
    if not out.is_terminal:
        out.width = PIPE_WIDTH
    for part in parts:
        out.print(part)
