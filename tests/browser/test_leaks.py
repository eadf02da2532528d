"""Nothing is left behind: not by 1,000 decodes, nor by 100 explorers that are removed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Page

from tests.browser.waiting import wait_for_rest, wait_until

# Move a slider, and wait for each decode.
DECODE = """async (count) => {
  const explorer = document.querySelector('zlide-tabs').renderRoot.querySelector('zlide-explorer')
  const row = explorer.renderRoot.querySelector('zlide-sliders').renderRoot
    .querySelector('zlide-slider-row')
  const slider = row.renderRoot.querySelector('[type=range]')
  for (let i = 0; i < count; i += 1) {
    const decoded = new Promise((resolve) =>
      explorer.addEventListener('zlide-change', resolve, { once: true }))
    slider.value = String((i % 500) / 100 - 2.5)
    slider.dispatchEvent(new Event('input', { bubbles: true }))
    await decoded
  }
  slider.dispatchEvent(new Event('change', { bubbles: true }))
}"""

# Add explorers one after the other, and remove each at another moment of its loading, some at once.
# Some get another bundle after that.
ADD_AND_REMOVE = """async (count) => {
  await import('./zlide.js')
  for (let i = 0; i < count; i += 1) {
    const explorer = document.createElement('zlide-explorer')
    explorer.setAttribute('bundle', 'models/text/')
    document.body.append(explorer)
    if (i % 10 === 0)
      await new Promise((resolve) =>
        explorer.addEventListener('zlide-change', resolve, { once: true }))
    else for (let turn = 1; turn < i % 10; turn += 1) await new Promise((resolve) => {
      const { port1, port2 } = new MessageChannel()
      port1.onmessage = resolve
      port2.postMessage(null)
    })
    if (i % 4 === 1) { // moved within the document first
      explorer.remove()
      document.body.append(explorer)
    }
    explorer.remove()
    if (i % 3 === 1) explorer.setAttribute('bundle', 'models/../models/text/')
  }
}"""


def counts(session: CDPSession) -> dict[str, float]:
    """Return what the page holds after a collection of garbage."""
    session.send("HeapProfiler.collectGarbage")
    metrics = session.send("Performance.getMetrics")["metrics"]
    found = {metric["name"]: metric["value"] for metric in metrics}
    return {name: found[name] for name in ("Nodes", "JSEventListeners", "JSHeapUsedSize")}


def explorers(session: CDPSession) -> int:
    """Return how many explorers exist, in the document or not."""
    prototype = session.send(
        "Runtime.evaluate", {"expression": "customElements.get('zlide-explorer').prototype"}
    )["result"]["objectId"]
    objects = session.send("Runtime.queryObjects", {"prototypeObjectId": prototype})["objects"]
    asked = {
        "objectId": objects["objectId"],
        "functionDeclaration": "function () {return +this.length}",
    }
    length: int = session.send("Runtime.callFunctionOn", asked)["result"]["value"]
    session.send("Runtime.releaseObject", {"objectId": objects["objectId"]})
    return length


def begin(page: Page) -> CDPSession:
    session = page.context.new_cdp_session(page)
    session.send("Performance.enable")
    return session


def test_1000_decodes_leave_nothing_behind(live: Page) -> None:
    session = begin(live)
    tensors = """() => {
      const tabs = document.querySelector('zlide-tabs')
      return tabs.renderRoot.querySelector('zlide-explorer').store.session.state.model.tensors()
    }"""
    live.evaluate(DECODE, 100)
    wait_for_rest(live)
    before, tensors_before = counts(session), live.evaluate(tensors)
    live.evaluate(DECODE, 1000)
    wait_for_rest(live)
    after = counts(session)
    assert live.evaluate(tensors) == tensors_before > 0
    assert after["Nodes"] <= before["Nodes"] + 50  # words of the sentence
    assert after["JSEventListeners"] <= before["JSEventListeners"]
    assert after["JSHeapUsedSize"] < before["JSHeapUsedSize"] + 1_000_000


@pytest.fixture
def site(publish: Callable[..., Path]) -> Path:
    """The page with one model, which a blank page of the site embeds."""
    folder = publish("text")
    (folder / "blank.html").write_text("<!doctype html><title>blank</title>", "utf-8")
    return folder


def test_100_explorers_that_are_removed_leave_nothing_behind(
    tab: Callable[..., Page], address: str
) -> None:
    page = tab()
    started: list[Any] = []
    page.on("worker", lambda worker: started.append(worker))  # noqa: PLW0108 (Playwright marks it)
    page.goto(f"{address}blank.html")
    session = begin(page)
    page.evaluate(ADD_AND_REMOVE, 10)
    wait_until(page, lambda: not page.workers)
    before = counts(session)
    page.evaluate(ADD_AND_REMOVE, 100)
    assert len(started) > 10  # these got as far as a model
    wait_until(page, lambda: not page.workers)
    wait_for_rest(page)
    wait_until(page, lambda: explorers(session) <= 1)  # the last one may still be referred to
    after = counts(session)
    assert after["Nodes"] <= before["Nodes"] + 100
    assert after["JSHeapUsedSize"] < before["JSHeapUsedSize"] + 2_000_000
