"""A real browser opens a real page and is gone afterwards."""

import os
import stat
import threading
import time
from pathlib import Path

import pytest

from zlide.errors import ZlideError
from zlide.site.serve import serve
from zlide.verify.browser import find_browser, headless
from zlide.verify.engines import chromium, firefox, webkit

PAGE = """<!doctype html><script type="module">
const job = await (await fetch("job.json")).json();
await fetch("result", {method: "POST", body: JSON.stringify({sum: job.a + job.b, agent: navigator.userAgent})});
</script>"""


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def leave_out_if_missing(name: str) -> None:
    """Chromium is needed; where the other engines are neither installed nor to be had, what is left out is said."""
    if name == "chromium":
        return
    try:
        find_browser(name)
    except ZlideError as error:
        pytest.skip(str(error))


def group_is_alive(group: int) -> bool:
    """Whether a process of the group is left that is not merely waiting to be reaped."""
    for process in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = process.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] not in "ZX":
            return True
    return False


@pytest.mark.parametrize(
    ("name", "token"), [("chromium", b"Chrome/"), ("firefox", b"Firefox/"), ("webkit", b"Version/")]
)
def test_a_page_runs_and_reports_and_nothing_stays(
    name: str, token: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    leave_out_if_missing(name)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    (tmp_path / "index.html").write_text(PAGE)
    heard: list[bytes] = []
    done = threading.Event()

    def hear(body: bytes) -> bytes:
        heard.append(body)
        done.set()
        return b"{}"

    with (
        serve(
            tmp_path,
            port=0,
            routes={"GET /job.json": lambda _: b'{"a": 1, "b": 2}', "POST /result": hear},
        ) as server,
        headless(server.url, name) as browser,
    ):
        assert done.wait(60), browser.log.read_text()
        browser.check()
        assert list(temporary.iterdir()) == [browser.log.parent]
        group = browser.process.pid
        assert group_is_alive(group)
    assert b'"sum":3' in heard[0]
    assert token in heard[0]
    deadline = time.monotonic() + 10
    while group_is_alive(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not group_is_alive(group)
    assert list(temporary.iterdir()) == []


def test_the_variable_comes_first_then_the_path_then_playwrights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = program(tmp_path / "mine", "exit 0")
    installed = program(tmp_path / "bin" / "google-chrome", "exit 0")
    stub = program(tmp_path / "bin" / "chromium-browser", "echo 'needs the snap'; exit 1")
    for build in ("chromium-999", "chromium-1187", "chromium_headless_shell-2000"):
        program(tmp_path / "cache" / build / "chrome-linux" / "chrome", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path / "cache"))
    monkeypatch.setenv("ZLIDE_BROWSER", str(mine))
    assert find_browser() == mine
    monkeypatch.delenv("ZLIDE_BROWSER")
    assert stub.exists()
    assert find_browser() == installed
    installed.unlink()
    assert find_browser() == tmp_path / "cache" / "chromium-1187" / "chrome-linux" / "chrome"
    assert find_browser(str(mine)) == mine


def test_no_browser(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chromium, "_PLACES", {})
    monkeypatch.setattr(firefox, "_PLACES", {})
    monkeypatch.setattr(webkit, "_FOLDERS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.delenv("ZLIDE_BROWSER", raising=False)
    for name, line in {
        "chromium": "browser: no Chromium or Chrome found; install one or set ZLIDE_BROWSER to its path",
        "firefox": "browser: no Firefox found; install it, on Debian with apt install firefox-esr",
        "webkit": "browser: no WebKitGTK found; install it, on Debian or Ubuntu with apt install webkit2gtk-driver xvfb",
        "edge": "browser: expected chromium, firefox, webkit or the path of one, found 'edge', which cannot be started; name one, or leave it out",
    }.items():
        with pytest.raises(ZlideError) as error:
            find_browser(name)
        assert str(error.value) == line


def test_no_display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = program(tmp_path / "MiniBrowser", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with (
        pytest.raises(
            ZlideError,
            match=r"^browser: WebKitGTK needs a display, and there is none; install Xvfb, on Debian",
        ),
        headless("", str(browser)),
    ):
        pass


def test_a_path_tells_what_it_is_of(tmp_path: Path) -> None:
    """A program is started as its kind has to be, whatever folder it lies in."""
    for name, expected in {"firefox-nightly": "--profile", "vivaldi": "--user-data-dir"}.items():
        told = tmp_path / "told"
        path = program(tmp_path / name, f'echo "$@" > {told}')
        with headless("about:blank", str(path)) as browser:
            os.waitid(os.P_PID, browser.process.pid, os.WEXITED | os.WNOWAIT)
        assert expected in told.read_text()


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZLIDE_BROWSER", "/none/chrome")
    with pytest.raises(
        ZlideError,
        match=r"^ZLIDE_BROWSER: expected the path of a Chromium or Chrome, found '/none/chrome'",
    ):
        find_browser()


def test_a_browser_that_ends_by_itself_is_reported(tmp_path: Path) -> None:
    broken = program(
        tmp_path / "broken",
        "echo 'first line' >&2; echo 'libnss3.so: cannot open shared object file' >&2; exit 127",
    )
    with headless("about:blank", str(broken)) as browser:
        os.waitid(os.P_PID, browser.process.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(ZlideError) as error:
            browser.check()
    assert str(error.value) == (
        f"{broken}: the browser ended by itself (status 127): libnss3.so: cannot open shared object file; try another with ZLIDE_BROWSER"
    )
