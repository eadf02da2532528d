"""Files that appear whole or not at all, and folders in which only zlide's own files change."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from zlide.errors import ZlideError, disk_errors
from zlide.files.replacement import JOURNAL, apply_replacement, plan_replacement
from zlide.files.workspace import STAGING, Workspace
from zlide.signals import signals_deferred


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and rename it to `path` when the block succeeds.

    The old file stays until then. On errors the temporary file is removed.
    Raises ZlideError for errors of the disk.
    """
    partial = path.with_name(f"{path.name}.partial")
    with disk_errors(path):
        try:
            yield partial
            partial.rename(path)
        except BaseException:
            with suppress(OSError):
                partial.unlink()
            raise


@dataclass(frozen=True)
class OwnedFolder:
    """A kind of folder that zlide writes, and may change if it exists.

    mark: the file that marks such a folder.
    own: folder → relative paths, with "/", of the files that zlide wrote; empty for other folders.
    rank: files of a lower rank are put in place first, so that files come before those naming them.
    """

    mark: str
    own: Callable[[Path], Collection[str]]
    rank: Callable[[str], int]


@contextmanager
def atomic_folder(to: Path, kind: OwnedFolder) -> Iterator[Path]:
    """Yield an empty folder; when the block succeeds, its files replace zlide's own files in `to`.

    Other files in `to` (.git, CNAME) are never moved. If `to` does not exist, it appears whole.
    Signals that ask this process to stop are deferred while files are put in place.
    Raises ZlideError if `to` is another kind of folder, if another file is in the way, and for
    errors of the disk. `to` is then unchanged.
    """
    to = to.resolve()
    require_replaceable(to, kind)
    space = Workspace(to)
    with disk_errors(to), _final_paths_in_errors(space):
        try:
            space.open()
            require_replaceable(to, kind)  # again, now that the work of a killed run is undone
            yield space.fresh
            plan = None
            if to.exists():
                plan = plan_replacement(to, space.fresh, kind.own(to), kind.rank)
            with signals_deferred():
                if plan is None:
                    space.fresh.rename(to)
                else:
                    apply_replacement(plan, to, space.fresh, space.backup, space.journal)
                space.close()
        finally:
            space.close()


@contextmanager
def _final_paths_in_errors(space: Workspace) -> Iterator[None]:
    """Let errors of the disk name the final path of a file, not its path in the workspace."""
    try:
        yield
    except OSError as error:
        path = space.to
        if isinstance(error.filename, str | bytes | os.PathLike):
            path = Path(os.fsdecode(error.filename))
        if path.is_relative_to(space.path):
            final = space.to
            for folder in (space.fresh, space.backup):
                if path.is_relative_to(folder):
                    final = space.to / path.relative_to(folder)
            error.filename = str(final)
        raise


def require_replaceable(to: Path, kind: OwnedFolder) -> None:
    """Raise ZlideError if `atomic_folder` would refuse `to`, without doing any work."""
    require_folder(to)
    with disk_errors(to):
        if not to.is_dir() or (to / STAGING / JOURNAL).is_file():
            return
        is_empty = all(path.name == STAGING for path in to.iterdir())
        if is_empty or kind.own(to):
            return
        reason = f"there is no {kind.mark}"
        if os.path.lexists(to / kind.mark):
            reason = f"its {kind.mark} is not zlide's"
        raise ZlideError(to, f"holds other files ({reason})", "choose another folder, or empty it")


def require_folder(to: Path) -> None:
    """Raise ZlideError if `to`, or a folder above it, is a file."""
    with disk_errors(to):
        nearest = next(path for path in (to, *to.resolve().parents) if path.exists())
        if not nearest.is_dir():
            raise ZlideError(nearest, "expected a folder, found a file", "choose another folder")
