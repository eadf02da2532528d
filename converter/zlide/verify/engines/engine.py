"""What is to be known of a kind of browser, to start one without a driver."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path


class Engine(ABC):
    """Where the programs of a kind of browser are, and how one opens an address, unseen and with a profile of its own."""

    name: str  # as --browser takes it
    called: str  # as people do
    missing: str  # what to do where there is none
    another: str = "name another with --browser"  # what to do where one does not start

    @abstractmethod
    def candidates(self) -> Iterator[Path]:
        """The programs that may be it, the likeliest first."""

    @abstractmethod
    def command(self, program: Path, profile: Path, url: str) -> list[str]:
        """What starts `program` on `url`, with what it keeps in `profile`, a new folder."""

    @contextmanager
    def surroundings(self, profile: Path) -> Iterator[dict[str, str]]:  # noqa: ARG002 (of those that keep it there)
        """The environment that it runs in, while the block lasts."""
        yield dict(os.environ)

    def runs(self, program: Path) -> bool:
        """Whether it is a browser, and not the note that Ubuntu leaves where its snap would be."""
        if sys.platform == "win32":  # where --version opens a window
            return True
        try:
            return (
                subprocess.run(
                    [program, "--version"],
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    timeout=30,
                    check=False,
                ).returncode
                == 0
            )
        except (OSError, subprocess.TimeoutExpired):
            return False


def installed(names: Iterable[str], places: Iterable[str]) -> Iterator[Path]:
    """The programs of these names on the PATH, then those of `places` that are there."""
    yield from (Path(found) for name in names if (found := shutil.which(name)))
    yield from (path for place in places if (path := Path(os.path.expandvars(place))).is_file())
