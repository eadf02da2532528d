"""A server may send compressed files; the page counts the bytes after decompression."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page, Response, expect

from zlide.site.build import write_site
from zlide.site.serve import serve

GOLDEN = Path(__file__).parents[1] / "golden/text"

# Records every state of the download that the status line receives.
RECORD_PROGRESS = """
  self.received = []
  customElements.whenDefined('zlide-status').then((Status) => {
    const progress = Object.getOwnPropertyDescriptor(Status.prototype, 'progress')
    const set = function (value) {
      self.received.push(value)
      progress.set.call(this, value)
    }
    Object.defineProperty(Status.prototype, 'progress', { ...progress, set })
  })
"""


def test_a_page_that_comes_compressed_goes_live_and_counts_what_it_has(
    tab: Callable[..., Page], tmp_path: Path
) -> None:
    write_site([GOLDEN], tmp_path / "site")
    page = tab()
    page.add_init_script(RECORD_PROGRESS)
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 (Playwright marks the function, which a builtin refuses)
    with serve(tmp_path / "site", port=0) as server:
        page.goto(server.url)
        page.get_by_text("all in this tab").wait_for()
        slider = page.get_by_role("slider").first
        before = page.locator("zlide-decoded #sentence").inner_text()
        slider.press("End")
        expect(page.locator("zlide-decoded #sentence")).not_to_have_text(before)
    packed = {
        answer.url.removeprefix(server.url).partition("?")[0]
        for answer in answers
        if answer.headers.get("content-encoding") == "gzip"
    }
    assert {Path(name).suffix for name in packed} >= {".js", ".json", ".wasm"}
    assert {answer.headers["content-type"] for answer in answers if ".wasm" in answer.url} == {
        "application/wasm"
    }
    received = page.evaluate("self.received")
    files = {
        file["path"]: file["bytes"]
        for file in json.loads((GOLDEN / "manifest.json").read_text("utf-8"))["files"]
    }
    first = sum(
        size
        for path, size in files.items()
        if path.startswith(("decoder/", "axes/pca/to/", "vocabulary.txt"))
    )
    assert all(progress["received"] <= progress["total"] for progress in received)
    assert received[-1]["received"] == received[-1]["total"] == first
