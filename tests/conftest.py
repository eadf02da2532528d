"""Fixtures and checks that all tests share."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from zlide.bundle.folder import list_files

if TYPE_CHECKING:
    from playwright.sync_api import Playwright

ROOT = Path(__file__).parents[1]
PAGE = str(ROOT / "converter/zlide/page") + os.sep

# Marks for all tests of a folder. Other tests are marked one by one.
NEEDS = {
    "browser": ("needs_browser", "needs_conversion", "needs_page"),
    "engines": ("needs_browser", "needs_conversion", "needs_page"),
    "onnx_tf": ("needs_conversion",),
    "soak": ("slow",),
}
_running: pytest.Item | None = None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        for folder, marks in NEEDS.items():
            if Path(__file__).parent / folder in item.path.parents:
                for mark in marks:
                    item.add_marker(mark)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Iterator[None]:
    global _running  # noqa: PLW0603 (an audit hook gets no context)
    _running = item
    try:
        return (yield)
    finally:
        _running = None


def refuse_unmarked(event: str, details: tuple[Any, ...]) -> None:
    """Fail a test that reads the built page without the mark that says so."""
    if _running is None or event != "open" or not str(details[0]).startswith(PAGE):
        return
    if not _running.get_closest_marker("needs_page"):
        pytest.fail(f"{_running.nodeid}: expected the mark needs_page, found none; add it")


sys.addaudithook(refuse_unmarked)

GOLDEN = Path(__file__).parent / "golden"

INCONSISTENCIES = json.loads((GOLDEN / "inconsistencies.json").read_text("utf-8"))["cases"]


@pytest.fixture(params=INCONSISTENCIES, ids=lambda case: str(case["name"]))
def inconsistency(request: pytest.FixtureRequest) -> dict[str, Any]:
    """Changes that make the golden bundle inconsistent, and the problem that they cause."""
    case: dict[str, Any] = request.param
    return case


def damage(bundle: Path, *changes: dict[str, Any]) -> None:
    """Change values in files of a bundle, and update the hashes in its manifest."""
    for change in changes:
        path, keys, value = bundle / change["file"], change["at"], change["to"]
        if not keys:
            path.write_text(value if isinstance(value, str) else json.dumps(value), "utf-8")
            continue
        data = part = json.loads(path.read_text("utf-8"))
        for key in keys[:-1]:
            part = part[key]
        part[keys[-1]] = value
        path.write_text(json.dumps(data), "utf-8")
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    manifest["files"] = [file.model_dump() for file in list_files(bundle)]
    (bundle / "manifest.json").write_text(json.dumps(manifest), "utf-8")


@pytest.fixture(name="damage")
def _damage() -> Any:
    return damage


@pytest.fixture(scope="session")
def playwright() -> Iterator[Playwright]:
    """Return the one driver of a process: two at a time are refused."""
    from playwright.sync_api import sync_playwright  # the environment of onnx-tf has none

    with sync_playwright() as driver:
        yield driver


@pytest.fixture(scope="module", params=["wasm", "webgl", "webgpu"])
def on_backend(request: pytest.FixtureRequest, playwright: Playwright) -> Iterator[Any]:
    """Return a browser for each backend in turn, an `OnBackend`."""
    from tests.browser.conftest import launch
    from tests.browser.graph_worker import FLAGS, OnBackend

    with launch(playwright, *FLAGS[request.param]) as browser:
        yield OnBackend(request.param, browser)
