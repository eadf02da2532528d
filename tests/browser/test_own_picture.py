"""A picture of the reader's own: a file, chosen or dropped, or what they draw on the example."""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_pictures import (
    HEIGHT,
    OWN,
    WIDTH,
    Tab,
    at_rest,
    difference,
    drop,
    example,
    give,
    noise,
    opened,
    pixels,
    png,
    taken,
    values,
)
from tests.browser.waiting import wait_for_decodes, wait_for_rest
from tests.chromium import STICKS_OUT

DRAW = "Draw on it"


@pytest.fixture
def site(publish: Callable[..., Path]) -> Path:
    return publish("image")


def test_back_leads_to_a_picture_of_ones_own_and_forward_does_too(tab: Tab, address: str) -> None:
    page = opened(tab, address)
    give(page, "mine.png", png(noise(HEIGHT, WIDTH)))
    taken(page, "mine.png")
    mine, at_home = pixels(example(page)), values(page)
    page.get_by_role("slider", name="axis 1", exact=True).press("End")
    wait_for_rest(page)
    page.go_back()
    wait_for_decodes(page)
    assert np.array_equal(pixels(example(page)), mine)
    assert values(page) == at_home
    page.go_back()
    wait_for_decodes(page)
    assert not np.array_equal(pixels(example(page)), mine)
    page.go_forward()
    wait_for_decodes(page)
    assert np.array_equal(pixels(example(page)), mine)
    assert values(page) == at_home


@pytest.mark.parametrize("set_of_axes", ["Principal axes", "Raw dimensions"])
def test_a_link_from_a_picture_of_ones_own_says_that_it_does_not_hold_it(
    tab: Tab, address: str, set_of_axes: str
) -> None:
    page = opened(tab, address)
    page.get_by_role("radio", name=set_of_axes).check()
    give(page, "mine.png", png(noise(HEIGHT, WIDTH)))
    taken(page, "mine.png")
    page.locator("zlide-slider-row").get_by_role("slider").first.press("End")
    wait_for_rest(page)
    here, where = at_rest(page), values(page)
    other = opened(tab, page.url)
    taken(other, "not in the link")
    assert difference(at_rest(other), here) <= 2
    assert values(other) == where
    assert not pixels(example(other))[..., 3].any()
    expect(other.locator("zlide-decoded #remark")).to_have_count(0)
    assert other.url == page.url
    other.get_by_role("button", name="Randomize z").click()
    other.get_by_role("button", name="Reset z").click()
    assert difference(at_rest(other), here) <= 2


@pytest.mark.parametrize("hand_over", [give, drop])
def test_a_picture_of_ones_own_becomes_the_example(
    tab: Tab, address: str, hand_over: Callable[..., None]
) -> None:
    page = opened(tab, address)
    before, old = at_rest(page), values(page)
    image = noise(HEIGHT, WIDTH + 10)  # five columns too many at either side
    hand_over(page, "mine.png", png(image))
    taken(page, "mine.png")
    assert np.array_equal(pixels(example(page))[..., :3], image[:, 5:-5])
    home, here = values(page), at_rest(page)
    assert home != old
    assert difference(here, before) > 20
    page.get_by_role("button", name="Randomize z").click()
    page.get_by_role("radio", name="Raw dimensions").check()
    expect(page.get_by_role("slider", name="z[5]", exact=True)).to_be_visible()
    page.get_by_role("button", name="Reset z").click()
    assert difference(at_rest(page), here) <= 2
    page.get_by_role("radio", name="Principal axes").check()
    expect(page.get_by_role("slider", name="axis 1", exact=True)).to_be_visible()
    assert np.abs(np.array(values(page), float) - np.array(home, float)).max() <= 0.011


