"""One error type: a single line for people, without a traceback."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class ZlideError(Exception):
    """A mistake that the user can mend: where it is, what is wrong with it, and what to do.

    `str()` of it is one line: ``where: problem; remedy``. Only `cli.py` turns it into an exit status.
    """

    def __init__(self, where: object, problem: str, remedy: str = "") -> None:
        self.where = str(where)
        self.problem = problem
        self.remedy = remedy
        line = f"{where}: {problem}" + (f"; {remedy}" if remedy else "")
        super().__init__(" ".join(line.split()))


_FREE = "free some and run the command again"
_WRITABLE = "make it writable, or choose another place"
_ELSEWHERE = "choose another place"

OF_THE_DISK = {
    errno.ENOSPC: _FREE,
    errno.EDQUOT: _FREE,
    errno.EFBIG: "raise the limit (ulimit -f), or choose another place",
    errno.EIO: _ELSEWHERE,
}
"""What to do where the disk refuses, whichever path it was."""

OF_A_PATH = {
    errno.EACCES: _WRITABLE,
    errno.EPERM: _WRITABLE,
    errno.EROFS: _WRITABLE,
    errno.EXDEV: "unmount what lies there, or choose another place",
}
"""What to do where one path is the trouble."""


@contextmanager
def disk_errors(where: object) -> Iterator[None]:
    """Turn what goes wrong with a path (full disk, no permission) into one line."""
    try:
        yield
    except ZlideError:
        raise
    except Exception as error:
        number = _number(error)
        if number is None:
            raise
        path = (
            where if number in OF_THE_DISK else _known_as(getattr(error, "filename", None), where)
        )
        problem = (
            "no space left on the disk"
            if number == errno.ENOSPC
            else os.strerror(number)
            if number
            else str(error)
        )
        remedy = {**OF_THE_DISK, **OF_A_PATH}.get(number) or (
            _ELSEWHERE if _leads_to(path, where) else ""
        )
        raise ZlideError(path, problem, remedy) from error


def _number(error: Exception) -> int | None:
    """The system's number of an error, 0 where it gave none, None for an error of another kind.

    safetensors gives the number and TensorFlow the words, in errors of their own.
    """
    if isinstance(error, OSError):
        return error.errno or 0
    if told := re.search(r"\(os error (\d+)\)", str(error)):
        return int(told[1])
    return next(
        (number for number in (*OF_THE_DISK, *OF_A_PATH) if os.strerror(number) in str(error)), None
    )


def _known_as(path: object, where: object) -> object:
    """What lies beside `where` under a name that begins with its own was to become it, and goes by that name."""
    if not path:
        return where
    place = Path(str(where))
    try:
        beside = Path(str(path)).relative_to(place.parent).parts[0]
    except (ValueError, IndexError):
        return path
    return (
        where if beside != place.name and beside.removeprefix(".").startswith(place.name) else path
    )


def _leads_to(path: object, where: object) -> bool:
    """Whether `path` is `where`, or a folder that it is to lie in."""
    return Path(str(where)).is_relative_to(Path(str(path)))
