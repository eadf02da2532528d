"""A static server for a site: correct types on every machine, nothing outside its folder, loopback unless told otherwise."""

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
from zlide.files import beside

Route = Callable[[bytes], bytes]
"""The body of the request → the JSON of the answer."""

LARGEST_BODY = 1 << 28  # bytes that a POST may carry

# Not taken from the machine's mime.types: some of them call a module text/plain, and browsers then refuse it.
TYPES = {
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

_OF_CACHES = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}


@contextmanager
def serve(
    folder: Path,
    host: str = "127.0.0.1",
    port: int = 8000,
    routes: Mapping[str, Route] | None = None,
) -> Iterator[SiteServer]:
    """Serve `folder` from a thread of its own until the block is left.

    port: 0 takes any free one; `server.url` says which.
    routes: what is answered beside the files, by method and path: ``{"GET /job.json": …, "POST /result": …}``.
    Raises ZlideError when `folder` has no index.html, and when the address cannot be had.
    """
    if not (folder / "index.html").is_file():
        raise ZlideError(
            folder, "expected a site, found no index.html", "make one with `zlide build`"
        )
    with _bound(folder.resolve(), host, port, routes or {}) as server:
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


def _bound(folder: Path, host: str, port: int, routes: Mapping[str, Route]) -> SiteServer:
    where = f"{host}:{port}"
    try:
        return SiteServer(folder, host, port, routes)
    except OverflowError as error:
        raise ZlideError(
            where, "expected a port from 0 to 65535", "choose another with --port"
        ) from error
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise ZlideError(where, "port is in use", "choose another with --port") from error
        if error.errno == errno.EACCES:
            raise ZlideError(
                where, "this port is not yours to open", "choose one above 1023 with --port"
            ) from error
        raise ZlideError(
            where,
            f"cannot listen there: {error.strerror or error}",
            "choose an address of this machine with --host",
        ) from error


