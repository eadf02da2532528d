"""Wait for what a page does, never for time."""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import pytest
from playwright.sync_api import Page

_FRAMES = """async (count) => {
  for (let i = 0; i < count; i += 1) await new Promise(requestAnimationFrame)
}"""

# Three frames without work in a row: what an answer sets off begins within the next frame.
_QUIET = """async ([kinds, seconds]) => {
  const end = performance.now() + 1000 * seconds
  const busy = () => [...pending.values()].filter((kind) => kinds.includes(kind))
  for (let quiet = 0; quiet < 3; quiet = busy().length ? 0 : quiet + 1) {
    if (performance.now() > end) return `still waiting for ${busy()}`
    await new Promise(requestAnimationFrame)
  }
  return ''
}"""


def wait_for_frames(page: Page, count: int = 2) -> None:
    """Wait until the page has drawn this many frames."""
    page.evaluate(_FRAMES, count)


def wait_for_decodes(page: Page) -> None:
    """Wait until every call of a worker is answered, and the answer is shown."""
    _wait_for(page, "call", "fetch", "idle")


def wait_for_rest(page: Page, *, held: bool = False) -> None:
    """Wait until the page would do nothing more by itself: no call, fetch or timer is pending.

    held: A file that a worker fetches is held back, so its calls stay unanswered.
    """
    _wait_for(page, *([] if held else ["call"]), "fetch", "idle", "timer")


def wait_until(page: Page, condition: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until `condition` is true, while the page's events are handled."""
    end = monotonic() + seconds
    while not condition():
        if monotonic() > end:
            pytest.fail(f"still not so after {seconds} s")
        wait_for_frames(page, 1)


def _wait_for(page: Page, *kinds: str, seconds: float = 60) -> None:
    if found := page.evaluate(_QUIET, [kinds, seconds]):
        pytest.fail(found)
