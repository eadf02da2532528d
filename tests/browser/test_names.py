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
    expect(page.get_by_role("slider", name="questions ↔ songs", exact=True)).to_have_accessible_description(NOTE)
    expect(page.get_by_role("slider", name="axis 2", exact=True)).to_have_accessible_description("")