class SiteServer(ThreadingHTTPServer):
    """A bound server; `url` is where a browser on this machine finds it."""

    daemon_threads = True
    allow_reuse_address = os.name != "nt"  # on Windows it would let two servers share a port

    def __init__(self, folder: Path, host: str, port: int, routes: Mapping[str, Route]) -> None:
        self.folder = folder
        self.routes = routes
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        super().__init__((host, port), _Handler)
        reachable = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 (named, not chosen)
        self.url = f"http://{f'[{reachable}]' if ':' in reachable else reachable}:{self.server_address[1]}/"

    def server_bind(self) -> None:
        """Bind without asking a name server for this machine's full name, which can take seconds."""
        socketserver.TCPServer.server_bind(self)
        self.server_name, self.server_port = (
            str(self.server_address[0]),
            int(self.server_address[1]),
        )

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a browser leave in the middle of an answer."""
        if not isinstance(sys.exception(), ConnectionError | TimeoutError):
            super().handle_error(request, client_address)


class _Handler(BaseHTTPRequestHandler):
    server: SiteServer
    protocol_version = "HTTP/1.1"
    timeout = 60  # seconds an idle connection is kept

    def do_GET(self) -> None:
        if not self._route(b""):
            self._file()

    def do_HEAD(self) -> None:
        self._file()

    def do_POST(self) -> None:
        length = self.headers.get("Content-Length", "")
        if not length.isdigit() or int(length) > LARGEST_BODY:
            self._refuse(
                HTTPStatus.LENGTH_REQUIRED
                if not length.isdigit()
                else HTTPStatus.REQUEST_ENTITY_TOO_LARGE
            )
            return
        if not self._route(self.rfile.read(int(length))):
            self._refuse(HTTPStatus.NOT_FOUND)

    def _asked(self) -> str:
        return self.path.partition("?")[0].partition("#")[0]

    def _route(self, body: bytes) -> bool:
        route = self.server.routes.get(f"{self.command} {self._asked()}")
        if route is None:
            return False
        answer = route(body)
        self._head(
            HTTPStatus.OK,
            {
                "Content-Type": "application/json",
                "Content-Length": str(len(answer)),
                "Cache-Control": "no-store",
            },
        )
        self.wfile.write(answer)
        return True

    def _file(self) -> None:
        asked = self._asked()
        path = self._inside(asked)
        if path is None:
            self._refuse(HTTPStatus.NOT_FOUND)
        elif path.is_dir():
            # Relative addresses in the page are relative to this one, so that the slash matters.
            self._head(
                HTTPStatus.MOVED_PERMANENTLY,
                {"Location": quote(f"/{unquote(asked).strip('/')}/"), "Content-Length": "0"},
            )
        else:
            self._send(path)

    def _inside(self, asked: str) -> Path | None:
        """The file for an address, or the folder that holds an index.html; None for what is missing or lies outside."""
        try:
            path = (self.server.folder / unquote(asked, errors="strict").lstrip("/")).resolve(
                strict=True
            )
        except (OSError, ValueError):  # missing; or a NUL, or no UTF-8
            return None
        if not path.is_relative_to(self.server.folder):
            return None
        if path.is_dir():
            index = path / "index.html"
            if not index.is_file():
                return None
            return index if asked.endswith("/") else path
        return path if path.is_file() and not asked.endswith("/") else None

    def _compressed(self, path: Path) -> Path | None:
        """What lies compressed beside a file, inside the folder and as new as the file; None where nothing does, or where it was not asked for."""
        if not accepts_gzip(",".join(self.headers.get_all("Accept-Encoding", []))):
            return None
        try:
            packed = beside(path).resolve(strict=True)
            new = packed.stat().st_mtime_ns >= path.stat().st_mtime_ns
        except OSError:
            return None
        return (
            packed
            if new
            and packed.is_relative_to(self.server.folder)
            and packed.is_file()
            and os.access(packed, os.R_OK)
            else None
        )

    def _send(self, path: Path) -> None:
        packed = self._compressed(path)
        try:
            file = (packed or path).open("rb")
        except OSError:
            self._refuse(HTTPStatus.NOT_FOUND)
            return
        with file:
            status = os.fstat(file.fileno())
            encoding = {"Content-Encoding": "gzip"} if packed else {}
            etag = f'"{status.st_mtime_ns:x}-{status.st_size:x}{"-gzip" if packed else ""}"'
            headers = {
                "ETag": etag,
                "Last-Modified": formatdate(status.st_mtime, usegmt=True),
                **_OF_CACHES,
            }
            if etag in self.headers.get("If-None-Match", ""):
                self._head(HTTPStatus.NOT_MODIFIED, headers)
                return
            type_ = TYPES.get(path.suffix.lower(), "application/octet-stream")
            self._head(
                HTTPStatus.OK,
                {
                    "Content-Type": type_,
                    "Content-Length": str(status.st_size),
                    **encoding,
                    **headers,
                },
            )
            if self.command == "GET":
                shutil.copyfileobj(file, self.wfile)

    def _refuse(self, status: HTTPStatus) -> None:
        self.close_connection = True  # what is left of the request is not read
        body = f"{status.phrase}\n".encode()
        self._head(
            status,
            {
                "Content-Type": TYPES[".txt"],
                "Content-Length": str(len(body)),
                "Connection": "close",
            },
        )
        if self.command != "HEAD":
            self.wfile.write(body)

    def _head(self, status: HTTPStatus, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {**headers, "X-Content-Type-Options": "nosniff"}.items():
            self.send_header(name, value)
        self.end_headers()

    def version_string(self) -> str:
        """What the header Server says."""
        return "zlide"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the name that it overrides)
        """Say nothing: only the command line prints."""


def accepts_gzip(header: str) -> bool:
    """Whether an Accept-Encoding takes gzip, by its name or else by `*`, with a weight above 0."""
    weights = {
        coding.strip(): _weight(rest)
        for coding, _, rest in (part.partition(";") for part in header.lower().split(","))
    }
    return weights.get("gzip", weights.get("*", 0.0)) > 0


def _weight(parameters: str) -> float:
    """1 where none is given, 0 for what is none."""
    name, _, number = parameters.partition("=")
    try:
        return float(number) if name.strip() == "q" else 1.0
    except ValueError:
        return 0.0
