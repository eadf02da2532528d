"""axe finds nothing to object to, in any tab, wide and narrow, light and dark."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

AXE = Path(__file__).parents[1] / "audit/node_modules/axe-core/axe.min.js"

FIND = """async () => (await axe.run()).violations.flatMap(({ id, help, nodes }) =>
  nodes.map(({ target, failureSummary }) => `${id} (${help}): ${target.flat().join(' > ')}: ${failureSummary}`))"""  # noqa: E501


@pytest.fixture
def site(publish: Callable[..., Path]) -> Path:
    return publish("text", "image")


def unfold(page: Page) -> None:
    """Open the lists and forms that are closed, and all that comes with a choice."""
    folded = page.locator("[aria-expanded=false]:visible")
    count = folded.count()
    assert count
    for _ in range(count):
        folded.first.click()
    for field in page.get_by_role("textbox", name="Your own sentence").all():
        field.fill("a loud 2nd song!")
        field.press("Enter")
        expect(page.locator("zlide-example s")).to_have_text(["2", "nd", "!"])
    for end, place in (("A", 1), ("B", 2)):
        page.get_by_label(end, exact=True).select_option(index=place)
    for choice in (
        page.get_by_role("radio", name="at random")
        .or_(page.get_by_role("button", name="Draw on it"))
        .all()
    ):
        choice.click()
    expect(page.locator("zlide-interpolation zlide-frame-list ol")).to_have_attribute(
        "aria-busy", "false"
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 360])
@pytest.mark.parametrize("name", ["text", "image"])
def test_axe_finds_nothing(
    tab: Callable[..., Page], address: str, name: str, width: int, scheme: Literal["light", "dark"]
) -> None:
    page = tab(
        viewport={"width": width, "height": 860},
        color_scheme=scheme,
        reduced_motion="reduce",
        bypass_csp=True,
    )
    page.goto(f"{address}#{name}")
    page.get_by_text("all in this tab").wait_for()
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(FIND)
    unfold(page)
    found += page.evaluate(FIND)
    assert not found, "\n".join(found)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_the_article(
    tab: Callable[..., Page], address: str, scheme: Literal["light", "dark"]
) -> None:
    page = tab(color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    page.goto(f"{address}article.html")
    expect(page.get_by_text("all in this tab")).to_have_count(2)
    page.evaluate(AXE.read_text("utf-8"))
    found = page.evaluate(FIND)
    assert not found, "\n".join(found)
