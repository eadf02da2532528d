"""WebKitGTK, which is Safari's engine, in the small browser that comes with its library."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from zlide.errors import ZlideError
from zlide.verify.engines.engine import Engine

_FOLDERS = ("lib/*", "libexec", "lib", "lib64")
_LIBRARIES = ("webkit2gtk-4.*", "webkitgtk-6.*")
_INSTALL = "on Debian or Ubuntu with apt install webkit2gtk-driver xvfb"


class WebKit(Engine):
    """The MiniBrowser of an installed WebKitGTK, on a display that nobody sees."""

    name = "webkit"
    called = "WebKitGTK"
    missing = (
        f"install it, {_INSTALL}"
        if sys.platform == "linux"
        else "it is had on Linux alone; take chromium or firefox here"
    )

    def candidates(self) -> Iterator[Path]:
        for folder in _FOLDERS:
            for library in _LIBRARIES:
                yield from sorted(Path("/usr").glob(f"{folder}/{library}/MiniBrowser"))

    def runs(self, program: Path) -> bool:
        """It is what it is called; without a display it does not even tell its version."""
        return os.access(program, os.X_OK)

    def command(self, program: Path, profile: Path, url: str) -> list[str]:
        return [str(program), "--private", f"--cookies-file={profile / 'cookies'}", url]

    @contextmanager
    def surroundings(self, profile: Path) -> Iterator[dict[str, str]]:
        own = {
            f"XDG_{kind}_HOME": str(profile / kind.lower())
            for kind in ("CACHE", "CONFIG", "DATA", "STATE")
        }
        if (
            os.geteuid() == 0
        ):  # its sandbox does not start as root, which is what one is in most containers
            own["WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS"] = "1"
        with _display() as display:
            yield {**os.environ, **own, **display}


@contextmanager
def _display() -> Iterator[dict[str, str]]:
    """A display of Xvfb's while the block lasts; without Xvfb, the one that there is."""
    xvfb = shutil.which("Xvfb")
    if xvfb:
        with _virtual(xvfb) as display:
            yield {"DISPLAY": display, "GDK_BACKEND": "x11"}
    elif os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        yield {}
    else:
        raise ZlideError(
            "browser", "WebKitGTK needs a display, and there is none", f"install Xvfb, {_INSTALL}"
        )


@contextmanager
def _virtual(xvfb: str) -> Iterator[str]:
    reading, writing = os.pipe()
    command = [xvfb, "-displayfd", str(writing), "-screen", "0", "1280x1024x24", "-nolisten", "tcp"]
    with os.fdopen(reading) as numbers:
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(
            command,
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            pass_fds=[writing],
            start_new_session=True,
        )
        os.close(writing)
        try:
            number = numbers.readline().strip()
            if not number:
                raise ZlideError(xvfb, "it ended by itself", "run it by hand to see why")
            yield f":{number}"
        finally:
            process.terminate()
            process.wait()
