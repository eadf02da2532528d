"""A real browser opens a real page, and is gone afterwards."""

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
const body = JSON.stringify({sum: job.a + job.b, agent: navigator.userAgent});
await fetch("result", {method: "POST", body});
</script>"""


def program(path: Path, script: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def skip_if_missing(name: str) -> None:
    """Skip the test of an engine that is not installed; Chromium is always needed."""
    if name == "chromium":
        return
    try:
        find_browser(name)
    except ZlideError as error:
        pytest.skip(str(error))


def group_is_alive(group: int) -> bool:
    """Return whether a process of the group still runs; zombies do not."""
    for process in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = process.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] not in "ZX":
            return True
    return False


@pytest.mark.needs_browser
@pytest.mark.parametrize(
    ("name", "token"), [("chromium", b"Chrome/"), ("firefox", b"Firefox/"), ("webkit", b"Version/")]
)
def test_runs_a_page_and_leaves_nothing_behind(
    name: str, token: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    skip_if_missing(name)
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    (tmp_path / "index.html").write_text(PAGE)
    bodies: list[bytes] = []
    done = threading.Event()

    def receive(body: bytes) -> bytes:
        bodies.append(body)
        done.set()
        return b"{}"

    with (
        serve(
            tmp_path,
            port=0,
            routes={"GET /job.json": lambda _: b'{"a": 1, "b": 2}', "POST /result": receive},
        ) as server,
        headless(server.url, name) as browser,
    ):
        assert done.wait(60), browser.log.read_text()
        browser.check()
        assert list(temporary.iterdir()) == [browser.log.parent]
        group = browser.process.pid
        assert group_is_alive(group)
    assert b'"sum":3' in bodies[0]
    assert token in bodies[0]
    deadline = time.monotonic() + 10
    while group_is_alive(group) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not group_is_alive(group)
    assert list(temporary.iterdir()) == []


def test_prefers_the_variable_then_the_path_then_playwright(
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


def test_names_how_to_install_a_missing_browser(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chromium, "_PATHS", {})
    monkeypatch.setattr(firefox, "_PATHS", {})
    monkeypatch.setattr(webkit, "_FOLDERS", ())
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    monkeypatch.delenv("ZLIDE_BROWSER", raising=False)
    for name, problem, remedy in (
        ("chromium", "no Chromium or Chrome found", "ZLIDE_BROWSER"),
        ("firefox", "no Firefox found", "firefox-esr"),
        ("webkit", "no WebKitGTK found", "webkit2gtk-driver xvfb"),
        ("edge", "expected chromium, firefox, webkit or the path of one, found 'edge'", "leave"),
    ):
        with pytest.raises(ZlideError) as error:
            find_browser(name)
        assert error.value.where == "browser"
        assert problem in error.value.problem
        assert remedy in error.value.remedy


def test_webkit_needs_a_display(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = program(tmp_path / "MiniBrowser", "exit 0")
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    with pytest.raises(ZlideError) as error, headless("", str(browser)):
        pass
    assert error.value.where == "browser"
    assert "WebKitGTK needs a display" in error.value.problem
    assert "Xvfb" in error.value.remedy


def test_starts_a_program_as_its_file_name_tells(tmp_path: Path) -> None:
    for name, expected in {"firefox-nightly": "--profile", "vivaldi": "--user-data-dir"}.items():
        arguments = tmp_path / "arguments"
        path = program(tmp_path / name, f'echo "$@" > {arguments}')
        with headless("about:blank", str(path)) as browser:
            os.waitid(os.P_PID, browser.process.pid, os.WEXITED | os.WNOWAIT)
        assert expected in arguments.read_text()


def test_refuses_a_variable_that_names_no_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZLIDE_BROWSER", "/none/chrome")
    with pytest.raises(ZlideError) as error:
        find_browser()
    assert error.value.where == "ZLIDE_BROWSER"
    assert "found '/none/chrome'" in error.value.problem


def test_reports_a_browser_that_exits(tmp_path: Path) -> None:
    broken = program(
        tmp_path / "broken",
        "echo 'first line' >&2; echo 'libnss3.so: cannot open shared object file' >&2; exit 127",
    )
    with headless("about:blank", str(broken)) as browser:
        os.waitid(os.P_PID, browser.process.pid, os.WEXITED | os.WNOWAIT)
        with pytest.raises(ZlideError) as error:
            browser.check()
    assert error.value.where == str(broken)
    assert "status 127" in error.value.problem
    assert error.value.problem.endswith("libnss3.so: cannot open shared object file")
    assert "ZLIDE_BROWSER" in error.value.remedy
