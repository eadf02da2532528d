"""The dev server shows the golden bundles or a built site, and a saved change without a build."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

ROOT = Path(__file__).parents[2]
NPM = shutil.which("npm") or ""

pytestmark = pytest.mark.skipif(not NPM, reason="npm is not installed")


@contextmanager
def dev_server(webapp: Path, **variables: str) -> Iterator[str]:
    """`npm run dev` on a free port. Yield its address."""
    environment = {**os.environ, **variables, "NO_COLOR": "1"}
    process = subprocess.Popen(
        [NPM, "run", "dev", "--", "--port", "0"],
        cwd=webapp,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        start_new_session=True,
    )
    try:
        output = ""
        assert process.stdout
        for line in process.stdout:
            output += line
            if found := re.search(r"Local:\s+(http://localhost:\d+/)", line):
                yield found[1]
                return
        pytest.fail(f"the dev server did not start: {output}")
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(30)


@pytest.fixture(scope="module")
def webapp(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the page's sources, which a test may change."""
    root = tmp_path_factory.mktemp("checkout")
    shutil.copytree(ROOT / "tests/golden", root / "tests/golden")
    portable = Path("converter/zlide/graph/portable.json")
    (root / portable).parent.mkdir(parents=True)
    shutil.copy(ROOT / portable, root / portable)
    shutil.copytree(
        ROOT / "webapp",
        root / "webapp",
        ignore=shutil.ignore_patterns(".vite", "bench"),
        copy_function=lambda source, to: (
            os.link(source, to) if "node_modules" in source else shutil.copy(source, to)
        ),
    )
    return root / "webapp"


def append(source: Path, line: str) -> None:
    source.write_text(f"{source.read_text('utf-8')}\n{line}\n", "utf-8")


def wait_for_decoder(page: Page) -> None:
    page.get_by_text("all in this tab").wait_for(timeout=60_000)


def test_a_saved_change_is_on_the_page_without_a_build(
    webapp: Path, tab: Callable[..., Page]
) -> None:
    with dev_server(webapp) as address:
        # Vite's own client says so in the decoder's worker when a style sheet changes.
        page = tab(forgiven="document is not defined")
        page.goto(address)
        wait_for_decoder(page)
        assert [label.inner_text() for label in page.get_by_role("tab").all()] == [
            "A golden sentence VAE",
            "A golden picture VAE",
        ]

        html = webapp / "index.html"
        html.write_text(html.read_text("utf-8").replace("<h1>zlide</h1>", "<h1>edited</h1>"))
        expect(page.get_by_role("heading", level=1)).to_have_text("edited")
        wait_for_decoder(page)

        append(webapp / "src/pages/page.css", "h1 { letter-spacing: 7px }")
        expect(page.get_by_role("heading", level=1)).to_have_css("letter-spacing", "7px")

        append(webapp / "src/explorer/explorer.ts", "document.documentElement.lang = 'cy'")
        expect(page.locator("html")).to_have_attribute("lang", "cy")
        wait_for_decoder(page)


def test_threads_start_on_the_dev_server(
    webapp: Path, publish: Callable[..., Path], tab: Callable[..., Page]
) -> None:
    with dev_server(webapp, ZLIDE_SITE=str(publish("image"))) as address:
        page = tab()
        page.goto(address)
        choice = page.get_by_role("combobox", name="where decoding runs")
        choice.wait_for(timeout=60_000)
        choice.select_option("threads")
        page.wait_for_function("window.started - window.ended === 1 && window.ended > 0")
        assert len(page.workers) > 1  # the decoder's worker and its threads
        expect(page.get_by_role("alert")).to_have_count(0)


def test_the_dev_server_shows_a_built_site(
    webapp: Path, publish: Callable[..., Path], tab: Callable[..., Page]
) -> None:
    site = publish("image")
    with dev_server(webapp, ZLIDE_SITE=str(site)) as address:
        page = tab()
        page.goto(f"{address}article.html")
        page.get_by_text("all in this tab").first.wait_for(timeout=60_000)
        listed = json.loads((site / "models.json").read_text("utf-8"))
        assert page.request.get(f"{address}models.json").json() == listed
        assert page.request.get(f"{address}models/text/manifest.json").status == 404
