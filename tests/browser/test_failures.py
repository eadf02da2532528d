"""Errors are explained where the reader looks, with a Retry if that can help."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Route, expect

Tab = Callable[..., Page]

SHARD = "models/text/decoder/step/group1-shard1of1.bin"
RETRY = "Retry"
AGAIN = "publish the whole folder of the site again"


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
    expect(page.get_by_role("alert")).to_contain_text(
        f"{SHARD}: the server answered 404 File not found; {AGAIN}"
    )
    shard.write_bytes(content)
    page.get_by_role("button", name=RETRY).click()
    wait_for_decoder(page)
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda old: bytes([old[0] ^ 1]) + old[1:], "expected SHA-256"),
        (lambda old: old[:-4], "bytes, found"),
    ],
    ids=["changed", "truncated"],
)
def test_a_file_that_is_not_the_exported_one(
    tab: Tab, address: str, site: Path, damage: Callable[[bytes], bytes], words: str
) -> None:
    shard = site / SHARD
    shard.write_bytes(damage(shard.read_bytes()))
    page = opened(tab, address)
    expect(page.get_by_role("alert")).to_contain_text(f"{SHARD}: expected")
    expect(page.get_by_role("alert")).to_contain_text(words)
    expect(page.get_by_role("button", name=RETRY)).to_be_visible()


def test_a_manifest_of_another_version(tab: Tab, address: str, site: Path) -> None:
    path = site / "models/text/manifest.json"
    path.write_text(
        json.dumps({**json.loads(path.read_text("utf-8")), "format": "zlide-bundle/1"}), "utf-8"
    )
    page = opened(tab, address)
    expect(page.get_by_role("alert")).to_contain_text(
        "this page reads zlide-bundle/2, found zlide-bundle/1"
    )
    expect(page.get_by_role("button", name=RETRY)).to_have_count(0)


def test_a_renamed_key(tab: Tab, address: str, site: Path) -> None:
    path = site / "models/text/manifest.json"
    path.write_text(path.read_text("utf-8").replace('"posters"', '"placards"'), "utf-8")
    expect(opened(tab, address).get_by_role("alert")).to_contain_text(
        "posters: missing, placards: not expected"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, f"models.json: the server answered 404 File not found; {AGAIN}"),
        ('{"models": []}', "found no such list"),
        ('{"models": ["models/text/"]}', "found no such list"),
        ('{"models": [{"path": "models/text/"}]}', "found no such list"),
        ('{"models": [{"path": "https://example.org/m/", "title": "m"}]}', "found no such list"),
        ('{"models": [{"path": "../m/", "title": "m"}]}', "found no such list"),
        ('{"models": [{"path": "models/text", "title": "m"}]}', "found no such list"),
        ("<html>", "expected JSON, found"),
    ],
    ids=["missing", "empty", "no-titles", "no-title", "elsewhere", "outside", "no-slash", "html"],
)
def test_a_site_without_models(
    tab: Tab, address: str, site: Path, content: str | None, words: str
) -> None:
    path = site / "models.json"
    path.unlink() if content is None else path.write_text(content, "utf-8")
    expect(opened(tab, address).get_by_role("alert")).to_contain_text(words)


def test_a_browser_without_webassembly(without_webassembly: Browser, address: str) -> None:
    page = without_webassembly.new_page()
    page.goto(address)
    expect(page.get_by_role("alert")).to_contain_text(
        "this browser: the decoder needs WebAssembly, which is missing; try another"
    )
    expect(page.get_by_role("button", name=RETRY)).to_have_count(0)
    expect(page.get_by_text("fetching the decoder")).to_have_count(0)


def test_a_browser_without_workers(tab: Tab, address: str) -> None:
    page = tab()
    page.add_init_script("delete self.Worker")
    page.goto(address)
    expect(page.get_by_role("alert")).to_have_text(
        "this browser: it has no web workers, which the decoder needs; "
        "try another browser, or allow them in the settings"
    )
    expect(page.get_by_role("button", name=RETRY)).to_have_count(0)
    expect(page.get_by_text("fetching the decoder")).to_have_count(0)


def test_a_browser_without_javascript(without_javascript: Browser, address: str) -> None:
    page = without_javascript.new_page()
    page.goto(address)
    assert (
        "This page needs JavaScript, because it decodes in the browser."
        in page.locator("main").inner_text()
    )
    assert "Opening" not in page.locator("main").inner_text()


def test_a_missing_script_of_the_worker(tab: Tab, address: str, site: Path) -> None:
    (script,) = (site / "assets").glob("worker-*.js")
    content = script.read_bytes()
    script.unlink()
    page = opened(tab, address)
    expect(page.get_by_role("alert")).to_have_text(
        f"/deep/down/assets/{script.name}: cannot be loaded; "
        f"check the connection and retry, or {AGAIN}"
    )
    script.write_bytes(content)
    page.get_by_role("button", name=RETRY).click()
    wait_for_decoder(page)


def test_a_worker_that_dies_when_all_is_well(tab: Tab, address: str) -> None:
    page = opened(tab, address)
    wait_for_decoder(page)
    page.workers[0].evaluate("() => void setTimeout(() => { throw new Error('out of memory') })")
    handle = page.get_by_role("slider").first
    handle.press("End")
    expect(page.get_by_role("alert")).to_contain_text(
        "the decoder: its worker stopped (Uncaught Error: out of memory)"
    )
    page.get_by_role("button", name=RETRY).click()
    wait_for_decoder(page)
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(handle).to_have_value("3")  # what the reader moved stays moved, and is what was decoded
    moved = page.locator("zlide-decoded #sentence").inner_text()
    handle.press("Home")
    expect(page.locator("zlide-decoded #sentence")).not_to_have_text(moved)
    assert len(page.workers) == 1


def test_a_worker_that_falls_silent(tab: Tab, address: str) -> None:
    page = tab()
    page.clock.install()
    page.goto(address)
    wait_for_decoder(page)
    page.workers[0].evaluate("() => self.close()")
    page.get_by_role("slider").first.press("End")
    page.clock.fast_forward(29_000)
    expect(page.get_by_role("alert")).to_have_count(0)
    page.clock.fast_forward(2_000)
    expect(page.get_by_role("alert")).to_contain_text(
        "the decoder: its worker has not responded for 30 seconds; retry"
    )
    page.get_by_role("button", name=RETRY).click()
    wait_for_decoder(page)


def test_a_page_that_gets_no_answer(tab: Tab, address: str) -> None:
    page = tab()
    page.clock.install()
    manifest = "**/manifest.json"
    held: list[Route] = []
    page.route(manifest, lambda route: held.append(route))  # noqa: PLW0108 (Playwright marks the function, which a builtin refuses)
    with page.expect_request(manifest):
        page.goto(address)
    page.clock.fast_forward(21_000)
    expect(page.get_by_role("alert")).to_contain_text(
        "models/text/manifest.json: no data arrived for 20 seconds; check the connection"
    )
    page.unroute(manifest)
    page.get_by_role("button", name=RETRY).click()
    wait_for_decoder(page)


def test_a_download_that_stalls(tab: Tab, address: str) -> None:
    page = tab()
    shard = f"**/{SHARD}*"
    held: list[Route] = []
    page.route(shard, lambda route: held.append(route))  # noqa: PLW0108 (as above)
    page.goto(address)
    expect(page.get_by_text("fetching the decoder · ")).to_be_visible()
    expect(page.get_by_role("alert")).to_contain_text(
        f"{SHARD}: no data arrived for 20 seconds", timeout=30_000
    )  # the worker's own clock
    page.unroute(shard)
    page.get_by_role("button", name=RETRY).click()
    wait_for_decoder(page)


def test_a_missing_wasm_binary(tab: Tab, address: str, site: Path) -> None:
    for path in (site / "assets").glob("*.wasm"):
        path.unlink()
    expect(opened(tab, address).get_by_role("alert")).to_contain_text(
        f".wasm: the server answered 404 File not found; {AGAIN}"
    )


def test_a_wasm_binary_that_is_none(tab: Tab, address: str, site: Path) -> None:
    for path in (site / "assets").glob("*.wasm"):
        path.write_bytes(b"<html>")
    page = tab(forgiven="WebAssembly.instantiate()")
    page.goto(address)
    expect(page.get_by_role("alert")).to_contain_text(
        "the decoder: its worker stopped (Uncaught CompileError"
    )


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
    logged: list[str] = []
    page.on("console", lambda message: logged.append(message.text))
    page.goto(f"{address}verify.html")
    expect(page.get_by_role("status")).to_contain_text("This page belongs to “zlide verify”")
    assert logged == []
    page.goto(f"{address}verify.html?job")  # where no command has put one
    expect(page.get_by_role("status")).to_contain_text("This page belongs to “zlide verify”")


def test_a_bundle_that_contradicts_itself(
    tab: Tab, address: str, site: Path, damage: Callable[..., None], inconsistency: dict[str, Any]
) -> None:
    damage(site / "models/text", *inconsistency["changes"])
    page = opened(tab, address)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(inconsistency["problem"])
    assert (
        alert.inner_text().startswith("/deep/down/models/text/")
        or inconsistency["name"] == "no graph"
    )
    assert alert.inner_text().endswith("; export the model again")
    assert "\n" not in alert.inner_text()
    expect(page.get_by_role("button", name=RETRY)).to_have_count(0)


@pytest.mark.parametrize(("key", "expected"), [("sliders", 7), ("residual", 8)])
def test_an_example_that_does_not_fit_the_axes(
    tab: Tab, address: str, site: Path, damage: Callable[..., None], key: str, expected: int
) -> None:
    damage(
        site / "models/text",
        {"file": "examples.json", "at": ["examples", 1, key], "to": [0.5] * (expected + 1)},
    )
    line = (
        f"examples.json: examples.1.{key}: expected length {expected}, found {expected + 1}; "
        "export the model again"
    )
    expect(opened(tab, address).get_by_role("alert")).to_have_text(line)


def test_graphs_that_do_not_fit_each_other(
    tab: Tab, address: str, site: Path, damage: Callable[..., None]
) -> None:
    damage(
        site / "models/text",
        {
            "file": "manifest.json",
            "at": ["decoder", "start", "outputs"],
            "to": ["state1", "state0", "state2"],
        },
    )
    alert = opened(tab, address).get_by_role("alert")
    expect(alert).to_contain_text("decoder/step/model.json: cannot be run (")
    assert alert.inner_text().endswith("; export the model again")
    assert "\n" not in alert.inner_text()


def test_weights_that_are_no_numbers(
    tab: Tab, address: str, site: Path, damage: Callable[..., None]
) -> None:
    shard = site / SHARD
    before, count = (
        shard.read_bytes(),
        2 * 39 * 8,
    )  # after a whole number, the embedding, as float16
    shard.write_bytes(before[:4] + b"\xff" * count + before[4 + count :])
    damage(site / "models/text")
    page = opened(tab, address)
    expect(page.get_by_role("alert")).to_contain_text(
        "it decodes values that are not finite; export the model again, from finite weights"
    )
    expect(page.get_by_role("button", name=RETRY)).to_have_count(0)
