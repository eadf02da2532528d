"""The hidden folder in which one run of zlide at a time prepares new files."""

from __future__ import annotations

import os
import shutil
import sys
import time
from contextlib import suppress
from pathlib import Path

from zlide.errors import ZlideError
from zlide.files.paths import is_link
from zlide.files.replacement import JOURNAL, undo_replacement
from zlide.signals import signals_deferred

STAGING = ".zlide-staging"

LOCK, FRESH, BACKUP = "lock", "fresh", "backup"

LOCK_TIMEOUT = 10.0
"""Seconds that a run waits for another one that writes to the same folder."""


class Workspace:
    """A folder in which the files for the folder `to` are prepared.

    It is inside `to` if that exists, because `to` may be a mount, else beside it. Files can
    therefore be renamed from it into place. The run that has it open holds a lock, which the
    system releases when the run is killed. The next run then cleans up.
    """

    def __init__(self, to: Path) -> None:
        self.to = to
        # The root folder has no siblings.
        self._sibling = to.with_name(f".{to.name}{STAGING}") if to.name else None
        self.path = to / STAGING if self._sibling is None or to.is_dir() else self._sibling
        self._missing = [folder for folder in to.parents if not folder.exists()]
        self._lock: int | None = None

    @property
    def fresh(self) -> Path:
        """The folder for the new files."""
        return self.path / FRESH

    @property
    def backup(self) -> Path:
        """The folder for zlide's old files, until all new ones are in place."""
        return self.path / BACKUP

    @property
    def journal(self) -> Path:
        """The list of changes to undo; it exists only while files are put in place."""
        return self.path / JOURNAL

    def open(self) -> None:
        """Take the lock, undo the work of a killed run, and make `fresh`.

        Raises ZlideError if another run holds the lock for longer than `LOCK_TIMEOUT`.
        """
        until = time.monotonic() + LOCK_TIMEOUT
        while not self._take():
            if time.monotonic() > until:
                problem = "another run of zlide is writing to this folder"
                raise ZlideError(self.to, problem, "wait until it has ended")
            time.sleep(0.02)
        with signals_deferred():
            self._clear_sibling()
            if self.journal.is_file():
                undo_replacement(self.to, self.backup, self.journal)
            self._empty()
            self.fresh.mkdir()

    def close(self) -> None:
        """Remove the workspace and release the lock.

        Old files that could not be restored stay for the next run.
        """
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
        """Take the lock if it is free, and return whether this run holds it."""
        with signals_deferred():
            _require_workspace(self.path)
            self.path.mkdir(parents=True, exist_ok=True)
            try:
                flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
                lock = os.open(self.path / LOCK, flags, 0o666)
            except FileNotFoundError:
                return False  # another run has just removed the folder
            if _lock_file(lock) and _is_open_at(lock, self.path / LOCK):
                self._lock = lock
            else:
                os.close(lock)
            return self._lock is not None

    def _clear_sibling(self) -> None:
        """Remove the workspace beside `to` of a run that was killed before `to` existed."""
        if self._sibling and self.path != self._sibling and self._sibling.is_dir():
            abandoned = Workspace(self.to)
            abandoned.path = self._sibling
            with suppress(OSError, ZlideError):
                abandoned._take()
                abandoned.close()

    def _empty(self) -> None:
        for folder in (self.fresh, self.backup):
            shutil.rmtree(folder, ignore_errors=True)
        (self.path / f"{JOURNAL}.partial").unlink(missing_ok=True)

    def _remove(self) -> None:
        if sys.platform == "win32" and self._lock is not None:  # cannot remove an open file
            os.close(self._lock)
            self._lock = os.open(os.devnull, os.O_RDONLY)
        with suppress(OSError):
            (self.path / LOCK).unlink()
            self.path.rmdir()


def _require_workspace(path: Path) -> None:
    """Raise ZlideError if `path` exists and is not a workspace."""
    if not os.path.lexists(path):
        return
    known = {LOCK, FRESH, BACKUP, JOURNAL, f"{JOURNAL}.partial"}
    is_folder = not is_link(path) and path.is_dir()
    if not is_folder or not known.issuperset(child.name for child in path.iterdir()):
        problem = "expected a staging folder of zlide, found something else"
        raise ZlideError(path, problem, "move it elsewhere")


def _lock_file(lock: int) -> bool:
    """Lock an open file without waiting, and return whether that worked.

    On a file system without locks every run gets the lock.
    """
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


def _is_open_at(lock: int, path: Path) -> bool:
    """Return whether the open file is still at `path`: another run may have removed it."""
    try:
        return os.path.samestat(os.fstat(lock), path.stat())
    except OSError:
        return False
