"""The one error type of zlide, which prints as a single line, and the errors of the disk."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ZlideError(Exception):
    """A mistake that the user can correct: where it is, the problem, and a remedy.

    `str(error)` is one line: ``where: problem; remedy``. Only the command line turns it into an
    exit status.
    """

    def __init__(self, where: object, problem: str, remedy: str = "") -> None:
        self.where = str(where)
        self.problem = problem
        self.remedy = remedy
        line = f"{where}: {problem}" + (f"; {remedy}" if remedy else "")
        super().__init__(" ".join(line.split()))


@contextmanager
def torch_needed(where: object) -> Iterator[None]:
    """Turn the import of a PyTorch that is not installed within the block into a ZlideError."""
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != "torch":
            raise
        problem = "expected PyTorch, found it missing"
        raise ZlideError(where, problem, "run pip install 'zlide[torch]'") from error


_FREE_SPACE = "free some and run the command again"
_MAKE_WRITABLE = "make it writable, or choose another folder"
_CHOOSE_ANOTHER = "choose another folder"

_DISK_REMEDIES = {
    errno.ENOSPC: _FREE_SPACE,
    errno.EDQUOT: _FREE_SPACE,
    errno.EFBIG: "raise the limit (ulimit -f), or choose another folder",
    errno.EIO: _CHOOSE_ANOTHER,
}
"""Remedies for errors of a whole disk, whichever path was written."""

_PATH_REMEDIES = {
    errno.EACCES: _MAKE_WRITABLE,
    errno.EPERM: _MAKE_WRITABLE,
    errno.EROFS: _MAKE_WRITABLE,
    errno.EXDEV: "unmount it, or choose another folder",
}
"""Remedies for errors of a single path."""


@contextmanager
def disk_errors(where: object) -> Iterator[None]:
    """Turn errors of the disk (full, no permission) within the block into a ZlideError."""
    try:
        yield
    except ZlideError:
        raise
    except Exception as error:
        number = _errno_of(error)
        if number is None:
            raise
        path = where
        if number not in _DISK_REMEDIES:
            path = _final_path(getattr(error, "filename", None), where)
        remedy = _DISK_REMEDIES.get(number) or _PATH_REMEDIES.get(number)
        if remedy is None:
            remedy = _CHOOSE_ANOTHER if _is_at_or_above(path, where) else ""
        raise ZlideError(path, _reason(number, error), remedy) from error


def _reason(number: int, error: Exception) -> str:
    if number == errno.ENOSPC:
        return "no space left on the disk"
    return os.strerror(number) if number else str(error)


def _errno_of(error: Exception) -> int | None:
    """Return the errno of an error, 0 for an OSError without one, None for any other error.

    safetensors puts the number, and TensorFlow the text, into the message of its own error type.
    """
    if isinstance(error, OSError):
        return error.errno or 0
    if match := re.search(r"\(os error (\d+)\)", str(error)):
        return int(match[1])
    known = (*_DISK_REMEDIES, *_PATH_REMEDIES)
    return next((number for number in known if os.strerror(number) in str(error)), None)


def _final_path(path: object, where: object) -> object:
    """Return `where` if `path` is a temporary file beside it, else `path`.

    The name of such a file starts with that of `where`.
    """
    if not path:
        return where
    final = Path(str(where))
    try:
        sibling = Path(str(path)).relative_to(final.parent).parts[0]
    except (ValueError, IndexError):
        return path
    is_temporary = sibling != final.name and sibling.removeprefix(".").startswith(final.name)
    return where if is_temporary else path


def _is_at_or_above(path: object, where: object) -> bool:
    """Return whether `path` is `where` or a folder above it."""
    return Path(str(where)).is_relative_to(Path(str(path)))
