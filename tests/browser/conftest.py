"""A built site on a local server, under a sub-path and a strict security policy, and a browser."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from playwright.sync_api import Browser, Page, Playwright, Route

from tests.chromium import COUNT_WORK, FLAGS
from zlide.cli import main
from zlide.verify.browser import find_browser

ROOT = Path(__file__).parents[2]
BUILT = ROOT / "converter/zlide/page"
GOLDEN = ROOT / "tests/golden"
SHIPPED = ["sentences", "doom", "racing"]
POLICY = (
    "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; style-src 'self'"
)


SOFTWARE = ["--enable-unsafe-swiftshader", "--use-angle=swiftshader", "--ignore-gpu-blocklist"]
WEBGPU = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--enable-features=Vulkan"]


class _Handler(SimpleHTTPRequestHandler):
    def __init__(self, *args: Any, sent: Mapping[str, str], **settings: Any) -> None:
        self.sent = sent
        super().__init__(*args, **settings)

    def send_head(self) -> Any:
        del self.headers[
            "If-Modified-Since"
        ]  # it tells versions apart by the second, and tests write two of them in one
        return super().send_head()

    def end_headers(self) -> None:
        for name, value in self.sent.items():
            self.send_header(name, value)
        super().end_headers()

    def copyfile(self, source: Any, outputfile: Any) -> None:
        with contextlib.suppress(
            ConnectionError
        ):  # a page that gives up does not wait for the rest
            super().copyfile(source, outputfile)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Log nothing: a failing test shows what it saw."""


@pytest.fixture
def publish(tmp_path: Path) -> Callable[..., Path]:
    """Copy the built page and golden bundles to a folder that a test may damage."""

    def build(*models: str) -> Path:
        if not (BUILT / "index.html").is_file():
            pytest.fail(f"{BUILT} is empty: run `npm run build` in webapp/")
        folder = tmp_path / "deep" / "down"
        shutil.copytree(BUILT, folder)
        for name in models:
            shutil.copytree(GOLDEN / name, folder / "models" / name)
        listed = [{"path": f"models/{name}/", "title": f"Golden {name}"} for name in models]
        (folder / "models.json").write_text(json.dumps({"models": listed}), "utf-8")
        return folder

    return build


@pytest.fixture
def site(publish: Callable[..., Path]) -> Path:
    """The page with one model of sentences."""
    return publish("text")


@pytest.fixture
def headers() -> dict[str, str]:
    """Headers that the server sends with every file."""
    return {"Content-Security-Policy": POLICY}


@pytest.fixture
def address(site: Path, headers: Mapping[str, str]) -> Iterator[str]:
    """The address of the site: two folders below the root of its server."""
    with ThreadingHTTPServer(
        ("127.0.0.1", 0), partial(_Handler, directory=str(site.parents[1]), sent=headers)
    ) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/deep/down/"
        server.shutdown()


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site of the models that ship, for tests that only read it.

    The processes of a test run share it: one builds it, and the others wait.
    """
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    site = folder / "shipped"
    models = [str(ROOT / "weights" / name) for name in SHIPPED]
    with (folder / "shipped.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not site.exists():
            built = CliRunner().invoke(main, ["build", *models, "--output", str(site)])
            assert built.exit_code == 0, built.stderr
    return site


def launch(playwright: Playwright, *flags: str) -> Browser:
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    return playwright.chromium.launch(
        executable_path=str(find_browser()),
        args=[*FLAGS, *flags, *(["--no-sandbox"] if root else [])],
    )


@pytest.fixture(scope="session")
def chromium(playwright: Playwright) -> Iterator[Browser]:
    with launch(playwright) as browser:
        yield browser


@pytest.fixture
def without_webassembly(playwright: Playwright) -> Iterator[Browser]:
    """A browser that compiles no WebAssembly."""
    with launch(playwright, "--js-flags=--jitless") as browser:
        yield browser


@pytest.fixture
def without_javascript(playwright: Playwright) -> Iterator[Browser]:
    with launch(playwright, "--blink-settings=scriptEnabled=false") as browser:
        yield browser


@pytest.fixture
def with_webgl(playwright: Playwright) -> Iterator[Browser]:
    """A browser that renders WebGL in software."""
    with launch(playwright, *SOFTWARE) as browser:
        yield browser


@pytest.fixture
def with_webgpu(playwright: Playwright) -> Iterator[Browser]:
    """A browser that renders WebGL and WebGPU in software."""
    with launch(playwright, *SOFTWARE, *WEBGPU) as browser:
        yield browser


def open_tab(
    browser: Browser, complaints: list[str], forgiven: str | None = None, **settings: Any
) -> Page:
    """Open a tab, with the arguments of `Browser.new_context`.

    Service workers are blocked by default, since a test cannot alter what they fetch.

    complaints: gets the errors that the page throws, except for those with `forgiven`, and the
        violations of the policy.
    """
    page = browser.new_context(
        **{"viewport": {"width": 1280, "height": 860}, "service_workers": "block", **settings}
    ).new_page()
    page.set_default_timeout(10_000)
    page.on(
        "pageerror",
        lambda error: (
            None if forgiven and forgiven in str(error) else complaints.append(str(error))
        ),
    )
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text) if "Content Security Policy" in message.text else None
        ),
    )
    page.add_init_script(COUNT_WORK)
    return page


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Callable[..., Page]]:
    """Open a tab as `open_tab` does. At the end, there may be no complaints."""
    complaints: list[str] = []
    yield partial(open_tab, chromium, complaints)
    for context in chromium.contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def live(tab: Callable[..., Page], address: str) -> Page:
    """The page, decoding."""
    page = tab()
    page.goto(address)
    page.get_by_text("all in this tab").wait_for()
    return page


@pytest.fixture
def run(address: str, site: Path) -> Callable[..., tuple[dict[str, Any], list[dict[str, Any]]]]:
    """Run a job of verify.html in a tab. Return the result and the progress that it posts.

    more: the end of the page's address.
    """

    def work(
        page: Page, job: dict[str, Any], more: str = ""
    ) -> tuple[dict[str, Any], list[dict[str, Any]]]:
        (site / "job.json").write_text(json.dumps(job), "utf-8")
        posted: dict[str, list[Any]] = {"result": [], "progress": []}

        def take(route: Route) -> None:
            posted[route.request.url.rsplit("/", 1)[1]].append(route.request.post_data_json)
            route.fulfill(status=204)

        for name in posted:
            page.route(f"**/{name}", take)
        with page.expect_response("**/result", timeout=60_000):
            page.goto(f"{address}verify.html?job{more}")
        (result,) = posted["result"]
        return result, posted["progress"]

    return work
