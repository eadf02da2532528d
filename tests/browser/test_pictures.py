"""A model of pictures in use: frames, sliders, sets of axes and imported pictures."""

from __future__ import annotations

import base64
import json
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image
from playwright.sync_api import Browser, Locator, Page, Route, expect
from safetensors.numpy import load_file

from tests.browser.waiting import wait_for_decodes, wait_for_frames, wait_for_rest, wait_until
from tests.chromium import COUNT_WORK, STICKS_OUT

Tab = Callable[..., Page]
Pixels = NDArray[np.uint8]
Run = Callable[..., tuple[dict[str, Any], list[dict[str, Any]]]]

HEIGHT, WIDTH = 12, 16
OWN = "Use your own picture"


@pytest.fixture
def site(publish: Callable[..., Path]) -> Path:
    return publish("image")


def opened(tab: Tab, address: str, **settings: Any) -> Page:
    page = tab(**settings)
    page.goto(address)
    page.get_by_text("all in this tab").wait_for()
    return page


def pixels(canvas: Locator) -> Pixels:
    """Return the pixels of a canvas, (H, W, 4)."""
    found = canvas.evaluate(
        """canvas => {
          const { width, height } = canvas
          return [width, ...canvas.getContext('2d').getImageData(0, 0, width, height).data]
        }"""
    )
    return np.array(found[1:], np.uint8).reshape(-1, found[0], 4)


def decoded(page: Page) -> Locator:
    return page.get_by_role("img", name="decoded")


def example(page: Page) -> Locator:
    return page.get_by_role("img", name="the example")


def at_rest(page: Page) -> Pixels:
    wait_for_decodes(page)
    return pixels(decoded(page))


def test_what_is_decoded_is_saved_as_png_pixel_by_pixel(
    tab: Tab, address: str, tmp_path: Path
) -> None:
    page = opened(tab, address)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save PNG").click()
    download.value.save_as(tmp_path / "saved.png")
    assert download.value.suggested_filename.endswith(".png")
    saved = Image.open(tmp_path / "saved.png")
    assert saved.width >= 512
    assert (saved.width % WIDTH, saved.height % HEIGHT) == (0, 0)
    small = saved.convert("RGBA").resize((WIDTH, HEIGHT), Image.Resampling.NEAREST)
    assert np.array_equal(np.asarray(small), pixels(decoded(page)))


def difference(one: Pixels, other: Pixels) -> int:
    return int(np.abs(one.astype(int) - other).max())


def values(page: Page) -> list[str]:
    return [
        handle.input_value()
        for handle in page.locator("zlide-slider-row").get_by_role("slider").all()
    ]


def png(image: Pixels) -> bytes:
    """(H, W, 3 or 4) as a PNG."""
    height, width, channels = image.shape

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    rows = b"".join(b"\0" + row.tobytes() for row in image)
    head = struct.pack(">IIBBBBB", width, height, 8, {3: 2, 4: 6}[channels], 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def give(page: Page, name: str, content: bytes, kind: str = "image/png") -> None:
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name=OWN).click()
    chooser.value.set_files({"name": name, "mimeType": kind, "buffer": content})


def drop(page: Page, name: str, content: bytes, kind: str = "image/png") -> None:
    """Drop a file in the middle of the sliders."""
    page.locator("zlide-sliders").evaluate(
        """(target, [name, content, kind]) => {
            const dataTransfer = new DataTransfer()
            const bytes = Uint8Array.from(atob(content), (c) => c.charCodeAt(0))
            dataTransfer.items.add(new File([bytes], name, { type: kind }))
            const how = { dataTransfer, bubbles: true, composed: true, cancelable: true }
            for (const type of ['dragover', 'drop'])
                target.dispatchEvent(new DragEvent(type, how))
        }""",
        [name, base64.b64encode(content).decode(), kind],
    )


def taken(page: Page, name: str) -> None:
    """Wait until the example is this file."""
    expect(page.locator("zlide-example h3 .name")).to_have_text(name)


