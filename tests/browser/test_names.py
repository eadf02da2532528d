"""The author's note on an axis is shown beside its slider."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.browser.waiting import wait_for_rest

NOTE = "Towards −: questions; towards +: songs."


def test_an_axis_has_the_name_and_the_note_of_its_manifest(
    tab: Callable[..., Page], address: str, site: Path
) -> None:
    path = site / "models/text/manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest["axes"][0]["axes"][0] |= {"name": "questions ↔ songs", "note": NOTE}
    path.write_text(json.dumps(manifest), "utf-8")
    page = tab()
    page.goto(address)
    expect(
        page.get_by_role("slider", name="axis 1 · questions ↔ songs", exact=True)
    ).to_have_accessible_description(NOTE)
    expect(page.get_by_role("slider", name="axis 2", exact=True)).to_have_accessible_description("")
    expect(page.get_by_role("heading", name="Along axis 1 · questions ↔ songs")).to_be_visible()
    expect(
        page.get_by_role("heading", name="Along axis 1 · questions ↔ songs").locator("~ p")
    ).to_have_text(NOTE)


def test_what_an_axis_does_is_seen_without_scrolling(
    tab: Callable[..., Page], address: str
) -> None:
    page = tab(viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.get_by_role("slider", name="axis 2", exact=True).hover()
    heading = page.get_by_role("heading", name="Along axis 2")
    stops = page.locator("zlide-traversal").get_by_role("button")
    expect(stops).to_have_count(7)
    assert page.evaluate("scrollY") == 0
    for seen in (heading, stops.first, stops.last):
        box = seen.bounding_box()
        assert box
        assert box["y"] + box["height"] <= 900


def test_what_is_scrolled_under_the_pointer_is_not_pointed_at(
    tab: Callable[..., Page], address: str
) -> None:
    page = tab(viewport={"width": 1280, "height": 500})
    page.goto(address)
    page.locator("zlide-traversal").get_by_role("button").first.wait_for()
    page.get_by_role("slider", name="axis 2", exact=True).hover()
    heading = page.get_by_role("heading", name="Along axis")
    expect(heading).to_have_text("Along axis 2")
    page.mouse.wheel(0, 68)  # to the next row
    page.wait_for_function("scrollY > 0")
    wait_for_rest(page)
    expect(heading).to_have_text("Along axis 2")
    assert page.evaluate("scrollY") > 0


def test_by_keyboard_the_strip_of_an_axis_is_reached_past_the_others(
    tab: Callable[..., Page], address: str
) -> None:
    page = tab()
    page.goto(address)
    page.locator("zlide-traversal").get_by_role("button").first.wait_for()
    page.get_by_role("slider", name="axis 2", exact=True).press("ArrowRight")
    heading = page.get_by_role("heading", name="Along axis")
    expect(heading).to_have_text("Along axis 2")
    stop = page.locator("zlide-traversal").get_by_role("button").first
    for _ in range(40):
        page.keyboard.press("Tab")
        if stop.evaluate("element => element.matches(':focus')"):
            break
    expect(stop).to_be_focused()
    expect(heading).to_have_text("Along axis 2")
    page.keyboard.press("Enter")
    expect(page.get_by_role("slider", name="axis 2", exact=True)).to_have_value("-3")
