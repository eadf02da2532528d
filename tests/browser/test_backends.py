"""The page finds, remembers and changes the backend that decodes pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from playwright.sync_api import Browser, Locator, Page, Route, Worker, expect
from safetensors.numpy import load_file, save_file

from tests.browser.conftest import open_tab
from tests.browser.waiting import wait_for_decodes, wait_for_frames, wait_for_rest, wait_until
from tests.chromium import COUNT_WORK, STICKS_OUT

Tab = Callable[..., Page]
Open = Callable[[Browser], Page]
Pixels = NDArray[np.int64]

# The code of the backends that are tried, and the probe that checks them.
TRIED = re.compile(
    r"/(chooser|others|index|shared)-[^/]*\.js$|threaded|/threads?-|probe\.safetensors"
)
FOUND = "() => Object.keys(localStorage).some((key) => key.startsWith('zlide backend'))"


@pytest.fixture
def site(publish: Callable[..., Path]) -> Path:
    return publish("image")


@pytest.fixture
def visit(address: str) -> Iterator[Open]:
    """Open the page in a browser. At the end, it may not have thrown or violated the policy."""
    complaints: list[str] = []

    def open_page(browser: Browser) -> Page:
        page = open_tab(browser, complaints)
        page.set_default_timeout(20_000)
        page.goto(address)
        page.get_by_text("all in this tab").wait_for()
        return page

    yield open_page
    assert complaints == []


def decoder(page: Page) -> Worker:
    """The worker that decodes: the last one started, threads left aside."""
    return [worker for worker in page.workers if "/worker-" in worker.url][-1]


def alone(page: Page) -> bool:
    """Return whether all workers that the page started but one have ended."""
    return bool(page.evaluate("window.started - window.ended === 1"))


def line(page: Page) -> Locator:
    return page.locator("zlide-status p")


def choice(page: Page) -> Locator:
    return page.get_by_role("combobox", name="where decoding runs")


def options(page: Page) -> list[str]:
    return [
        option.get_attribute("value") or "" for option in choice(page).get_by_role("option").all()
    ]


def tried(page: Page) -> None:
    """Wait until the page has chosen its backend."""
    page.wait_for_function(FOUND)
    wait_for_decodes(page)


def remembered(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(
        page.evaluate(
            "Object.entries(localStorage).find(([key]) => key.startsWith('zlide backend'))[1]"
        )
    )
    return found


def pixels(page: Page) -> Pixels:
    canvas = page.get_by_role("img", name="decoded")
    return np.array(
        canvas.evaluate(
            """canvas => {
              const { width, height } = canvas
              return [...canvas.getContext('2d').getImageData(0, 0, width, height).data]
            }"""
        ),
        int,
    )


def at_rest(page: Page) -> Pixels:
    """Wait for the decode, and return the pixels it shows."""
    wait_for_decodes(page)
    return pixels(page)


def becomes(page: Page, expected: Pixels) -> None:
    """Wait until the pixels differ by at most 1/255: software WebGL and WebGPU are slow."""
    wait_until(page, lambda: bool(np.abs(pixels(page) - expected).max() <= 1))


def in_use(page: Page) -> str:
    found = remembered(page)
    return str(found["fastest"] if found["choice"] == "automatic" else found["choice"])


def pick(page: Page, backend: str) -> None:
    """Choose a backend, and wait until its worker has replaced the one before."""
    started = page.evaluate("window.started") + (in_use(page) != backend)
    choice(page).select_option(backend)
    page.wait_for_function(
        "expected => window.started === expected && window.ended === expected - 1", arg=started
    )


def keep(page: Page, call: str) -> None:
    """Keep what a worker gets from this call to the browser, as its global `kept`."""
    script = (
        f"const asked = {call}; "
        f"{call} = function (...rest) {{ return (self.kept = asked.apply(this, rest)) }};"
    )

    def serve(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=script + response.text())

    page.route("**/assets/worker-*.js", serve)


def same_pictures(page: Page, backend: str) -> None:
    """Assert that a backend decodes what WebAssembly does, within 1/255, along an axis."""
    pick(page, "wasm")
    handle = page.get_by_role("slider", name="axis 1", exact=True)
    handle.press("Home")
    home = at_rest(page)
    handle.press("End")
    end = at_rest(page)
    assert np.abs(home - end).max() > 20
    pick(page, backend)
    becomes(page, end)
    handle.press("Home")
    becomes(page, home)
    handle.press("End")
    becomes(page, end)


def test_no_other_backend_is_fetched_before_the_first_decode(
    with_webgl: Browser, address: str
) -> None:
    page = with_webgl.new_page(service_workers="block")
    page.add_init_script(COUNT_WORK)
    fetched: list[str] = []
    held: list[Route] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.route(
        "**/decoder/image/*.bin*", lambda route: route.continue_() if held else held.append(route)
    )
    page.goto(address)
    page.get_by_text("fetching the decoder · ").wait_for()
    wait_for_rest(page, held=True)
    entry = page.locator("script[type=module]").get_attribute("src") or ""
    assert [
        url for url in fetched if TRIED.search(url) and not url.endswith(entry.removeprefix("."))
    ] == []
    held[0].continue_()
    choice(page).wait_for()
    assert any("probe.safetensors" in url for url in fetched)
    assert sum(url.endswith(".wasm") for url in fetched) == 1


def test_what_is_slower_than_webassembly_is_offered_and_not_taken(
    with_webgl: Browser, visit: Open
) -> None:
    page = visit(with_webgl)
    choice(page).wait_for()
    assert options(page) == ["automatic", "wasm", "webgl"]
    expect(choice(page)).to_have_value("automatic")
    expect(choice(page).locator("option:checked")).to_have_text("wasm (automatic)")
    assert remembered(page)["fastest"] == "wasm"
    assert alone(page)


def test_a_visit_without_the_recorder_stores_no_backend(
    with_webgl: Browser, visit: Open, address: str
) -> None:
    page = visit(with_webgl)
    tried(page)
    before = remembered(page)
    pick(page, "webgl")
    page.evaluate("localStorage.clear()")
    page.goto(f"{address}?recorder=off")
    choice(page).wait_for()
    choice(page).select_option("wasm")
    expect(choice(page)).to_have_value("wasm")
    assert not page.evaluate(FOUND)
    page.goto(address)
    tried(page)
    assert remembered(page)["options"] == before["options"]
    expect(choice(page)).to_have_value("automatic")


def test_what_does_not_reproduce_the_probe_is_not_offered(
    with_webgl: Browser, visit: Open, site: Path, damage: Callable[..., None]
) -> None:
    bundle = site / "models/image"
    probe = load_file(bundle / "probe.safetensors")
    probe["pixels"][-1, 0, 0, 0] ^= 4  # one value of one pixel
    save_file(probe, bundle / "probe.safetensors")
    damage(bundle)
    page = visit(with_webgl)
    tried(page)
    assert remembered(page)["options"] == ["wasm"]
    expect(choice(page)).to_have_count(0)
    expect(line(page)).to_have_text(
        re.compile(r"decoded in [\d.]+\sms\s· wasm\s· .* all in this tab".replace(" ", r"\s"))
    )
    assert alone(page)


def test_a_backend_chosen_by_hand_decodes_the_same_pictures(
    with_webgl: Browser, visit: Open
) -> None:
    page = visit(with_webgl)
    choice(page).wait_for()
    same_pictures(page, "webgl")
    expect(choice(page).locator("option:checked")).to_have_text("webgl")
    pick(page, "wasm")
    expect(choice(page).locator("option:checked")).to_have_text("wasm")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_moves_while_the_backend_is_changed_are_not_lost(with_webgl: Browser, visit: Open) -> None:
    page = visit(with_webgl)
    choice(page).wait_for()
    handle = page.get_by_role("slider", name="axis 1", exact=True)
    handle.press("End")
    there = at_rest(page)
    handle.press("Home")
    started = page.evaluate("window.started")
    choice(page).select_option("webgl")
    for step in range(500):
        handle.press("PageUp" if step % 2 else "PageDown")
        wait_for_frames(page, 1)
        if page.evaluate("window.started") > started and alone(page):
            break
    handle.press("End")
    assert page.evaluate("window.started") == started + 1
    assert alone(page)
    becomes(page, there)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_second_visit_goes_where_the_first_one_was_without_trying_again(
    with_webgl: Browser, visit: Open
) -> None:
    page = visit(with_webgl)
    choice(page).wait_for()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.reload()
    choice(page).wait_for()
    assert options(page) == ["automatic", "wasm", "webgl"]
    wait_for_rest(page)
    assert not any("probe.safetensors" in url for url in fetched)
    assert alone(page)

    pick(page, "webgl")
    page.reload()
    page.get_by_text("· wasm ·").wait_for()  # which it starts on
    expect(choice(page)).to_have_value("webgl")
    assert alone(page)
    assert page.evaluate("messages") < 12  # what is measured takes twenty


def test_a_failed_backend_is_replaced_and_forgotten(with_webgl: Browser, visit: Open) -> None:
    page = visit(with_webgl)
    choice(page).wait_for()
    keep(page, "OffscreenCanvas.prototype.getContext")
    handle = page.get_by_role("slider", name="axis 1", exact=True)
    handle.press("End")
    there = at_rest(page)
    pick(page, "webgl")
    becomes(page, there)
    decoder(page).evaluate("() => kept.getExtension('WEBGL_lose_context').loseContext()")
    handle.press("Home")
    expect(line(page)).to_contain_text("wasm, because WebGL failed")
    assert page.evaluate(FOUND) is False
    handle.press("End")
    becomes(page, there)
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_backend_in_the_address_is_used_without_trying_others(
    with_webgl: Browser, address: str
) -> None:
    page = with_webgl.new_page(service_workers="block")
    page.add_init_script(COUNT_WORK)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(f"{address}?backend=wasm")
    page.get_by_text("· wasm ·").wait_for()
    wait_for_rest(page)
    assert not any("probe.safetensors" in url for url in fetched)


def test_save_data_fetches_no_other_backend(with_webgl: Browser, address: str) -> None:
    page = with_webgl.new_page(service_workers="block")
    page.add_init_script(COUNT_WORK)
    page.add_init_script(
        "Object.defineProperty(NetworkInformation.prototype, 'saveData', { get: () => true })"
    )
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(address)
    page.get_by_text("· wasm ·").wait_for()
    wait_for_rest(page)
    assert not any("probe.safetensors" in url for url in fetched)


def test_on_a_phone_the_choice_can_be_hit_and_moves_nothing(
    with_webgl: Browser, address: str
) -> None:
    page = with_webgl.new_context(
        viewport={"width": 360, "height": 740},
        has_touch=True,
        is_mobile=True,
        service_workers="block",
    ).new_page()
    page.goto(address)
    page.get_by_text("· wasm ·").wait_for()
    before = page.locator("zlide-status").bounding_box()
    choice(page).wait_for()
    box = choice(page).bounding_box()
    after = page.locator("zlide-status").bounding_box()
    assert before
    assert after
    assert box
    assert box["height"] >= 44
    assert box["width"] >= 44
    assert page.evaluate(STICKS_OUT) == []
    assert after["height"] - before["height"] <= 20  # at most one line more


def test_webgpu_decodes_the_same_pictures(with_webgpu: Browser, visit: Open) -> None:
    page = visit(with_webgpu)
    choice(page).wait_for()
    assert options(page) == ["automatic", "wasm", "webgl", "webgpu"]
    same_pictures(page, "webgpu")


def test_a_lost_webgpu_device_is_replaced(with_webgpu: Browser, address: str) -> None:
    page = with_webgpu.new_page(service_workers="block")
    keep(page, "GPUAdapter.prototype.requestDevice")
    page.goto(f"{address}?backend=webgpu")
    page.get_by_text("· webgpu ·").wait_for()
    decoder(page).evaluate("async () => (await kept).destroy()")
    page.get_by_role("slider", name="axis 1", exact=True).press("Home")
    expect(line(page)).to_contain_text("wasm, because WebGPU failed")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_without_the_headers_threads_are_not_tried(tab: Tab, address: str) -> None:
    page = tab()
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    page.goto(address)
    tried(page)
    assert page.evaluate("crossOriginIsolated") is False
    assert not any("thread" in url for url in fetched)
    assert "threads" not in remembered(page)["options"]


class TestIsolated:
    """A host that sends the headers that threads need."""

    @pytest.fixture
    def headers(self, headers: dict[str, str]) -> dict[str, str]:
        return {
            **headers,
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Embedder-Policy": "require-corp",
        }

    def test_threads_decode_the_same_pictures(self, tab: Tab, address: str) -> None:
        page = tab()
        page.goto(address)
        choice(page).wait_for()
        assert page.evaluate("crossOriginIsolated") is True
        assert options(page)[:3] == ["automatic", "wasm", "threads"]
        same_pictures(page, "threads")
        assert len(page.workers) > 1  # the threads
        expect(page.get_by_role("alert")).to_have_count(0)
