"""Find an installed browser, and open a page in it without a window or a driver."""

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
    """Return the program of a browser.

    For "chromium" this is $ZLIDE_BROWSER, an installed Chromium or Chrome, or that of Playwright.

    browser: "chromium", "firefox", "webkit", or the path of a program. Its file name tells the
    engine: Firefox, MiniBrowser, or else Chromium.
    Raises ZlideError if there is none.
    """
    if browser not in ENGINES:
        return _resolve("browser", browser, f"{', '.join(ENGINES)} or the path of one")
    if browser == "chromium" and (path := os.environ.get(VARIABLE)):
        return _resolve(VARIABLE, path, "the path of Chromium or Chrome")
    engine = ENGINES[browser]
    for candidate in engine.candidates():
        if engine.runs(candidate):
            return candidate
    raise ZlideError("browser", f"no {engine.title} found", engine.install_remedy)


@dataclass(frozen=True)
class Browser:
    """A running browser."""

    program: Path
    process: subprocess.Popen[bytes]
    log: Path

    def check(self) -> None:
        """Raise ZlideError with the last line of its log if the browser has exited."""
        status = self.process.poll()
        if status is None:
            return
        lines = self.log.read_text("utf-8", errors="replace").strip().splitlines()
        reason = lines[-1] if lines else "its log is empty"
        raise ZlideError(
            self.program,
            f"the browser exited with status {status}: {reason}",
            engine_of(self.program).start_remedy,
        )


@contextmanager
def headless(url: str, browser: str = "chromium", *flags: str) -> Iterator[Browser]:
    """Open `url` in a headless browser with a new profile while the block runs.

    The browser is stopped and the profile deleted afterwards.

    browser: see `find_browser`.
    flags: arguments of the program.
    Raises ZlideError if there is no such browser, or if it cannot be started.
    """
    program = find_browser(browser)
    engine = engine_of(program)
    with (
        tempfile.TemporaryDirectory(prefix="zlide-browser-", ignore_cleanup_errors=True) as profile,
        engine.environment(Path(profile)) as environment,
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


def _resolve(where: str, path: str, expected: str) -> Path:
    program = shutil.which(path)
    if program is None:
        problem = f"expected {expected}, found {path!r}, which is not a program"
        raise ZlideError(where, problem, "name one, or leave it out")
    return Path(program)


def _start(command: list[str], environment: dict[str, str], stderr: int) -> subprocess.Popen[bytes]:
    """Start a process group, so that its child processes can be stopped as well."""
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
            engine_of(Path(command[0])).start_remedy,
        ) from error


def _stop(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        command = ["taskkill", "/F", "/T", "/PID", str(process.pid)]
        subprocess.run(command, capture_output=True, check=False)
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # the profile is deleted, nothing is lost
    process.wait()