def noise(height: int, width: int, channels: int = 3) -> Pixels:
    return np.random.default_rng(3).integers(0, 256, (height, width, channels), np.uint8)


def test_the_poster_is_there_before_the_weights_and_going_live_does_not_change_it(
    tab: Tab, address: str, site: Path
) -> None:
    manifest = json.loads((site / "models/image/manifest.json").read_text("utf-8"))
    poster = np.frombuffer(base64.b64decode(manifest["posters"][0]["decoded"]), np.uint8).reshape(
        HEIGHT, WIDTH, 3
    )
    held: list[Route] = []
    page = tab()
    page.route("**/decoder/image/*.bin*", lambda route: held.append(route))  # noqa: PLW0108 (Playwright marks the function, which a builtin refuses)
    with page.expect_request("**/decoder/image/*.bin*"):
        page.goto(address)
    expect(page.get_by_text("fetching the decoder · ")).to_be_visible()
    assert np.array_equal(pixels(decoded(page))[..., :3], poster)
    place = decoded(page).bounding_box()
    wait_until(page, lambda: bool(held))  # a route is called after its request is reported
    page.unroute("**/decoder/image/*.bin*")  # lets the held requests go on
    page.get_by_text("all in this tab").wait_for()
    assert difference(at_rest(page)[..., :3], poster) <= 1
    assert decoded(page).bounding_box() == place
    expect(page.get_by_text("Behind this picture are 8 numbers.")).to_be_visible()


def test_a_slider_moves_pixels(tab: Tab, address: str) -> None:
    page = opened(tab, address)
    before = at_rest(page)
    page.get_by_role("slider", name="axis 1", exact=True).press("End")
    assert difference(at_rest(page), before) > 20
    expect(page.locator("#remark")).to_have_text(re.compile(r"^Pixels differ by \d+\.\d of 255$"))
    page.get_by_role("button", name="Reset z").click()
    assert difference(at_rest(page), before) <= 1


def test_a_screen_reader_hears_of_the_picture_once_it_rests(tab: Tab, address: str) -> None:
    page = opened(tab, address)
    told = page.locator("zlide-decoded [aria-live]")
    wait_for_rest(page)
    told.evaluate(
        """node => {
            window.told = 0
            const what = { childList: true, characterData: true, subtree: true }
            new MutationObserver(() => { told += 1 }).observe(node, what)
        }"""
    )
    for _ in range(12):
        page.get_by_role("slider", name="axis 1", exact=True).press("PageUp")
        wait_for_frames(page, 2)
    assert page.evaluate("told") == 0
    wait_for_rest(page)
    assert page.evaluate("told") == 1
    expect(told).to_have_text(page.locator("#remark").inner_text())


def test_examples_are_a_grid_of_their_pictures(tab: Tab, address: str) -> None:
    page = opened(tab, address)
    first, here = pixels(example(page)), at_rest(page)
    page.get_by_role("button", name="All 4 examples").click()
    choice = page.locator("#list").get_by_role("button", name="frame 3")
    thumbnail = pixels(choice.locator("canvas"))
    choice.click()
    assert np.array_equal(pixels(example(page)), thumbnail)
    assert difference(thumbnail, first) > 20
    assert difference(at_rest(page), here) > 20
    assert (
        difference(pixels(decoded(page)), thumbnail) <= 6
    )  # which is what the decoder, before its weights were rounded, made of it
    page.get_by_role("button", name="Load an example").click()
    assert difference(pixels(example(page)), thumbnail) > 20


