"""A browser, and a server that isolates the page: only then is its clock exact to 5 µs instead of 100."""

from __future__ import annotations

import gzip
import os
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from zlide.browser import find_browser
from zlide.serve import TYPES

FLAGS = ["--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"]

COMPRESSED = frozenset({".html", ".css", ".js", ".mjs", ".json", ".txt", ".wasm"})
"""What static hosts send compressed; weights, of any format, they do not know."""


@contextmanager
def chromium() -> Iterator[Browser]:
    """Headless, until the block is left."""
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(find_browser()), args=[*FLAGS, *(["--no-sandbox"] if root else [])])
        with browser:
            yield browser


class _Handler(SimpleHTTPRequestHandler):
    extensions_map = TYPES

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        if path.is_dir():
            path /= "index.html"
        if path.suffix not in COMPRESSED or not path.is_file():
            super().do_GET()
            return
        body = gzip.compress(path.read_bytes(), 6)
        self.send_response(HTTPStatus.OK)
        for name, value in {"Content-Type": TYPES[path.suffix], "Content-Encoding": "gzip", "Content-Length": str(len(body))}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def end_headers(self) -> None:
        self.send_header("Cross-Origin-Opener-Policy", "same-origin")
        self.send_header("Cross-Origin-Embedder-Policy", "require-corp")
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name that it overrides)
        """Say nothing."""


@contextmanager
def served(folders: Mapping[str, Path]) -> Iterator[str]:
    """The address below which a browser finds each folder under its name."""
    with tempfile.TemporaryDirectory(prefix="zlide-bench-") as root:
        for name, folder in folders.items():
            Path(root, name).symlink_to(folder.resolve())
        with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=root)) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield f"http://127.0.0.1:{server.server_port}/"
            server.shutdown()
