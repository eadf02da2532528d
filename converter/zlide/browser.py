"""Find an installed Chromium or Chrome, and open a page in it, headless and without a driver."""

from __future__ import annotations

import os
import re
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

VARIABLE = "ZLIDE_BROWSER"

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PLACES = {
    "darwin": (
        "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
        "/Applications/Chromium.app/Contents/MacOS/Chromium",
    ),
    "win32": (
        r"%ProgramFiles%\Google\Chrome\Application\chrome.exe",
        r"%ProgramFiles(x86)%\Google\Chrome\Application\chrome.exe",
        r"%LocalAppData%\Google\Chrome\Application\chrome.exe",
    ),
}
_CACHES = {"darwin": "~/Library/Caches/ms-playwright", "win32": r"%LocalAppData%\ms-playwright"}
_IN_CACHE = (
    "chromium-*/chrome-linux*/chrome",
    "chromium-*/chrome-mac*/*.app/Contents/MacOS/*",
    "chromium-*/chrome-win*/chrome.exe",
)

_FLAGS = (
    "--headless=new",
    "--no-first-run",
    "--disable-quic",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-breakpad",
    "--disable-dev-shm-usage",  # containers often have 64 MB of it
    "--password-store=basic",
    "--use-mock-keychain",
    "--ignore-gpu-blocklist",  # WebGL in software where there is no graphics card
    "--enable-unsafe-swiftshader",
)


def find_browser(browser: str = "chromium") -> Path:
    """The program to start: what $ZLIDE_BROWSER names, else an installed Chromium or Chrome, else the one that Playwright keeps.

    browser: "chromium", or the path of a program that takes Chromium's flags.
    Raises ZlideError when there is none.
    """
    if browser != "chromium":
        return _named("browser", browser)
    if chosen := os.environ.get(VARIABLE):
        return _named(VARIABLE, chosen)
    for candidate in _candidates():
        if _runs(candidate):
            return candidate
    raise ZlideError("browser", "no Chromium or Chrome found", f"install one or set {VARIABLE} to its path")


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
        said = lines[-1] if lines else "it said nothing"
        raise ZlideError(self.program, f"the browser ended by itself (status {status}): {said}", f"try another with {VARIABLE}")


@contextmanager
def headless(url: str, browser: str = "chromium") -> Iterator[Browser]:
    """Open `url` in a headless browser with a profile of its own; both are gone when the block is left."""
    program = find_browser(browser)
    with tempfile.TemporaryDirectory(prefix="zlide-browser-", ignore_cleanup_errors=True) as profile:
        log = Path(profile, "log.txt")
        with log.open("wb") as stderr:
            process = _start([str(program), *_FLAGS, *_sandbox(), f"--user-data-dir={profile}", url], stderr.fileno())
        try:
            yield Browser(program, process, log)
        finally:
            _stop(process)


def _named(where: str, path: str) -> Path:
    found = shutil.which(path)
    if found is None:
        raise ZlideError(where, f"expected the path of a Chromium or Chrome, found {path!r}, which cannot be started", "name one, or leave it out")
    return Path(found)


def _candidates() -> Iterator[Path]:
    yield from (Path(found) for name in _NAMES if (found := shutil.which(name)))
    yield from (path for place in _PLACES.get(sys.platform, ()) if (path := Path(os.path.expandvars(place))).is_file())
    cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or os.path.expandvars(_CACHES.get(sys.platform, "~/.cache/ms-playwright"))).expanduser()
    kept = [path for pattern in _IN_CACHE for path in cache.glob(pattern)]
    yield from sorted(kept, key=lambda path: [int(n) for n in re.findall(r"chromium-(\d+)", str(path))], reverse=True)


def _runs(program: Path) -> bool:
    """Whether it is a browser, and not the note that Ubuntu leaves where its snap would be."""
    if sys.platform == "win32":  # where --version opens a window
        return True
    try:
        return subprocess.run([program, "--version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=30, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def _sandbox() -> list[str]:
    """Chromium refuses to start its sandbox as root, which is what one is in most containers."""
    return ["--no-sandbox"] if sys.platform != "win32" and os.geteuid() == 0 else []


def _start(command: list[str], stderr: int) -> subprocess.Popen[bytes]:
    """Start in a process group of its own, so that everything it starts can be stopped with it."""
    try:
        return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=stderr, start_new_session=True)
    except OSError as error:
        raise ZlideError(command[0], f"cannot be started: {error.strerror or error}", f"try another with {VARIABLE}") from error


def _stop(process: subprocess.Popen[bytes]) -> None:
    if sys.platform == "win32":
        subprocess.run(["taskkill", "/F", "/T", "/PID", str(process.pid)], capture_output=True, check=False)  # noqa: S607 (part of Windows)
    else:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # the profile is thrown away, nothing has to be saved
    process.wait()
