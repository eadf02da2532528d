"""What a reader has to download beside the model before the first decode, as a server that compresses sends it."""

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
    sizes = {name or "index.html": len(gzip.compress((site / (name or "index.html")).read_bytes(), 6)) for name in fetched if "models/" not in name}
    assert len([name for name in sizes if name.endswith((".js", ".css"))]) >= 4  # the page, what it shares with verify.html, its style, the worker
    assert len([name for name in sizes if name.endswith(".wasm")]) == 1
    assert sum(sizes.values()) <= LIMIT, sizes
