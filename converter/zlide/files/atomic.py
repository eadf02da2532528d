"""Files that appear whole or not at all, and folders in which zlide changes its own files alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from zlide.errors import ZlideError, disk_errors
from zlide.files.replacing import JOURNAL, carry_out, plan
from zlide.files.workspace import STAGING, Workspace
from zlide.signals import signals_deferred


@contextmanager
def atomic_file(path: Path) -> Iterator[Path]:
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


@dataclass(frozen=True)
class OwnedFolder:
    """A kind of folder that zlide writes, and may change where it exists.

    mark: the file by which people know it.
    own: folder → paths in it of the files that zlide wrote, with "/" between their parts; none for a folder of another kind.
    rank: files of a lower rank are put in place first, so that what names other files comes after them.
    """

    mark: str
    own: Callable[[Path], Collection[str]]
    rank: Callable[[str], int]


@contextmanager
def atomic_folder(to: Path, kind: OwnedFolder) -> Iterator[Path]:
    """An empty folder to write into. When the block ends well, its files take the place of those of zlide's own in `to`.

    All other files in `to` (.git, CNAME) stay where they are at every moment. Where `to` does not exist, it appears whole.
    Signals that ask this process to stop are held back while files are put in place.
    Raises ZlideError when `to` is something else, a file of somebody else lies in the way, or the disk refuses; `to` is then as it was.
    """
    to = to.resolve()
    require_replaceable(to, kind)
    space = Workspace(to)
    with disk_errors(to), _known_by_their_places(space):
        try:
            space.open()
            require_replaceable(to, kind)  # a killed run's work is undone by now
            yield space.fresh
            what = plan(to, space.fresh, kind.own(to), kind.rank) if to.exists() else None
            with signals_deferred():
                if what is None:
                    space.fresh.rename(to)
                else:
                    carry_out(what, to, space.fresh, space.kept, space.journal)
                space.close()
        finally:
            space.close()


@contextmanager
def _known_by_their_places(space: Workspace) -> Iterator[None]:
    """Let errors of the disk name the place that a file was to have, and not where it was prepared."""
    try:
        yield
    except OSError as error:
        path = (
            Path(os.fsdecode(error.filename))
            if isinstance(error.filename, str | bytes | os.PathLike)
            else space.to
        )
        if path.is_relative_to(space.path):
            inside = space.fresh if path.is_relative_to(space.fresh) else space.kept
            error.filename = str(
                space.to / path.relative_to(inside) if path.is_relative_to(inside) else space.to
            )
        raise


def require_replaceable(to: Path, kind: OwnedFolder) -> None:
    """Raise ZlideError where `staged_folder` would, before any work: for what `refuse_file` refuses, and for a folder of anything else."""
    require_folder(to)
    with disk_errors(to):
        if (
            not to.is_dir()
            or (to / STAGING / JOURNAL).is_file()
            or all(path.name == STAGING for path in to.iterdir())
        ):
            return
        if not kind.own(to):
            why = (
                f"its {kind.mark} is not zlide's"
                if os.path.lexists(to / kind.mark)
                else f"there is no {kind.mark}"
            )
            raise ZlideError(to, f"holds other files ({why})", "choose another folder, or empty it")


def require_folder(to: Path) -> None:
    """Raise ZlideError where a file stands in the place of the folder `to`, or of one that it is to lie in."""
    with disk_errors(to):
        nearest = next(path for path in (to, *to.resolve().parents) if path.exists())
        if not nearest.is_dir():
            raise ZlideError(nearest, "expected a folder, found a file", "choose another place")
