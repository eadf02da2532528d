"""Let a browser decode and encode on the page `verify.html`, and collect what it posts."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any, Literal

from zlide.errors import ZlideError
from zlide.modalities import Reference
from zlide.site import serve
from zlide.verify.browser import Browser, headless

TIMEOUT = 120.0
"""Seconds without a message from the page after which the browser is given up."""

ProgressCallback = Callable[[int, int], None]
Backend = Literal["wasm", "webgl"]


def ask_browser(
    site: Path,
    path: str,
    reference: Reference,
    *,
    browser: str,
    backend: Backend,
    progress: ProgressCallback,
) -> tuple[dict[str, Any], list[bytes]]:
    """Decode the positions of `reference` with the bundle at `path` of `site`.

    Returns what the page posts: its `Result` of verify.ts, and the values of samples in parts.
    Raises ZlideError for a page that cannot decode, and for a browser that fails or falls silent.
    """
    positions = reference.positions
    job = {
        "bundle": path,
        "backend": backend,
        "sliders": positions.sliders.tolist(),
        "residual": positions.residual.tolist(),
        "z": positions.z.tolist(),
        "batch": 1,
        **reference.job(),
    }
    answers = _Answers(progress)
    routes = {
        "GET /job.json": lambda _: json.dumps(job).encode(),
        "POST /progress": answers.receive_progress,
        "POST /result": answers.receive_result,
    }
    with serve(site, port=0, routes=routes) as server:
        url = f"{server.url}verify.html?job"
        with headless(url, browser) as running:
            answers.wait(running, url)
    if "error" in answers.result:
        raise ZlideError(
            site / path,
            f"the page could not decode: {answers.result['error']}",
            "build the site again",
        )
    return answers.result, answers.parts


@dataclass
class _Answers:
    """The messages of the page."""

    progress: ProgressCallback
    result: dict[str, Any] = field(default_factory=dict)
    parts: list[bytes] = field(default_factory=list)
    last_message: float = field(default_factory=monotonic)
    done: threading.Event = field(default_factory=threading.Event)

    def receive_progress(self, body: bytes) -> bytes:
        message = json.loads(body)
        self.last_message = monotonic()
        if "part" in message:
            self.parts.append(base64.b64decode(message["part"]))
        self.progress(int(message["done"]), int(message["total"]))
        return b"{}"

    def receive_result(self, body: bytes) -> bytes:
        self.result.update(json.loads(body))
        self.done.set()
        return b"{}"

    def wait(self, browser: Browser, url: str) -> None:
        while not self.done.wait(0.1):
            browser.check()
            if monotonic() - self.last_message > TIMEOUT:
                raise ZlideError(
                    "verify",
                    f"no message from the browser for {TIMEOUT:.0f} s",
                    f"open {url} in it by hand, or choose another with --browser",
                )
