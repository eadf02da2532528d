"""`?recorder=off` in the address: TensorFlow.js runs the graphs itself, with the same samples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from safetensors.numpy import load_file

from tests.browser.waiting import wait_for_rest

Tab = Callable[..., Page]
Run = Callable[..., tuple[dict[str, Any], list[dict[str, Any]]]]

COUNT_RECORDINGS = "performance.getEntriesByName('recorded').length"

END = 1  # the end token

PIXELS = """canvas => [
  ...canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data
]"""


@pytest.fixture
def site(publish: Callable[..., Path]) -> Path:
    return publish("text", "image")


def recordings(page: Page) -> list[bool]:
    """Return, for each worker of a decoder, whether it has recorded a graph."""
    workers = [worker for worker in page.workers if "/worker-" in worker.url]
    return [worker.evaluate(COUNT_RECORDINGS) > 0 for worker in workers]


def moved(page: Page, explorer: str) -> None:
    """Move the first slider of an explorer by a few steps."""
    axis = page.locator(explorer).get_by_role("slider", name="axis 1", exact=True)
    for _ in range(3):
        axis.press("PageUp")
    wait_for_rest(page)


def article(tab: Tab, address: str, query: str) -> tuple[str, list[int], list[bool]]:
    """Return the sentence and the pixels of the article after a move, and what was recorded."""
    page = tab()
    page.goto(f"{address}article.html{query}")
    expect(page.get_by_text("all in this tab")).to_have_count(2)
    for explorer in ("zlide-explorer >> nth=0", "zlide-explorer >> nth=1"):
        moved(page, explorer)
    sentence = page.locator("zlide-decoded #sentence").inner_text()
    pixels = page.get_by_role("img", name="decoded").evaluate(PIXELS)
    return sentence, pixels, recordings(page)


def test_the_article_decodes_the_same_without_the_recorder(tab: Tab, address: str) -> None:
    sentence, pixels, recorded = article(tab, address, "")
    other_sentence, other_pixels, other_recorded = article(tab, address, "?recorder=off")
    assert other_sentence == sentence
    assert max(abs(a - b) for a, b in zip(pixels, other_pixels, strict=True)) <= 1
    assert (recorded, other_recorded) == ([True, True], [False, False])


@pytest.mark.parametrize(
    ("query", "recorded"), [("?recorder=off", False), ("?recorder=never", True)]
)
def test_the_site_ignores_all_values_but_off(
    query: str, recorded: bool, tab: Tab, address: str
) -> None:
    page = tab()
    page.goto(address + query)
    page.get_by_text("all in this tab").wait_for()
    moved(page, "zlide-explorer")
    assert recordings(page) == [recorded]
    assert query in page.url  # a link keeps it


def test_verify_html_decodes_as_pytorch_without_the_recorder(
    tab: Tab, run: Run, site: Path
) -> None:
    probe = load_file(site / "models/text/probe.safetensors")
    job = {
        "bundle": "models/text/",
        "sliders": probe["sliders"].tolist(),
        "residual": probe["residual"].tolist(),
        "z": [],
        "batch": 1,
        "encode": [[2, 3, 4]],
    }
    result, _ = run(tab(), job, "&recorder=off")
    expected = [row[: row.index(END)] if END in row else row for row in probe["tokens"].tolist()]
    assert result["tokens"] == expected
    recorded, _ = run(tab(), job)
    assert result["encoded"][0] == pytest.approx(recorded["encoded"][0], abs=1e-6)
