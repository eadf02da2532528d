"""A reader's actions in any browser: see, press keys, click, type."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

KEYS = {
    "Tab": "\ue004",
    "Enter": "\ue007",
    "End": "\ue010",
    "Home": "\ue011",
    "ArrowLeft": "\ue012",
    "ArrowRight": "\ue014",
}

# Finds a visible element by a path of selectors, each searched for inside the element before it,
# through shadow roots.
_FIND = """(path) => {
  const within = (root, css) => {
    const roots = root.shadowRoot ? [root, root.shadowRoot] : [root]
    for (const one of roots) {
      for (const element of one.querySelectorAll(css)) if (element.checkVisibility()) return element
      for (const element of one.querySelectorAll('*'))
        if (element.shadowRoot) roots.push(element.shadowRoot)
    }
    return null
  }
  return path.reduce((root, css) => root && within(root, css), document)
}"""

_TEXT = """(element) => {
  const said = (node) => {
    if (node.nodeType === Node.TEXT_NODE) return node.data
    if (node.nodeType !== Node.ELEMENT_NODE || !node.checkVisibility()) return ''
    return [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes].map(said).join('')
  }
  return said(element)
}"""

_CENTRE = """(element) => {
  element.scrollIntoView({ block: 'center' })
  const { x, y, width, height } = element.getBoundingClientRect()
  return [x + width / 2, y + height / 2]
}"""

_PIXELS = """(canvas) => {
  const { width, height } = canvas
  return [width, ...canvas.getContext('2d').getImageData(0, 0, width, height).data]
}"""


# Scripts do not wait for promises: this returns what was cached at the call before.
_KEPT = """() => {
  const all = async () => {
    const lists = (await caches.keys()).map(async (name) => await (await caches.open(name)).keys())
    window.kept = (await Promise.all(lists)).flat().map(({ url }) => url)
  }
  void all()
  return JSON.stringify(window.kept ?? [])
}"""


class Driver(Protocol):
    """A browser under control: scripts take and return text, actions are those of WebDriver."""

    def open(self, address: str) -> None: ...

    def run(self, function: str, argument: str) -> str: ...

    def perform(self, actions: list[dict[str, Any]]) -> None: ...


@dataclass(frozen=True)
class Engine:
    """A browser with one tab."""

    driver: Driver

    def open(self, address: str) -> None:
        self.driver.open(address)

    def find(self, *path: str) -> Element:
        """Return the first visible element along a path of CSS selectors, found at each use."""
        return Element(self.driver, path)

    def address(self) -> str:
        """Return the address of the tab."""
        return str(self.driver.run("() => location.href", ""))

    def kept(self) -> list[str]:
        """Return the addresses that the service worker has cached."""
        return list(json.loads(self.driver.run(_KEPT, "")))

    def wait(self, condition: Callable[[], bool], seconds: float = 30) -> None:
        """Wait until `condition` is true. Raise TimeoutError after `seconds`."""
        end = time.monotonic() + seconds
        while not _now(condition):
            if time.monotonic() > end:
                raise TimeoutError(f"not so after {seconds} s: {self.find('body').text()!r}")
            time.sleep(0.05)


def _now(condition: Callable[[], bool]) -> bool:
    try:
        return condition()
    except LookupError:
        return False


@dataclass(frozen=True)
class Element:
    driver: Driver
    path: Sequence[str]

    def text(self) -> str:
        """Return its text, with single spaces between words."""
        return " ".join(self._ask(_TEXT).split())

    def value(self) -> str:
        return str(self._ask("(element) => element.value"))

    def pixels(self) -> NDArray[np.uint8]:
        """Return the pixels of a canvas, (H, W, 4)."""
        width, *data = self._ask(_PIXELS)
        return np.array(data, np.uint8).reshape(-1, width, 4)

    def press(self, key: str, times: int = 1) -> None:
        self._ask("(element) => element.focus()")
        self._strike(KEYS[key] * times)

    def click(self) -> None:
        x, y = (round(at) for at in self._ask(_CENTRE))
        moves = [
            {"type": "pointerMove", "x": x, "y": y},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        self.driver.perform(
            [
                {
                    "type": "pointer",
                    "id": "mouse",
                    "parameters": {"pointerType": "mouse"},
                    "actions": moves,
                }
            ]
        )

    def type(self, text: str) -> None:
        self.click()
        self._strike(text)

    def _strike(self, keys: str) -> None:
        strokes = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self.driver.perform([{"type": "key", "id": "keyboard", "actions": strokes}])

    def _ask(self, function: str) -> Any:
        found = self.driver.run(
            f"""(path) => {{
              const element = ({_FIND})(JSON.parse(path))
              return JSON.stringify(element ? {{ found: ({function})(element) ?? null }} : {{}})
            }}""",
            json.dumps(self.path),
        )
        answer = json.loads(found)
        if "found" not in answer:
            raise LookupError(f"no {' > '.join(self.path)} is visible")
        return answer["found"]
