"""One error type: a single line for people, without a traceback."""

from __future__ import annotations

import errno
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


@contextmanager
def disk_errors(where: object) -> Iterator[None]:
    """Turn what goes wrong with a path (full disk, no permission) into one line.

    A full disk is recognized by its words too: safetensors and TensorFlow have errors of their own for it.
    """
    try:
        yield
    except ZlideError:
        raise
    except Exception as error:
        if any(words in str(error) for words in ("No space left", "os error 28")):
            raise ZlideError(where, "no space left on the disk", "free some and run the command again") from error
        if isinstance(error, OSError):
            closed = error.errno in (errno.EACCES, errno.EPERM, errno.EROFS)
            remedy = "make it writable, or choose another place" if closed else ""
            raise ZlideError(_known_as(error.filename, where), error.strerror or str(error), remedy) from error
        raise


def _known_as(path: object, where: object) -> object:
    """What lies beside `where` under a name that begins with its own was to become it, and goes by that name."""
    if not path:
        return where
    place = Path(str(where))
    try:
        beside = Path(str(path)).relative_to(place.parent).parts[0]
    except (ValueError, IndexError):
        return path
    return where if beside != place.name and beside.removeprefix(".").startswith(place.name) else path