def test_another_set_of_axes_is_the_same_place(tab: Tab, address: str) -> None:
    page = opened(tab, address)
    fetched: list[str] = []
    page.on("request", lambda request: fetched.append(request.url))
    home, example_values = at_rest(page), values(page)
    page.get_by_role("slider", name="axis 2", exact=True).press("Home")
    here, there = at_rest(page), values(page)
    assert difference(here, home) > 20
    assert not any("axes/raw" in url for url in fetched)

    page.get_by_role("radio", name="Raw dimensions").check()
    expect(page.get_by_role("slider", name="z[5]", exact=True)).to_be_visible()
    assert any("axes/raw" in url for url in fetched)
    assert difference(at_rest(page), here) <= 2
    expect(page.get_by_text("These 3 sliders cover 3 of the 8 dimensions of z")).to_be_visible()
    assert page.locator("circle.example").count() == 3
    page.get_by_role("slider", name="z[5]", exact=True).press("End")
    assert difference(at_rest(page), here) > 20
    page.get_by_role("button", name="Reset z").click()
    assert difference(at_rest(page), home) <= 2

    page.get_by_role("radio", name="Principal axes").check()
    expect(page.get_by_role("slider", name="axis 1", exact=True)).to_be_visible()
    assert difference(at_rest(page), home) <= 2
    assert np.abs(np.array(values(page), float) - np.array(example_values, float)).max() <= 0.011
    expect(page.get_by_text("the rest of z stays as in the example")).to_be_visible()
    assert there != example_values


# The z of the last decode, as the worker told it to the page.
KEEP_Z = """
  const listen = Worker.prototype.addEventListener
  Worker.prototype.addEventListener = function (...rest) {
    listen.call(this, 'message', ({ data }) => {
      if (data?.value?.samples?.length === 1) window.z = data.value.z[0]
    })
    return listen.apply(this, rest)
  }
"""


def an_example(page: Page) -> None:
    page.get_by_role("button", name="All 4 examples").click()
    page.locator("#list").get_by_role("button", name="frame 3").click()


def a_moved_slider(page: Page) -> None:
    an_example(page)
    page.get_by_role("slider", name="axis 2", exact=True).press("Home")
    page.get_by_label("axis 3, in sigma").fill("1.23")
    page.get_by_label("axis 3, in sigma").press("Enter")


def an_own_picture(page: Page) -> None:
    drop(page, "mine.png", png(noise(HEIGHT, WIDTH)))
    taken(page, "mine.png")


@pytest.mark.parametrize("go", [an_example, a_moved_slider, an_own_picture])
def test_another_set_of_axes_and_back_loses_nothing(
    tab: Tab, address: str, go: Callable[[Page], None]
) -> None:
    page = tab()
    page.add_init_script(KEEP_Z)
    page.goto(f"{address}?backend=wasm")  # what is tried elsewhere decodes other places
    page.get_by_text("all in this tab").wait_for()
    start = at_rest(page)
    go(page)
    here, sliders, frame, z = (
        at_rest(page),
        values(page),
        pixels(example(page)),
        np.array(page.evaluate("z")),
    )
    assert difference(here, start) > 20
    for name, axis in (("Raw dimensions", "z[5]"), ("Principal axes", "axis 1")) * 2:
        page.evaluate("delete window.z")
        page.get_by_role("radio", name=name).check()
        expect(page.get_by_role("slider", name=axis, exact=True)).to_be_visible()
        assert difference(at_rest(page), here) <= 1
        assert np.abs(np.array(page.evaluate("z")) - z).max() < 1e-4
        assert np.array_equal(pixels(example(page)), frame)
    assert np.abs(np.array(values(page), float) - np.array(sliders, float)).max() <= 0.011


def test_an_example_that_is_loaded_right_after_another_set_of_axes_was_left(
    tab: Tab, address: str
) -> None:
    page = opened(tab, address)
    count = page.locator("zlide-slider-row").count()
    page.get_by_role("radio", name="Raw dimensions").check()
    expect(page.get_by_role("slider", name="z[5]", exact=True)).to_be_visible()
    wait_for_decodes(page)
    undo, load = (
        page.get_by_role("button", name=name, exact=True).element_handle()
        for name in ("Undo", "Load an example")
    )
    page.evaluate(
        "([undo, load]) => { undo.click(); load.click() }", [undo, load]
    )  # before the decoder can have answered
    expect(page.get_by_role("slider", name="axis 1", exact=True)).to_be_visible()
    wait_for_rest(page)
    assert page.locator("zlide-slider-row").count() == count
    expect(page.get_by_role("alert")).to_have_count(0)
    before = at_rest(page)
    page.get_by_role("slider", name="axis 1", exact=True).press("End")
    assert difference(at_rest(page), before) > 20


