"""A browser, and a server that isolates the page, so that its clock is exact to 5 µs, not 100."""

from __future__ import annotations

import gzip
import math
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from time import sleep
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from tests.chromium import FLAGS
from zlide.site.serve import CONTENT_TYPES
from zlide.verify.browser import find_browser

COMPRESSED = frozenset({".html", ".css", ".js", ".mjs", ".json", ".txt", ".wasm"})
"""Types of files that static hosts compress. They do not know any format of weights."""

ISOLATED = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
PIECE = 16_384  # bytes that go over the line at once


@contextmanager
def chromium() -> Iterator[Browser]:
    """Headless, until the block is left."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=str(find_browser()), args=[*FLAGS, *(["--no-sandbox"] if root else [])]
        )
        with browser:
            yield browser


class _Server(ThreadingHTTPServer):
    """A server whose connections share `rate` bytes a second, each with `latency` seconds."""

    def __init__(self, handler: Any, rate: float, latency: float) -> None:
        super().__init__(("127.0.0.1", 0), handler)
        self.rate, self.latency, self.line = rate, latency, threading.Lock()

    def send(self, stream: Any, body: bytes) -> None:
        """In pieces, by turns with other answers."""
        sleep(self.latency)
        for at in range(0, len(body), PIECE):
            piece = body[at : at + PIECE]
            with self.line:
                sleep(len(piece) / self.rate)
            stream.write(piece)


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = CONTENT_TYPES
    protocol_version = "HTTP/1.1"
    server: _Server

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path /= "index.html"
        if not path.is_file():
            self.send_error(HTTPStatus.NOT_FOUND)
            return
        body, headers = (
            path.read_bytes(),
            {"Content-Type": CONTENT_TYPES.get(path.suffix, "application/octet-stream")},
        )
        if path.suffix in COMPRESSED:
            body, headers = gzip.compress(body, 6), {**headers, "Content-Encoding": "gzip"}
        self.send_response(HTTPStatus.OK)
        for name, value in {**headers, **ISOLATED, "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        with suppress(ConnectionError):  # a page that is closed does not wait for the rest
            self.server.send(self.wfile, body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name that it overrides)
        """Say nothing."""


@contextmanager
def served(
    folders: Mapping[str, Path], rate: float = math.inf, latency: float = 0.0
) -> Iterator[str]:
    """Serve each folder under its name, at `rate` bytes a second. Yield the address."""
    with tempfile.TemporaryDirectory(prefix="zlide-bench-") as root:
        for name, folder in folders.items():
            Path(root, name).symlink_to(folder.resolve())
        with _Server(partial(_Handler, directory=root), rate, latency) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}/"
            server.shutdown()
