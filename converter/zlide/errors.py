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
    """Turn what the operating system says about a path (full disk, no permission) into one line."""
    try:
        yield
    except OSError as error:
        problem = error.strerror or str(error)
        remedy = "free some space and run the command again" if error.errno == 28 else ""
        raise ZlideError(error.filename or where, problem, remedy) from error
