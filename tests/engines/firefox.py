"""Firefox as it is installed, driven over WebDriver BiDi, which it speaks by itself."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from websocket import WebSocket, create_connection

from zlide.verify.browser import Browser, headless


class Firefox:
    """Its only tab."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket, self._numbers = socket, count()
        self._ask("session.new", capabilities={})
        self._tab = self._ask("browsingContext.getTree")["contexts"][0]["context"]

    def open(self, address: str) -> None:
        self._ask("browsingContext.navigate", context=self._tab, url=address, wait="complete")

    def run(self, function: str, argument: str) -> str:
        arguments = [{"type": "string", "value": argument}]
        where = {"context": self._tab}
        found = self._ask(
            "script.callFunction",
            functionDeclaration=function,
            arguments=arguments,
            target=where,
            awaitPromise=False,
        )
        if found["type"] == "exception":
            raise RuntimeError(found["exceptionDetails"]["text"])
        return str(found["result"]["value"])

    def perform(self, actions: list[dict[str, Any]]) -> None:
        self._ask("input.performActions", context=self._tab, actions=actions)

    def _ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": parameters}))
        answer: dict[str, Any] = {}
        while answer.get("id") != number:  # what else it tells are events
            answer = json.loads(self._socket.recv())
        if answer["type"] == "error":
            raise RuntimeError(f"{method}: {answer['message']}")
        result: dict[str, Any] = answer["result"]
        return result


@contextmanager
def firefox() -> Iterator[Firefox]:
    with (
        headless("about:blank", "firefox", "--remote-debugging-port", "0") as browser,
        closing(_connect(browser)) as socket,
    ):
        yield Firefox(socket)


def _connect(browser: Browser) -> WebSocket:
    """Once Firefox listens, it writes to its profile where."""
    told = Path(browser.log.parent, "WebDriverBiDiServer.json")
    end = time.monotonic() + 60
    while True:
        browser.check()
        try:
            at = json.loads(told.read_text("utf-8"))
            return create_connection(
                f"ws://{at['ws_host']}:{at['ws_port']}/session", timeout=60, suppress_origin=True
            )
        except (OSError, ValueError):
            if time.monotonic() > end:
                raise
            time.sleep(0.1)
