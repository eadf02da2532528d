"""What a publisher says of an axis stands beside its slider."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, expect

NOTE = "Towards −: questions; towards +: songs."


def test_an_axis_has_the_name_and_the_note_of_its_manifest(tab: Callable[..., Page], address: str, site: Path) -> None:
    path = site / "models/text/manifest.json"
    manifest = json.loads(path.read_text("utf-8"))
    manifest["axes"][0]["axes"][0] |= {"name": "questions ↔ songs", "note": NOTE}
    path.write_text(json.dumps(manifest), "utf-8")
    page = tab()
    page.goto(address)
    expect(page.get_by_role("slider", name="axis 1 · questions ↔ songs", exact=True)).to_have_accessible_description(NOTE)
    expect(page.get_by_role("slider", name="axis 2", exact=True)).to_have_accessible_description("")
    expect(page.get_by_role("heading", name="Along axis 1 · questions ↔ songs")).to_be_visible()
    expect(page.get_by_role("heading", name="Along axis 1 · questions ↔ songs").locator("~ p")).to_have_text(NOTE)


def test_what_an_axis_does_is_seen_without_scrolling(tab: Callable[..., Page], address: str) -> None:
    page = tab(viewport={"width": 1280, "height": 900})
    page.goto(address)
    page.get_by_role("slider", name="axis 2", exact=True).focus()
    heading = page.get_by_role("heading", name="Along axis 2")
    stops = page.locator("zlide-strip").get_by_role("button")
    expect(stops).to_have_count(7)
    assert page.evaluate("scrollY") == 0
    for seen in (heading, stops.first):
        box = seen.bounding_box()
        assert box
        assert box["y"] + box["height"] <= 900
