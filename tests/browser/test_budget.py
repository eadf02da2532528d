"""What a reader has to download before the model itself, as a server that compresses sends it."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

LIMIT = 300_000  # bytes


def test_the_page_and_its_runtime_stay_small(tab: Callable[..., Page], address: str, site: Path) -> None:
    page = tab()
    fetched: set[str] = set()
    page.on("request", lambda request: fetched.add(request.url.removeprefix(address)))
    page.goto(address)
    page.get_by_text("all in this tab").wait_for()
    sizes = {name: len(gzip.compress((site / name).read_bytes(), 6)) for name in fetched if name.startswith("assets/")}
    code = {name: size for name, size in sizes.items() if name.endswith((".js", ".css"))}
    runtime = {name: size for name, size in sizes.items() if name.startswith("assets/worker-") or name.endswith(".wasm")}
    assert len(code) >= 4  # the page, what it shares with verify.html, its style, the worker
    assert len(runtime) == 2  # TensorFlow.js in its worker, and one binary
    assert sum(code.values()) <= LIMIT, code
    assert sum(runtime.values()) <= LIMIT, runtime