def test_examples_are_loaded_on_any_set(tab: Tab, address: str) -> None:
    page = opened(tab, address)
    page.get_by_role("radio", name="Raw dimensions").check()
    expect(page.get_by_role("slider", name="z[5]", exact=True)).to_be_visible()
    page.get_by_role("button", name="All 4 examples").click()
    page.locator("#list").get_by_role("button", name="frame 4").click()
    assert difference(at_rest(page), pixels(example(page))) <= 6
    expect(page.get_by_text("the rest of z stays as in the example")).to_be_visible()
    page.get_by_role("button", name="Randomize z").click()
    expect(page.get_by_text("the rest of z is at its mean")).to_be_visible()
    page.get_by_role("radio", name="Principal axes").check()
    expect(page.get_by_text("the rest of z stays as it was")).to_be_visible()


def test_sets_are_chosen_by_keyboard(tab: Tab, address: str) -> None:
    page = opened(tab, address)
    page.get_by_role("radio", name="Principal axes").focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("radio", name="Raw dimensions")).to_be_focused()
    expect(page.get_by_role("slider", name="z[5]", exact=True)).to_be_visible()


def test_a_set_that_cannot_be_fetched_leaves_the_place_as_it_is(tab: Tab, address: str) -> None:
    page = opened(tab, address)
    page.route("**/axes/raw/**", lambda route: route.abort())
    page.get_by_role("slider", name="axis 1", exact=True).press("End")
    here = at_rest(page)
    page.get_by_role("radio", name="Raw dimensions").click()
    expect(page.get_by_role("alert")).to_contain_text("cannot be fetched")
    page.unroute("**/axes/raw/**")
    page.get_by_role("button", name="Retry").click()
    page.get_by_text("all in this tab").wait_for()
    expect(page.get_by_role("radio", name="Principal axes")).to_be_checked()
    assert difference(at_rest(page), here) <= 1
    assert page.get_by_role("slider", name="axis 1", exact=True).input_value() == "3"


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (
            {"file": "manifest.json", "at": ["posters", 0, "decoded"], "to": "AAAA"},
            "posters.0.decoded: expected length 576, found 3",
        ),
        (
            {"file": "manifest.json", "at": ["decoder", "size", "height"], "to": 0},
            "decoder.size.height: expected at least 1, found 0",
        ),
        (
            {"file": "manifest.json", "at": ["decoder", "size", "channels"], "to": 2},
            "decoder.size.channels: expected one of 1, 3, found 2",
        ),
        (
            {"file": "pictures.png", "at": [], "to": "no picture"},
            "pictures.png: not a PNG that this browser can read",
        ),
    ],
    ids=["poster", "height", "channels", "sprite"],
)
def test_a_bundle_that_contradicts_itself(
    tab: Tab,
    address: str,
    site: Path,
    damage: Callable[..., None],
    change: dict[str, Any],
    line: str,
) -> None:
    damage(site / "models/image", change)
    page = tab()
    page.goto(address)
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text(line)
    assert "\n" not in alert.inner_text()


def test_pictures_of_another_size_than_the_manifest_says(
    tab: Tab, address: str, site: Path, damage: Callable[..., None]
) -> None:
    bundle = site / "models/image"
    size = {"height": WIDTH, "width": HEIGHT, "channels": 3}  # as many values
    damage(
        bundle,
        {"file": "manifest.json", "at": ["decoder", "size"], "to": size},
        {"file": "manifest.json", "at": ["pictures"], "to": None},
    )
    page = tab()
    page.goto(address)
    expect(page.get_by_role("alert")).to_contain_text(
        "decoder/image/model.json: expected pictures of 16×12×3, found 12×16×3"
    )


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_width_scrolls_sideways(tab: Tab, address: str, width: int) -> None:
    phone = width < 1000
    page = opened(
        tab, address, viewport={"width": width, "height": 740}, has_touch=phone, is_mobile=phone
    )
    page.get_by_role("button", name="All 4 examples").click()
    assert page.evaluate(STICKS_OUT) == []


