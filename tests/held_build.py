"""A `zlide build` that is held at its first copy of a file, for tests that stop it there."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PROGRAM = """
import shutil, sys, time
from zlide.cli import main
def slow(*_):
    print("copying", flush=True)
    time.sleep(600)
shutil.copyfile = slow
main()
"""


@contextmanager
def held_build(bundle: Path, site: Path, scratch: Path) -> Iterator[subprocess.Popen[str]]:
    """Start a build of `site` from `bundle`, and wait until it copies.

    scratch: a new folder for its temporary files.
    """
    scratch.mkdir()
    with subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, "build", str(bundle), "--output", str(site)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    ) as build:
        assert build.stdout
        assert build.stdout.readline() == "copying\n"
        yield build
