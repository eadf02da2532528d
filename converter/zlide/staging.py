"""Folders and files that appear whole or not at all."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from zlide.errors import ZlideError, disk_errors


@contextmanager
def staged_file(path: Path) -> Iterator[Path]:
    """A path beside `path` to write to, put in its place when the block ends well; what was there stays until then.

    Raises ZlideError when the disk refuses; nothing is left beside `path` then.
    """
    beside = path.with_name(f"{path.name}.partial")
    with disk_errors(path):
        try:
            yield beside
            beside.rename(path)
        except BaseException:
            with suppress(OSError):
                beside.unlink()
            raise


@contextmanager
def staged_folder(to: Path, mark: str, owned: frozenset[str]) -> Iterator[Path]:
    """An empty folder beside `to` to write into, put in its place when the block ends well.

    mark: the file that shows that an existing `to` was made this way and may be replaced.
    owned: names in `to` that belong to what is replaced; everything else that lies there (.git, CNAME) stays.
    Raises ZlideError when `to` is something else, or the disk refuses; `to` is then as it was.
    """
    to = to.resolve()
    refuse_other(to, mark)
    with disk_errors(to):
        to.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{to.name}-", dir=to.parent) as beside:
            fresh = Path(beside, "fresh")
            fresh.mkdir()
            yield fresh
            _replace(to, fresh, Path(beside, "replaced"), owned)


def refuse_other(to: Path, mark: str) -> None:
    """Raise ZlideError where `staged_folder` would, before any work: for what `refuse_file` refuses, and for a folder of anything else."""
    refuse_file(to)
    with disk_errors(to):
        if to.is_dir() and any(to.iterdir()) and not (to / mark).is_file():
            raise ZlideError(to, f"holds other files (there is no {mark})", "choose another folder, or empty it")


def refuse_file(to: Path) -> None:
    """Raise ZlideError where a file stands in the place of the folder `to`, or of one that it is to lie in."""
    with disk_errors(to):
        nearest = next(path for path in (to, *to.resolve().parents) if path.exists())
        if not nearest.is_dir():
            raise ZlideError(nearest, "expected a folder, found a file", "choose another place")


def _replace(to: Path, fresh: Path, aside: Path, owned: frozenset[str]) -> None:
    """Move `to` aside and `fresh` into its place, and bring back what is not ours; when that fails, `to` is as it was."""
    if not to.exists():
        fresh.rename(to)
        return
    to.rename(aside)
    try:
        fresh.rename(to)
    except BaseException:
        aside.rename(to)
        raise
    for path in aside.iterdir():
        if path.name not in owned and not (to / path.name).exists():
            path.rename(to / path.name)