def test_the_first_view_on_a_phone_holds_frame_slider_and_picture(tab: Tab, address: str) -> None:
    page = opened(
        tab, address, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    for part in (
        example(page),
        page.get_by_role("button", name="Load an example"),
        decoded(page),
        page.get_by_text("all in this tab"),
    ):
        expect(part).to_be_in_viewport(ratio=1)
    pane, handle = (
        page.locator("zlide-decoded").bounding_box(),
        page.get_by_role("slider").first.bounding_box(),
    )
    assert pane
    assert handle
    assert handle["y"] + handle["height"] < pane["y"]
    buttons = (
        page.locator(
            "zlide-example, zlide-sliders, zlide-share-bar, zlide-traversal, zlide-interpolation"
        )
        .get_by_role("button")
        .all()
    )
    for target in (*page.locator("zlide-slider-row").get_by_role("slider").all(), *buttons):
        box = target.bounding_box()
        assert box
        assert box["height"] >= 44


def test_a_slider_that_gets_the_focus_is_not_under_the_picture(tab: Tab, address: str) -> None:
    page = opened(
        tab, address, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    for handle in page.locator("zlide-slider-row").get_by_role("slider").all():
        handle.focus()
        pane, box = page.locator("zlide-decoded").bounding_box(), handle.bounding_box()
        assert pane
        assert box
        assert box["y"] + box["height"] <= pane["y"]


def test_frame_and_picture_stand_side_by_side_in_one_size(tab: Tab, address: str) -> None:
    page = opened(tab, address)
    frame, picture = example(page).bounding_box(), decoded(page).bounding_box()
    assert frame
    assert picture
    assert (frame["y"], frame["width"], frame["height"]) == (
        picture["y"],
        picture["width"],
        picture["height"],
    )
    assert frame["width"] % WIDTH == 0  # every pixel is as wide as the next
    assert frame["width"] > 300


class TestWebGL:
    """In a browser that paints WebGL in software, where there is no graphics card."""

    KEEP = """
      const get = OffscreenCanvas.prototype.getContext
      OffscreenCanvas.prototype.getContext = function (...rest) {
        return (self.kept = get.apply(this, rest))
      };
    """

    @pytest.fixture
    def page(self, with_webgl: Browser) -> Page:
        page = with_webgl.new_page(service_workers="block")
        page.add_init_script(COUNT_WORK)
        page.set_default_timeout(20_000)

        def keep(route: Route) -> None:
            response = route.fetch()
            route.fulfill(response=response, body=self.KEEP + response.text())

        page.route("**/assets/worker-*.js", keep)
        return page

    def test_where_it_is_asked_for_nothing_else_is_fetched(self, page: Page, address: str) -> None:
        fetched: list[str] = []
        page.on("request", lambda request: fetched.append(request.url))
        page.goto(f"{address}?backend=webgl")
        page.get_by_text("· webgl ·").wait_for()
        wait_for_rest(page)
        assert not any(url.endswith(".wasm") for url in fetched)
        assert not any("probe" in url for url in fetched)

    def test_a_lost_context_is_replaced_by_webassembly_and_nothing_else_is_lost(
        self, page: Page, address: str
    ) -> None:
        page.goto(f"{address}?backend=webgl")
        page.get_by_text("· webgl ·").wait_for()
        drop(page, "mine.png", png(noise(HEIGHT, WIDTH)))
        taken(page, "mine.png")
        handle = page.get_by_role("slider", name="axis 1", exact=True)
        before = at_rest(page)
        handle.press("End")
        for _ in range(200):  # painted in software, what lies around it comes first
            here = at_rest(page)
            if difference(here, before) > 20:
                break
        page.workers[0].evaluate("() => kept.getExtension('WEBGL_lose_context').loseContext()")
        handle.press("Home")
        page.get_by_text("wasm, because WebGL failed").wait_for()
        expect(page.get_by_role("alert")).to_have_count(0)
        taken(page, "mine.png")
        assert handle.input_value() == "-3"
        assert difference(at_rest(page), here) > 20
        handle.press("End")
        assert difference(at_rest(page), here) <= 2

    def test_where_it_does_not_start_webassembly_takes_its_place(
        self, tab: Tab, address: str
    ) -> None:
        page = tab()
        page.route(
            "**/assets/worker-*.js",
            lambda route: route.fulfill(
                body="OffscreenCanvas.prototype.getContext = () => null;" + route.fetch().text(),
                content_type="text/javascript",
            ),
        )
        page.goto(f"{address}?backend=webgl")
        page.get_by_text("wasm, because WebGL failed").wait_for()
        expect(page.get_by_role("alert")).to_have_count(0)


def job_of(probe: dict[str, Any], rounds: int = 1, **more: Any) -> dict[str, Any]:
    tiled = {key: np.tile(probe[key], (rounds, 1)).tolist() for key in ("sliders", "residual")}
    return {"bundle": "models/image/", **tiled, "z": probe["z"].tolist(), "batch": 1, **more}


def painted(progress: list[dict[str, Any]]) -> NDArray[np.float32]:
    """Return the pixels in the progress messages of verify.html, (N, H, W, C)."""
    parts = b"".join(base64.b64decode(message["part"]) for message in progress if "part" in message)
    return np.frombuffer(parts, "<f4").reshape(-1, HEIGHT, WIDTH, 3)


def test_verify_html_posts_pictures_in_parts(tab: Tab, run: Run, site: Path) -> None:
    probe = load_file(site / "models/image/probe.safetensors")
    rounds = 520 // len(probe["z"]) + 1
    frames = np.random.default_rng(1).random((3, HEIGHT, WIDTH, 3), np.float32)
    values = {"shape": frames.shape, "data": base64.b64encode(frames.tobytes()).decode()}
    result, progress = run(tab(), job_of(probe, rounds, values=values))
    count = rounds * len(probe["z"])
    found = painted(progress)
    assert found.shape == (count, HEIGHT, WIDTH, 3)
    assert np.abs(found * 255 - np.tile(probe["pixels"], (rounds, 1, 1, 1))).max() <= 1
    assert len([message for message in progress if "part" in message]) >= count // 50
    assert np.abs(np.array(result["z"]) - np.tile(probe["z"], (rounds, 1))).max() < 1e-5
    assert np.array(result["encoded"]).shape == (3, 8)
    assert np.abs(np.diff(result["encoded"], axis=0)).max() > 1e-3
    assert result["tokens"] == []
    assert result["tensors"]["after10"] == result["tensors"]["after500"] > 0
    assert result["backend"] == "wasm"
    total = count + 3
    assert (progress[-1]["done"], progress[-1]["total"]) == (total, total)


def test_verify_html_takes_another_set_of_axes(tab: Tab, run: Run, site: Path) -> None:
    probe = load_file(site / "models/image/probe.safetensors")
    job = {
        **job_of(probe),
        "set": 1,
        "sliders": [[0.5, 0, 0]] * 2,
        "residual": [[0.0] * 8, [0.1] * 8],
    }
    result, _ = run(tab(), job)
    assert np.array(result["located"]["sliders"]).shape == (len(probe["z"]), 3)
    assert np.abs(np.diff(result["z"], axis=0) - 0.1).max() < 1e-6


def test_verify_html_decodes_on_webgl_where_it_is_asked_to(
    with_webgl: Browser, run: Run, site: Path
) -> None:
    probe = load_file(site / "models/image/probe.safetensors")
    result, progress = run(
        with_webgl.new_page(service_workers="block"), job_of(probe, backend="webgl")
    )
    assert result.get("backend") == "webgl", result
    assert np.abs(painted(progress) * 255 - probe["pixels"]).max() <= 1.5
