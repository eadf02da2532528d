"""What goes wrong is said in words where the reader looks, with a Retry where that can help."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

Tab = Callable[..., Page]

SHARD = "models/text/decoder/step/group1-shard1of1.bin"
RETRY = "Retry"


def wait_for_decoder(page: Page) -> None:
    page.get_by_text("all in this tab").wait_for()


def opened(tab: Tab, address: str) -> Page:
    page = tab()
    page.goto(address)
    return page


def test_a_missing_shard_and_retry_once_it_is_there(tab: Tab, address: str, site: Path) -> None:
    shard = site / SHARD
    content = shard.read_bytes()
    shard.unlink()
    page = opened(tab, address)
    expect(page.get_by_role("alert")).to_contain_text(f"{SHARD}: the server answered 404")
    shard.write_bytes(content)
    page.get_by_role("button", name=RETRY).click()
    wait_for_decoder(page)
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize(
    ("damage", "words"),
    [(lambda old: bytes([old[0] ^ 1]) + old[1:], "expected SHA-256"), (lambda old: old[:-4], "bytes, found")],
    ids=["changed", "truncated"],
)
def test_a_file_that_is_not_the_exported_one(tab: Tab, address: str, site: Path, damage: Callable[[bytes], bytes], words: str) -> None:
    shard = site / SHARD
    shard.write_bytes(damage(shard.read_bytes()))
    page = opened(tab, address)
    expect(page.get_by_role("alert")).to_contain_text(f"{SHARD}: expected")
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_role("button", name=RETRY)).to_be_visible()


def test_a_manifest_of_another_version(tab: Tab, address: str, site: Path) -> None:
    path = site / "models/text/manifest.json"
    path.write_text(json.dumps({**json.loads(path.read_text("utf-8")), "format": "zlide-bundle/2"}), "utf-8")
    page = opened(tab, address)
    expect(page.get_by_role("alert")).to_contain_text("this page reads zlide-bundle/1, found zlide-bundle/2")
    expect(page.get_by_role("button", name=RETRY)).to_have_count(0)


def test_a_renamed_key(tab: Tab, address: str, site: Path) -> None:
    path = site / "models/text/manifest.json"
    path.write_text(path.read_text("utf-8").replace('"posters"', '"pictures"'), "utf-8")
    expect(opened(tab, address).get_by_role("alert")).to_contain_text("posters: missing, pictures: not expected")


@pytest.mark.parametrize(
    ("content", "words"),
    [(None, "models.json: the server answered 404"), ('{"models": []}', "found no model"), ("<html>", "expected JSON, found")],
    ids=["missing", "empty", "not JSON"],
)
def test_a_site_without_models(tab: Tab, address: str, site: Path, content: str | None, words: str) -> None:
    path = site / "models.json"
    path.unlink() if content is None else path.write_text(content, "utf-8")
    expect(opened(tab, address).get_by_role("alert")).to_contain_text(words)


def test_a_browser_without_webassembly(tab: Tab, address: str) -> None:
    page = tab()
    # The worker has its own global object: take WebAssembly away in its script.
    page.route(
        "**/assets/worker-*.js", lambda route: route.fulfill(response=(found := route.fetch()), body="delete self.WebAssembly;" + found.text())
    )
    page.goto(address)
    expect(page.get_by_role("alert")).to_contain_text("it has no WebAssembly")
    expect(page.get_by_role("button", name=RETRY)).to_have_count(0)


def test_a_worker_that_cannot_start(tab: Tab, address: str) -> None:
    page = tab()
    page.route("**/assets/worker-*.js", lambda route: route.abort())
    page.goto(address)
    expect(page.get_by_role("alert")).to_contain_text("the decoder: its worker stopped")
    page.unroute("**/assets/worker-*.js")
    page.get_by_role("button", name=RETRY).click()
    wait_for_decoder(page)


def test_a_missing_wasm_binary(tab: Tab, address: str, site: Path) -> None:
    for path in (site / "assets").glob("*.wasm"):
        path.unlink()
    expect(opened(tab, address).get_by_role("alert")).to_contain_text(".wasm: the server answered 404")


def test_a_wasm_binary_that_is_none(tab: Tab, address: str, site: Path) -> None:
    for path in (site / "assets").glob("*.wasm"):
        path.write_bytes(b"<html>")
    page = tab(forgiven="WebAssembly.instantiate()")
    page.goto(address)
    expect(page.get_by_role("alert")).to_contain_text("the decoder: its worker stopped (Uncaught CompileError")


def test_text_is_never_markup(tab: Tab, address: str, site: Path) -> None:
    path = site / "models/text/manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest["title"] = manifest["posters"][0]["decoded"] = "<img src=x onerror=alert(1)>"
    path.write_text(json.dumps(manifest), "utf-8")
    page = opened(tab, address)
    expect(page.get_by_role("heading", name="<img src=x")).to_be_visible()
    expect(page.locator("img")).to_have_count(0)


def test_verify_html_without_a_job_says_what_it_is_for(tab: Tab, address: str) -> None:
    page = tab()
    page.goto(f"{address}verify.html")
    expect(page.get_by_role("status")).to_contain_text("This page belongs to “zlide verify”")
