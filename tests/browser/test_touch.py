"""A finger on the page: it scrolls from wherever it lands, and moves what it goes along."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.test_explorer import sentence, slider, wait_for_decoder
from tests.browser.waiting import wait_for_frames, wait_for_rest


@pytest.fixture
def phone(tab: Callable[..., Page], address: str) -> Page:
    page = tab(viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True)
    page.goto(address)
    wait_for_decoder(page)
    page.locator("zlide-interpolation").wait_for()
    return page


def swipe(at: Locator, right: float, down: float) -> None:
    """A finger that lands at a quarter of something's width, and goes so far. CSS pixels."""
    box = at.bounding_box()
    assert box
    x, y = box["x"] + box["width"] / 4, box["y"] + box["height"] / 2
    client = at.page.context.new_cdp_session(at.page)
    client.send(
        "Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": x, "y": y}]}
    )
    for step in range(1, 11):
        client.send(
            "Input.dispatchTouchEvent",
            {
                "type": "touchMove",
                "touchPoints": [{"x": x + right * step / 10, "y": y + down * step / 10}],
            },
        )
        wait_for_frames(at.page, 1)
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wait_for_rest(at.page)


def test_a_finger_that_scrolls_from_a_slider_leaves_it_where_it_was(phone: Page) -> None:
    words, value, address = sentence(phone).inner_text(), slider(phone, 2).input_value(), phone.url
    swipe(slider(phone, 2), 3, -150)
    assert phone.evaluate("scrollY") > 50
    assert slider(phone, 2).input_value() == value
    assert sentence(phone).inner_text() == words
    assert phone.url == address
    expect(phone.get_by_role("button", name="Undo", exact=True)).to_be_disabled()


def test_a_finger_that_goes_along_a_slider_moves_it_in_one_step(phone: Page) -> None:
    value = slider(phone, 2).input_value()
    swipe(slider(phone, 2), 150, 5)
    assert phone.evaluate("scrollY") == 0
    box = slider(phone, 2).bounding_box()
    assert box
    assert float(slider(phone, 2).input_value()) == pytest.approx(
        6 * (0.25 + 150 / box["width"]) - 3, abs=0.3
    )
    phone.get_by_role("button", name="Undo", exact=True).tap()
    assert slider(phone, 2).input_value() == value
    expect(phone.get_by_role("button", name="Undo", exact=True)).to_be_disabled()


def test_a_tap_moves_a_slider(phone: Page) -> None:
    swipe(slider(phone, 2), 0, 0)
    assert float(slider(phone, 2).input_value()) == pytest.approx(-1.5, abs=0.2)
    expect(phone.get_by_role("button", name="Undo", exact=True)).to_be_enabled()
