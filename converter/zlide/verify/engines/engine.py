"""How to find and start a browser of one engine without a driver."""

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
    """A browser engine: where its programs are, and how one opens a URL without a window.

    name: its name for --browser; title: its name in messages.
    install_remedy, start_remedy: what to do if there is no program, or if it does not start.
    """

    name: str
    title: str
    install_remedy: str
    start_remedy: str = "name another with --browser"

    @abstractmethod
    def candidates(self) -> Iterator[Path]:
        """Yield paths of possible programs, best first."""

    @abstractmethod
    def command(self, program: Path, profile: Path, url: str) -> list[str]:
        """Return the command that opens `url` with the profile in `profile`, a new folder."""

    @contextmanager
    def environment(self, profile: Path) -> Iterator[dict[str, str]]:  # noqa: ARG002 (subclasses use it)
        """Yield the environment variables of the program, valid while the block runs."""
        yield dict(os.environ)

    def runs(self, program: Path) -> bool:
        """Return whether a program is a browser, and not Ubuntu's stub for a missing snap."""
        if sys.platform == "win32":  # --version opens a window there
            return True
        try:
            done = subprocess.run(
                [program, "--version"],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=30,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return False
        return done.returncode == 0


def find_programs(names: Iterable[str], paths: Iterable[str]) -> Iterator[Path]:
    """Yield the programs on the PATH by name, then those of `paths` that exist."""
    yield from (Path(program) for name in names if (program := shutil.which(name)))
    yield from (file for path in paths if (file := Path(os.path.expandvars(path))).is_file())
