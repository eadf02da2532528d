"""A static server for a site, on the loopback address by default.

It sends the same content types on every machine, and no files outside of the site.
"""

from __future__ import annotations

import errno
import os
import shutil
import socket
import socketserver
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

from zlide.errors import ZlideError
from zlide.files import gzip_path

Route = Callable[[bytes], bytes]
"""The body of a request → the JSON of the response."""

MAX_BODY = 1 << 28
"""Largest body of a POST request, in bytes."""

CONTENT_TYPES = {
    ".bin": "application/octet-stream",
    ".css": "text/css; charset=utf-8",
    ".gz": "application/gzip",
    ".html": "text/html; charset=utf-8",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".map": "application/json",
    ".md": "text/markdown; charset=utf-8",
    ".mjs": "text/javascript; charset=utf-8",
    ".png": "image/png",
    ".safetensors": "application/octet-stream",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
    ".wasm": "application/wasm",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
"""Content types by suffix. The mime.types of some machines breaks modules: text/plain for .js."""

_CACHE_HEADERS = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}


@contextmanager
def serve(
    folder: Path,
    host: str = "127.0.0.1",
    port: int = 8000,
    routes: Mapping[str, Route] | None = None,
) -> Iterator[SiteServer]:
    """Serve `folder` from a thread until the block ends.

    port: 0 takes any free port, which `server.url` then contains.
    routes: responses by method and path: ``{"GET /job.json": …, "POST /result": …}``.
    Raises ZlideError if `folder` has no index.html, and if the address is not available.
    """
    if not (folder / "index.html").is_file():
        problem = "expected a site, found no index.html"
        raise ZlideError(folder, problem, "make one with `zlide build`")
    with _bind(folder.resolve(), host, port, routes or {}) as server:
        thread = threading.Thread(
            target=server.serve_forever,
            kwargs={"poll_interval": 0.05},
            name="zlide serve",
            daemon=True,
        )
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def _bind(folder: Path, host: str, port: int, routes: Mapping[str, Route]) -> SiteServer:
    where = f"{host}:{port}"
    try:
        return SiteServer(folder, host, port, routes)
    except OverflowError as error:
        problem = "expected a port from 0 to 65535"
        raise ZlideError(where, problem, "choose another with --port") from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ZlideError(where, "port is in use", "choose another with --port") from error
        if error.errno == errno.EACCES:
            problem = "no permission to use this port"
            raise ZlideError(where, problem, "choose one above 1023 with --port") from error
        problem = f"cannot listen on this address: {error.strerror or error}"
        raise ZlideError(where, problem, "choose an address of this machine with --host") from error


