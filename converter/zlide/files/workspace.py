"""A hidden folder in which one run of zlide at a time prepares what it puts in place."""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

from zlide.errors import ZlideError
from zlide.files.paths import is_link
from zlide.files.replacing import JOURNAL, undo
from zlide.signals import signals_deferred

STAGING = ".zlide-staging"

LOCK, FRESH, KEPT = "lock", "fresh", "kept"

PATIENCE = 10.0
"""Seconds that a run waits for another one that writes to the same folder."""


class Workspace:
    """Room to prepare what is to become, or to change, the folder `to`.

    It lies inside `to` where that exists, since `to` may be a mount, else beside it: files can be renamed from here into place.
    The run that has it open holds a lock, which the system takes back from a run that was killed; the next run clears up after that.
    """

    def __init__(self, to: Path) -> None:
        self.to = to
        self._beside = (
            to.with_name(f".{to.name}{STAGING}") if to.name else None
        )  # the root has nothing beside it
        self.path = to / STAGING if self._beside is None or to.is_dir() else self._beside
        self._missing = [folder for folder in to.parents if not folder.exists()]
        self._lock: int | None = None

    @property
    def fresh(self) -> Path:
        """Where the new files are written."""
        return self.path / FRESH

    @property
    def kept(self) -> Path:
        """Where zlide's own old files are kept until all new ones are in place."""
        return self.path / KEPT

    @property
    def journal(self) -> Path:
        """Says what has to be undone; there only while files are put in place."""
        return self.path / JOURNAL

    def open(self) -> None:
        """Take the lock, undo what a killed run had begun, and make `fresh`. Raises ZlideError where another run holds the lock for long."""
        until = time.monotonic() + PATIENCE
        while not self._take():
            if time.monotonic() > until:
                raise ZlideError(
                    self.to, "another run of zlide is writing there", "wait until it has ended"
                )
            time.sleep(0.02)
        with signals_deferred():
            self._clear_beside()
            if self.journal.is_file():
                undo(self.to, self.kept, self.journal)
            self._empty()
            self.fresh.mkdir()

    def close(self) -> None:
        """Remove all of it and let go of the lock. Old files that could not be put back are left for the next run."""
        with signals_deferred():
            if self._lock is not None:
                if not self.journal.is_file():
                    self._empty()
                    self._remove()
                os.close(self._lock)
                self._lock = None
            if not self.to.exists():
                for folder in self._missing:
                    with suppress(OSError):
                        folder.rmdir()

    def _take(self) -> bool:
        """Take the lock if it is free."""
        with signals_deferred():
            _refuse_other(self.path)
            self.path.mkdir(parents=True, exist_ok=True)
            try:
                lock = os.open(
                    self.path / LOCK, os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0), 0o666
                )
            except FileNotFoundError:
                return False  # another run has just removed the folder
            if _locked(lock) and _is_at(lock, self.path / LOCK):
                self._lock = lock
            else:
                os.close(lock)
            return self._lock is not None

    def _clear_beside(self) -> None:
        """Remove the workspace that a run left beside `to` when it was killed, at a time when there was no `to` yet."""
        if self._beside and self.path != self._beside and self._beside.is_dir():
            left = Workspace(self.to)
            left.path = self._beside
            with suppress(OSError, ZlideError):
                left._take()
                left.close()

    def _empty(self) -> None:
        for folder in (self.fresh, self.kept):
            shutil.rmtree(folder, ignore_errors=True)
        (self.path / f"{JOURNAL}.partial").unlink(missing_ok=True)

    def _remove(self) -> None:
        if sys.platform == "win32" and self._lock is not None:  # which removes no file that is open
            os.close(self._lock)
            self._lock = os.open(os.devnull, os.O_RDONLY)
        with suppress(OSError):
            (self.path / LOCK).unlink()
            self.path.rmdir()


def _refuse_other(path: Path) -> None:
    """Raise ZlideError where something lies at `path` that is no workspace."""
    if not os.path.lexists(path):
        return
    names = [] if is_link(path) or not path.is_dir() else [one.name for one in path.iterdir()]
    if (
        is_link(path)
        or not path.is_dir()
        or not {LOCK, FRESH, KEPT, JOURNAL, f"{JOURNAL}.partial"}.issuperset(names)
    ):
        raise ZlideError(
            path,
            "expected a folder that zlide left behind, found something else",
            "move it elsewhere",
        )


def _locked(lock: int) -> bool:
    """Lock an open file without waiting. A file system that knows no locks is taken as it is."""
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(lock, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True
    return True


def _is_at(lock: int, path: Path) -> bool:
    """Whether the open file is still the one at `path`, which another run may have removed before it was locked."""
    try:
        return os.path.samestat(os.fstat(lock), path.stat())
    except OSError:
        return False