@pytest.mark.parametrize("side", [400, 3200])
def test_a_large_picture_is_scaled_and_what_is_transparent_lies_on_white(
    tab: Tab, address: str, side: int
) -> None:
    page = opened(tab, address)
    image = np.zeros((side * 3 // 4, side, 4), np.uint8)
    image[:, side // 2 :] = 255, 0, 0, 255
    drop(page, "half.png", png(image))
    taken(page, "half.png")
    shown = pixels(example(page))
    assert (shown[:, :7] == 255).all()
    assert (shown[:, 9:] == (255, 0, 0, 255)).all()


def file_of(kind: str, *frames: Image.Image, **settings: Any) -> bytes:
    out = io.BytesIO()
    frames[0].save(
        out,
        kind,
        **settings,
        **({"save_all": True, "append_images": frames[1:]} if len(frames) > 1 else {}),
    )
    return out.getvalue()


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP"])
def test_of_an_animation_the_first_frame_is_taken(tab: Tab, address: str, kind: str) -> None:
    frames = [Image.new("RGB", (20, 10), colour) for colour in ("blue", "red", "green")]
    name = f"moving.{kind.lower()}"
    page = opened(tab, address)
    drop(
        page,
        name,
        file_of(kind, *frames, duration=20, **({"lossless": True} if kind == "WEBP" else {})),
        f"image/{kind.lower()}",
    )
    taken(page, name)
    assert (pixels(example(page)) == (0, 0, 255, 255)).all()


@pytest.mark.parametrize("kind", ["JPEG", "BMP", "WEBP", "AVIF"])
def test_pictures_of_other_kinds_are_taken(tab: Tab, address: str, kind: str) -> None:
    page = opened(tab, address)
    drop(
        page,
        f"green.{kind.lower()}",
        file_of(kind, Image.new("RGB", (70, 50), (0, 200, 0))),
        f"image/{kind.lower()}",
    )
    taken(page, f"green.{kind.lower()}")
    assert np.abs(pixels(example(page)).astype(int) - (0, 200, 0, 255)).max() <= 3


def patched(file: bytes, at: int, size: bytes) -> bytes:
    return file[:at] + size + file[at + len(size) :]


def huge(kind: str) -> bytes:
    """A small file that says that it is 20,000 pixels wide and high."""
    small = file_of(kind, Image.new("RGB", (2, 2)))
    match kind:
        case "PNG":
            file = patched(small, 16, struct.pack(">II", 20_000, 20_000))
            return patched(file, 29, struct.pack(">I", zlib.crc32(file[12:29])))
        case "JPEG":
            return patched(small, small.index(b"\xff\xc0") + 5, struct.pack(">HH", 20_000, 20_000))
        case "WEBP":  # 14 bits are at most 16,384; the other two are a scale
            return patched(
                small, small.index(b"\x9d\x01\x2a") + 3, struct.pack("<HH", 16_383, 16_383)
            )
        case _:  # of a GIF the first frame, larger than its screen, for which browsers make room
            return patched(small, small.index(b"\x2c") + 5, struct.pack("<HH", 20_000, 20_000))


@pytest.mark.parametrize(
    ("name", "content", "kind", "line"),
    [
        (
            "notes.txt",
            b"no picture at all",
            "text/plain",
            "not a picture that this browser can read; choose a PNG, JPEG, GIF or WebP file",
        ),
        (
            "torn.png",
            png(noise(40, 40))[:60],
            "image/png",
            "not a picture that this browser can read; choose a PNG, JPEG, GIF or WebP file",
        ),
        (
            "empty.png",
            b"",
            "image/png",
            "expected a picture, found an empty file; choose another file",
        ),
        (
            "text.png",
            b"words, whatever the name says",
            "image/png",
            "not a picture that this browser can read; choose a PNG, JPEG, GIF or WebP file",
        ),
        (
            "icon.ico",
            file_of("ICO", Image.new("RGB", (64, 64))),
            "image/x-icon",
            "not a picture that this browser can read; choose a PNG, JPEG, GIF or WebP file",
        ),
        (
            "huge.png",
            huge("PNG"),
            "image/png",
            "expected at most 100 million pixels, found 20,000 × 20,000; make it smaller",
        ),
        (
            "huge.jpg",
            huge("JPEG"),
            "image/jpeg",
            "expected at most 100 million pixels, found 20,000 × 20,000; make it smaller",
        ),
        (
            "huge.webp",
            huge("WEBP"),
            "image/webp",
            "expected at most 100 million pixels, found 16,383 × 16,383; make it smaller",
        ),
        (
            "huge.gif",
            huge("GIF"),
            "image/gif",
            "expected at most 100 million pixels, found 20,000 × 20,000; make it smaller",
        ),
        (
            "drawn.svg",
            b"<svg xmlns='http://www.w3.org/2000/svg'/>",
            "image/svg+xml",
            "expected pixels, found an SVG drawing; save it as PNG",
        ),
        (
            "drawn.png",
            b"<?xml version='1.0'?><svg/>",
            "image/png",
            "expected pixels, found an SVG drawing; save it as PNG",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) and "." in value and " " not in value else "",
)
def test_what_is_no_picture_is_said_in_one_line_and_changes_nothing(
    tab: Tab, address: str, name: str, content: bytes, kind: str, line: str
) -> None:
    page = opened(tab, address)
    page.get_by_role("slider", name="axis 1", exact=True).press("End")
    here, frame = at_rest(page), pixels(example(page))
    drop(page, name, content, kind)
    expect(page.locator("zlide-example").get_by_role("alert")).to_have_text(f"{name}: {line}")
    assert np.array_equal(at_rest(page), here)
    assert np.array_equal(pixels(example(page)), frame)
    assert page.get_by_role("slider", name="axis 1", exact=True).input_value() == "3"
    drop(page, "mine.png", png(noise(HEIGHT, WIDTH)))
    taken(page, "mine.png")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_an_encoder_that_cannot_be_fetched_is_said_and_asked_for_again(
    tab: Tab, address: str
) -> None:
    page = opened(tab, address)
    page.route("**/encoder/image/**", lambda route: route.abort())
    drop(page, "mine.png", png(noise(HEIGHT, WIDTH)))
    expect(page.get_by_role("alert")).to_contain_text("cannot be fetched; check the connection")
    page.unroute("**/encoder/image/**")
    drop(page, "mine.png", png(noise(HEIGHT, WIDTH)))
    taken(page, "mine.png")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_without_an_encoder_nothing_is_taken(
    tab: Tab, address: str, site: Path, damage: Callable[..., None]
) -> None:
    damage(site / "models/image", {"file": "manifest.json", "at": ["encoder"], "to": None})
    page = opened(tab, address)
    expect(page.get_by_role("button", name="Load an example")).to_be_visible()
    expect(page.get_by_role("button", name=OWN)).to_have_count(0)
    expect(page.get_by_role("button", name=DRAW)).to_have_count(0)


def drawing(page: Page) -> Locator:
    return page.locator("zlide-drawing canvas")


def draw(page: Page, *path: tuple[float, float]) -> None:
    """One stroke, from place to place, in shares of the width and the height."""
    box = page.get_by_role("application", name="Draw on the example").bounding_box()
    assert box
    for i, (x, y) in enumerate(path):
        page.mouse.move(box["x"] + x * box["width"], box["y"] + y * box["height"], steps=3)
        if i == 0:
            page.mouse.down()
    page.mouse.up()


def test_a_stroke_is_read_as_a_picture_of_ones_own_would_be(tab: Tab, address: str) -> None:
    page = opened(tab, address)
    frame, home = pixels(example(page)), values(page)
    page.get_by_role("button", name=DRAW).click()
    draw(page, (0.2, 0.5), (0.8, 0.5))
    taken(page, "your drawing")
    drawn, here = pixels(drawing(page)), values(page)
    changed = (drawn != frame).any(axis=2)
    assert changed[HEIGHT // 2 - 1 : HEIGHT // 2 + 1, 4:12].all()
    assert not changed[:4].any()
    assert not changed[8:].any()
    assert here != home
    expect(page.locator("#remark")).to_have_text(re.compile(r"^Pixels differ by \d+\.\d of 255$"))
    drop(page, "the same.png", png(drawn))
    taken(page, "the same.png")
    assert values(page) == here


def test_strokes_are_undone_one_by_one(tab: Tab, address: str) -> None:
    page = opened(tab, address)
    frame, home = pixels(example(page)), values(page)
    page.get_by_role("button", name=DRAW).click()
    draw(page, (0.2, 0.2), (0.8, 0.2))
    taken(page, "your drawing")
    one, there = pixels(drawing(page)), values(page)
    draw(page, (0.2, 0.8), (0.8, 0.8))
    wait_for_decodes(page)
    assert not np.array_equal(pixels(drawing(page)), one)
    assert values(page) != there
    page.get_by_role("button", name="Undo stroke").click()
    assert np.array_equal(pixels(drawing(page)), one)
    assert values(page) == there
    page.get_by_role("button", name="Undo", exact=True).click()
    assert np.array_equal(pixels(drawing(page)), frame)
    assert values(page) == home


def test_the_pen_is_moved_and_put_down_by_keys(tab: Tab, address: str) -> None:
    page = opened(tab, address)
    frame = pixels(example(page))
    page.get_by_role("button", name=DRAW).click()
    page.get_by_role("slider", name="Pen").press("Home")
    paper = page.get_by_role("application", name="Draw on the example")
    for key in ("ArrowLeft", "ArrowLeft", "ArrowUp", "Shift+ArrowUp", " "):
        paper.press(key)
    taken(page, "your drawing")
    (y,), (x,) = (pixels(drawing(page)) != frame).any(axis=2).nonzero()
    assert (y, x) == (0, WIDTH // 2 - 2)


def test_paper_of_one_colour_and_ink_of_another(tab: Tab, address: str) -> None:
    page = opened(tab, address)
    page.get_by_role("button", name=DRAW).click()
    page.get_by_label("Other colour").fill("#102030")
    page.get_by_role("button", name="Fill").click()
    taken(page, "your drawing")
    assert (pixels(drawing(page)) == (16, 32, 48, 255)).all()
    page.get_by_role("group", name="Colour").get_by_role("radio").first.check()
    draw(page, (0.5, 0.5), (0.5, 0.5))
    wait_for_decodes(page)
    shown = pixels(drawing(page))
    assert (shown[HEIGHT // 2, WIDTH // 2] != (16, 32, 48, 255)).any()
    assert (shown[0] == (16, 32, 48, 255)).all()
    page.get_by_role("button", name=DRAW).click()
    assert np.array_equal(pixels(example(page)), shown)


def test_a_finger_draws(tab: Tab, address: str) -> None:
    page = opened(
        tab, address, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True
    )
    frame = pixels(example(page))
    page.get_by_role("button", name=DRAW).tap()
    page.get_by_role("application", name="Draw on the example").tap()
    taken(page, "your drawing")
    changed = (pixels(drawing(page)) != frame).any(axis=2)
    assert changed[HEIGHT // 2, WIDTH // 2]
    assert not changed[0].any()
    assert page.evaluate(STICKS_OUT) == []
    for control in page.locator("zlide-drawing").locator("label.swatch, button").all():
        box = control.bounding_box()
        assert box
        assert min(box["width"], box["height"]) >= 44


def test_a_drawing_that_cannot_be_read_is_not_lost(tab: Tab, address: str) -> None:
    page = opened(tab, address)
    page.route("**/encoder/image/**", lambda route: route.abort())
    page.get_by_role("button", name=DRAW).click()
    draw(page, (0.2, 0.2), (0.8, 0.2))
    expect(page.get_by_role("alert")).to_contain_text("cannot be fetched; check the connection")
    one = pixels(drawing(page))
    page.unroute("**/encoder/image/**")
    draw(page, (0.2, 0.8), (0.8, 0.8))
    taken(page, "your drawing")
    assert np.array_equal(pixels(drawing(page))[: HEIGHT // 2], one[: HEIGHT // 2])
