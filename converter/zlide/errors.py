"""One error type: a single line for people, without a traceback."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


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
            raise ZlideError(error.filename or where, error.strerror or str(error)) from error
        raise
