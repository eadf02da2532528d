"""WebKitGTK, the engine of Safari, in the MiniBrowser that comes with it."""

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
    """The MiniBrowser of an installed WebKitGTK, on a virtual display."""

    name = "webkit"
    title = "WebKitGTK"
    install_remedy = (
        f"install it, {_INSTALL}"
        if sys.platform == "linux"
        else "it exists on Linux only; use chromium or firefox"
    )

    def candidates(self) -> Iterator[Path]:
        for folder in _FOLDERS:
            for library in _LIBRARIES:
                yield from sorted(Path("/usr").glob(f"{folder}/{library}/MiniBrowser"))

    def runs(self, program: Path) -> bool:
        """Return whether the program is executable; --version needs a display."""
        return os.access(program, os.X_OK)

    def command(self, program: Path, profile: Path, url: str) -> list[str]:
        return [str(program), "--private", f"--cookies-file={profile / 'cookies'}", url]

    @contextmanager
    def environment(self, profile: Path) -> Iterator[dict[str, str]]:
        variables = {
            f"XDG_{kind}_HOME": str(profile / kind.lower())
            for kind in ("CACHE", "CONFIG", "DATA", "STATE")
        }
        # Its sandbox does not start as root, as in most containers. Windows has no WebKitGTK.
        if sys.platform != "win32" and os.geteuid() == 0:
            variables["WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS"] = "1"
        with _display() as display:
            yield {**os.environ, **variables, **display}


@contextmanager
def _display() -> Iterator[dict[str, str]]:
    """Yield the variables of a display: a new one of Xvfb, or without Xvfb the current one."""
    xvfb = shutil.which("Xvfb")
    if xvfb:
        with _start_xvfb(xvfb) as display:
            yield {"DISPLAY": display, "GDK_BACKEND": "x11"}
    elif os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        yield {}
    else:
        raise ZlideError(
            "browser", "WebKitGTK needs a display, found none", f"install Xvfb, {_INSTALL}"
        )


@contextmanager
def _start_xvfb(xvfb: str) -> Iterator[str]:
    """Yield the name of a new display."""
    read_end, write_end = os.pipe()
    command = [
        xvfb,
        "-displayfd",
        str(write_end),
        "-screen",
        "0",
        "1280x1024x24",
        "-nolisten",
        "tcp",
    ]
    with os.fdopen(read_end) as pipe:
        quiet = subprocess.DEVNULL
        process = subprocess.Popen(
            command,
            stdin=quiet,
            stdout=quiet,
            stderr=quiet,
            pass_fds=[write_end],
            start_new_session=True,
        )
        os.close(write_end)
        try:
            number = pipe.readline().strip()
            if not number:
                raise ZlideError(
                    xvfb, "the program exited without a display", "run it by hand to see why"
                )
            yield f":{number}"
        finally:
            process.terminate()
            process.wait()
