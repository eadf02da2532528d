"""Chromium and Chrome."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from zlide.verify.engines.engine import Engine, find_programs

VARIABLE = "ZLIDE_BROWSER"
"""Environment variable with the path of the browser."""

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
_PATHS = {
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


class Chromium(Engine):
    """An installed Chromium or Chrome, or else that of Playwright."""

    name = "chromium"
    title = "Chromium or Chrome"
    install_remedy = f"install one or set {VARIABLE} to its path"
    start_remedy = f"try another with {VARIABLE}"

    def candidates(self) -> Iterator[Path]:
        yield from find_programs(_NAMES, _PATHS.get(sys.platform, ()))
        default = os.path.expandvars(_CACHES.get(sys.platform, "~/.cache/ms-playwright"))
        cache = Path(os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or default).expanduser()
        programs = [path for pattern in _IN_CACHE for path in cache.glob(pattern)]
        yield from sorted(
            programs,
            key=lambda path: [int(n) for n in re.findall(r"chromium-(\d+)", str(path))],
            reverse=True,
        )

    def command(self, program: Path, profile: Path, url: str) -> list[str]:
        return [str(program), *_FLAGS, *_sandbox(), f"--user-data-dir={profile}", url]


def _sandbox() -> list[str]:
    """Return the flag without which Chromium does not start as root, as in most containers."""
    return ["--no-sandbox"] if sys.platform != "win32" and os.geteuid() == 0 else []