class SiteServer(ThreadingHTTPServer):
    """A bound server, which a browser on this machine reaches at `url`."""

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # on Windows it would let two servers share a port

    def __init__(self, folder: Path, host: str, port: int, routes: Mapping[str, Route]) -> None:
        self.folder = folder
        self.routes = routes
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)
        reachable = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (a key only)
        name = f"[{reachable}]" if ":" in reachable else reachable
        self.url = f"http://{name}:{self.server_address[1]}/"

    def server_bind(self) -> None:
        """Bind without looking up this machine's full name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = (
            str(self.server_address[0]),
            int(self.server_address[1]),
        )

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore browsers that close the connection during a response."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: SiteServer
    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds an idle connection is kept

    def do_GET(self) -> None:
        if not self._route(b""):
            self._send_path()

    def do_HEAD(self) -> None:
        self._send_path()

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit():
            self._refuse(HTTPStatus.LENGTH_REQUIRED)
        elif int(length) > MAX_BODY:
            self._refuse(HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
        elif not self._route(self.rfile.read(int(length))):
            self._refuse(HTTPStatus.NOT_FOUND)

    def _requested_path(self) -> str:
        return self.path.partition("?")[0].partition("#")[0]

    def _route(self, body: bytes) -> bool:
        """Answer the request by its route, and return whether there is one."""
        route = self.server.routes.get(f"{self.command} {self._requested_path()}")
        if route is None:
            return False
        answer = route(body)
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(answer)),
            "Cache-Control": "no-store",
        }
        self._send_head(HTTPStatus.OK, headers)
        self.wfile.write(answer)
        return True

    def _send_path(self) -> None:
        requested = self._requested_path()
        path = self._find(requested)
        if path is None:
            self._refuse(HTTPStatus.NOT_FOUND)
        elif path.is_dir():
            # Relative URLs in index.html need the slash.
            location = quote(f"/{unquote(requested).strip('/')}/")
            headers = {"Location": location, "Content-Length": "0"}
            self._send_head(HTTPStatus.MOVED_PERMANENTLY, headers)
        else:
            self._send_file(path)

    def _find(self, requested: str) -> Path | None:
        """Return the file at a URL path, a folder with an index.html, or None for anything else.

        Files outside of the site are not found.
        """
        try:
            relative = unquote(requested, errors="strict").lstrip("/")
            path = (self.server.folder / relative).resolve(strict=True)
        except (OSError, ValueError):  # missing, with a NUL, or not valid UTF-8
            return None
        if not path.is_relative_to(self.server.folder):
            return None
        if path.is_dir():
            index = path / "index.html"
            if not index.is_file():
                return None
            return index if requested.endswith("/") else path
        return path if path.is_file() and not requested.endswith("/") else None

    def _gzip_copy(self, path: Path) -> Path | None:
        """Return the precompressed copy of a file, None if it is missing, old or not accepted."""
        if not accepts_gzip(",".join(self.headers.get_all("Accept-Encoding", []))):
            return None
        try:
            packed = gzip_path(path).resolve(strict=True)
            is_current = packed.stat().st_mtime_ns >= path.stat().st_mtime_ns
        except OSError:
            return None
        is_in_site = packed.is_relative_to(self.server.folder) and packed.is_file()
        return packed if is_current and is_in_site and os.access(packed, os.R_OK) else None

    def _send_file(self, path: Path) -> None:
        packed = self._gzip_copy(path)
        try:
            file = (packed or path).open("rb")
        except OSError:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        with file:
            status = os.fstat(file.fileno())
            etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}{"-gzip" if packed else ""}"'
            headers = {
                "ETag": etag,
                "Last-Modified": formatdate(status.st_mtime, usegmt=True),
                **_CACHE_HEADERS,
            }
            if etag in self.headers.get("If-None-Match", ""):
                self._send_head(HTTPStatus.NOT_MODIFIED, headers)
                return
            content_type = CONTENT_TYPES.get(path.suffix.lower(), "application/octet-stream")
            headers |= {"Content-Type": content_type, "Content-Length": str(status.st_size)}
            if packed:
                headers["Content-Encoding"] = "gzip"
            self._send_head(HTTPStatus.OK, headers)
            if self.command == "GET":
                shutil.copyfileobj(file, self.wfile)

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True  # the rest of the request is not read
        body = f"{status.phrase}\n".encode()
        headers = {
            "Content-Type": CONTENT_TYPES[".txt"],
            "Content-Length": str(len(body)),
            "Connection": "close",
        }
        self._send_head(status, headers)
        if self.command != "HEAD":
            self.wfile.write(body)

    def _send_head(self, status: HTTPStatus, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "X-Content-Type-Options": "nosniff"}.items():
            self.send_header(name, value)
        self.end_headers()

    def version_string(self) -> str:
        """Return the value of the header Server."""
        return "zlide"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name in the base class)
        """Print nothing: only the command line prints."""


def accepts_gzip(header: str) -> bool:
    """Return whether an Accept-Encoding header accepts gzip, or else `*`, with a weight above 0."""
    weights = {
        coding.strip(): _weight(rest)
        for coding, _, rest in (part.partition(";") for part in header.lower().split(","))
    }
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weight(parameters: str) -> float:
    """Return the weight in the parameters of a coding: 1 by default, 0 if it is not a number."""
    name, _, number = parameters.partition("=")
    try:
        return float(number) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
