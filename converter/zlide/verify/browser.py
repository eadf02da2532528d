"""Find an installed browser, and open a page in it, headless and without a driver."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from zlide.errors import ZlideError
from zlide.verify.engines import ENGINES, engine_of
from zlide.verify.engines.chromium import VARIABLE


def find_browser(browser: str = "chromium") -> Path:
    """The program to start: for "chromium" what $ZLIDE_BROWSER names; else an installed one, or of Chromium the one that Playwright keeps.

    browser: "chromium", "firefox", "webkit", or the path of a program, of Chromium's kind unless it is called otherwise.
    Raises ZlideError when there is none.
    """
    if browser not in ENGINES:
        return _named("browser", browser, f"{', '.join(ENGINES)} or the path of one")
    if browser == "chromium" and (chosen := os.environ.get(VARIABLE)):
        return _named(VARIABLE, chosen, "the path of a Chromium or Chrome")
    engine = ENGINES[browser]
    for candidate in engine.candidates():
        if engine.runs(candidate):
            return candidate
    raise ZlideError("browser", f"no {engine.called} found", engine.missing)


@dataclass(frozen=True)
class Browser:
    """A running browser."""

    program: Path
    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Raise ZlideError when the browser has ended by itself, with the last thing that it said."""
        status = self.process.poll()
        if status is None:
            return
        lines = self.log.read_text("utf-8", errors="replace").strip().splitlines()
        reason_of = lines[-1] if lines else "it said nothing"
        raise ZlideError(
            self.program,
            f"the browser ended by itself (status {status}): {reason_of}",
            engine_of(self.program).another,
        )


@contextmanager
def headless(url: str, browser: str = "chromium", *flags: str) -> Iterator[Browser]:
    """Open `url` in a headless browser with a profile of its own; both are gone when the block is left. `flags` are the program's."""
    program = find_browser(browser)
    engine = engine_of(program)
    with (
        tempfile.TemporaryDirectory(prefix="zlide-browser-", ignore_cleanup_errors=True) as profile,
        engine.surroundings(Path(profile)) as environment,
    ):
        log = Path(profile, "log.txt")
        with log.open("wb") as stderr:
            process = _start(
                [*engine.command(program, Path(profile), url), *flags], environment, stderr.fileno()
            )
        try:
            yield Browser(program, process, log)
        finally:
            _stop(process)


def _named(where: str, path: str, expected: str) -> Path:
    found = shutil.which(path)
    if found is None:
        problem = f"expected {expected}, found {path!r}, which cannot be started"
        raise ZlideError(where, problem, "name one, or leave it out")
    return Path(found)


def _start(command: list[str], environment: dict[str, str], stderr: int) -> subprocess.Popen[bytes]:
    """Start in a process group of its own, so that everything it starts can be stopped with it."""
    try:
        quiet = subprocess.DEVNULL
        return subprocess.Popen(
            command,
            stdin=quiet,
            stdout=quiet,
            stderr=stderr,
            env=environment,
            start_new_session=True,
        )
    except OSError as error:
        raise ZlideError(
            command[0],
            f"cannot be started: {error.strerror or error}",
            engine_of(Path(command[0])).another,
        ) from error


def _stop(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        subprocess.run(
            ["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False
        )  # noqa: S607 (part of Windows)
    else:
        with suppress(ProcessLookupError):
            os.killpg(
                process.pid, signal.SIGKILL
            )  # the profile is thrown away, nothing has to be saved
    process.wait()
