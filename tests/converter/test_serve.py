"""The static server, tested over real sockets, also with requests that no browser sends."""

import gzip
import http.client
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.refusal import refusal
from zlide.site.serve import SiteServer, accepts_gzip, serve


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    site = tmp_path / "site"
    (site / "models" / "tiny").mkdir(parents=True)
    (site / "index.html").write_text("<!doctype html><title>σ</title>", "utf-8")
    (site / "models" / "index.html").write_text("models", "utf-8")
    (site / "models" / "tiny" / "a b.txt").write_text("déjà vu\n", "utf-8")
    (site / "shard.bin").write_bytes(bytes(range(256)) * 1000)
    (tmp_path / "secret.txt").write_text("outside", "utf-8")
    (site / "leak.txt").symlink_to(tmp_path / "secret.txt")
    (site / "up").symlink_to(tmp_path)
    (site / "inside.txt").symlink_to(site / "models" / "tiny" / "a b.txt")
    return site


@pytest.fixture
def server(folder: Path) -> Iterator[SiteServer]:
    with serve(folder, port=0) as server:
        yield server


def address(server: SiteServer) -> tuple[str, int]:
    return str(server.server_name), server.server_port


def ask(
    server: SiteServer, path: str, method: str = "GET", **headers: str
) -> tuple[http.client.HTTPResponse, bytes]:
    connection = http.client.HTTPConnection(*address(server), timeout=10)
    connection.request(method, path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response, body


def raw(server: SiteServer, request: bytes) -> bytes:
    with socket.create_connection(address(server), timeout=10) as connection:
        connection.sendall(request)
        answer = b""
        while more := connection.recv(65536):
            answer += more
    return answer


def test_sends_files_with_length_type_and_no_cache(server: SiteServer) -> None:
    response, body = ask(server, "/shard.bin")
    assert response.status == 200
    assert body == bytes(range(256)) * 1000
    assert response.headers["Content-Length"] == "256000"
    assert response.headers["Content-Type"] == "application/octet-stream"
    assert response.headers["Cache-Control"] == "no-cache"
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert response.headers["Server"] == "zlide"
    assert response.headers["Last-Modified"].endswith("GMT")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("main.js", "text/javascript; charset=utf-8"),
        ("worker.mjs", "text/javascript; charset=utf-8"),
        ("backend.wasm", "application/wasm"),
        ("manifest.json", "application/json"),
        ("model.safetensors", "application/octet-stream"),
        ("vocabulary.txt", "text/plain; charset=utf-8"),
        ("style.CSS", "text/css; charset=utf-8"),
        ("mark.svg", "image/svg+xml"),
        ("page.html", "text/html; charset=utf-8"),
        ("unknown.suffix", "application/octet-stream"),
    ],
)
def test_content_types_do_not_depend_on_the_machine(
    server: SiteServer, folder: Path, name: str, expected: str
) -> None:
    (folder / name).write_bytes(b"x")
    assert ask(server, f"/{name}")[0].headers["Content-Type"] == expected


def test_finds_the_root_and_encoded_names(server: SiteServer) -> None:
    assert "σ" in ask(server, "/")[1].decode()
    assert "σ" in ask(server, "/?z=1.5#x")[1].decode()
    assert ask(server, "/models/tiny/a%20b.txt")[1].decode() == "déjà vu\n"
    assert ask(server, "/inside.txt")[1].decode() == "déjà vu\n"


def test_redirects_folders_to_a_slash_and_never_lists_them(server: SiteServer) -> None:
    response, body = ask(server, "/models")
    assert (response.status, response.headers["Location"], body) == (301, "/models/", b"")
    assert ask(server, "/models/")[1] == b"models"
    assert ask(server, "/models/tiny/")[0].status == 404
    assert ask(server, "/models/tiny")[0].status == 404
    assert ask(server, "/shard.bin/")[0].status == 404


def test_answers_head_like_get_without_a_body(server: SiteServer) -> None:
    got, _ = ask(server, "/shard.bin")
    response, body = ask(server, "/shard.bin", "HEAD")
    assert body == b""
    assert response.headers["Content-Length"] == "256000"
    assert response.headers["ETag"] == got.headers["ETag"]
    assert raw(server, b"HEAD /none HTTP/1.1\r\nHost: x\r\n\r\n").endswith(b"\r\n\r\n")


def test_does_not_send_unchanged_files_again(server: SiteServer, folder: Path) -> None:
    etag = ask(server, "/shard.bin")[0].headers["ETag"]
    response, body = ask(server, "/shard.bin", **{"If-None-Match": etag})
    assert (response.status, body) == (304, b"")
    (folder / "shard.bin").write_bytes(b"new")
    assert ask(server, "/shard.bin", **{"If-None-Match": etag})[1] == b"new"


SCRIPT = b"let sliders = 0\n" * 500
GZIP = {"Accept-Encoding": "deflate, gzip"}


@pytest.fixture
def packed(folder: Path) -> Path:
    """Write main.js, and main.js.gz beside it."""
    (folder / "main.js").write_bytes(SCRIPT)
    path = folder / "main.js.gz"
    path.write_bytes(gzip.compress(SCRIPT))
    return path


@pytest.mark.usefixtures("packed")
def test_serves_gzip_with_the_original_content_type(
    server: SiteServer,
) -> None:
    response, body = ask(server, "/main.js?sha256=0", **GZIP)
    assert (response.status, gzip.decompress(body)) == (200, SCRIPT)
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert response.headers["Vary"] == "Accept-Encoding"
    assert int(response.headers["Content-Length"]) == len(body) < len(SCRIPT)
    head, nothing = ask(server, "/main.js", "HEAD", **GZIP)
    same = ("Content-Encoding", "Content-Type", "Content-Length", "ETag", "Vary")
    assert nothing == b""
    assert [head.headers[name] for name in same] == [response.headers[name] for name in same]
    for path in ("/shard.bin", "/main.js.gz"):  # without gzip copies
        assert ask(server, path, **GZIP)[0].headers["Content-Encoding"] is None


def test_serves_gzipped_webassembly_as_webassembly(server: SiteServer, folder: Path) -> None:
    (folder / "simd.wasm").write_bytes(bytes(1000))
    (folder / "simd.wasm.gz").write_bytes(gzip.compress(bytes(1000)))
    response, _ = ask(server, "/simd.wasm", **GZIP)
    assert (response.headers["Content-Encoding"], response.headers["Content-Type"]) == (
        "gzip",
        "application/wasm",
    )


@pytest.mark.usefixtures("packed")
@pytest.mark.parametrize("header", [None, "br", "gzip;q=0", "identity, gzip; q=0.0, *"])
def test_serves_the_original_to_clients_without_gzip(
    server: SiteServer, header: str | None
) -> None:
    response, body = ask(
        server, "/main.js", **({} if header is None else {"Accept-Encoding": header})
    )
    assert (response.headers["Content-Encoding"], body) == (None, SCRIPT)
    assert response.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        ("gzip", True),
        ("GZip", True),
        ("br;q=1, gzip;q=0.5", True),
        ("*", True),
        ("deflate,*;q=0.1", True),
        ("gzip ; q=1", True),
    ]
    + [
        (header, False)
        for header in (
            "",
            "br",
            "gzip;q=0",
            "gzip; Q=0.000",
            "*;q=0",
            "*, gzip;q=0",
            "gzip;q=often",
            "x-gzipped",
            "gzip;q=nan",
        )
    ],
)
def test_reads_accept_encoding(header: str, *, accepted: bool) -> None:
    assert accepts_gzip(header) is accepted


def test_serves_the_original_if_its_gzip_copy_is_older(
    server: SiteServer, folder: Path, packed: Path
) -> None:
    os.utime(packed, ns=((folder / "main.js").stat().st_mtime_ns,) * 2)
    assert ask(server, "/main.js", **GZIP)[0].headers["Content-Encoding"] == "gzip"
    os.utime(packed, ns=((folder / "main.js").stat().st_mtime_ns - 1,) * 2)
    response, body = ask(server, "/main.js", **GZIP)
    assert (response.headers["Content-Encoding"], body) == (None, SCRIPT)


def test_serves_no_gzip_copies_outside_the_site(
    server: SiteServer, folder: Path, packed: Path
) -> None:
    outside = folder.parent / "secret.gz"
    outside.write_bytes(gzip.compress(b"outside"))
    for elsewhere in (outside, folder / "none", folder / "models"):
        packed.unlink()
        packed.symlink_to(elsewhere)
        response, body = ask(server, "/main.js", **GZIP)
        assert (response.status, response.headers["Content-Encoding"], body) == (200, None, SCRIPT)
    packed.unlink()
    (folder / "models" / "packed").write_bytes(gzip.compress(SCRIPT))
    packed.symlink_to(folder / "models" / "packed")
    response, _ = ask(server, "/main.js", **GZIP)
    assert response.headers["Content-Encoding"] == "gzip"  # a link inside the site


@pytest.mark.usefixtures("packed")
def test_gzip_copies_have_their_own_etag(
    server: SiteServer,
) -> None:
    plain, small = (ask(server, "/main.js", **headers)[0].headers["ETag"] for headers in ({}, GZIP))
    assert plain != small
    unchanged, body = ask(server, "/main.js", **GZIP, **{"If-None-Match": small})
    assert (unchanged.status, body, unchanged.headers["Vary"], unchanged.headers["ETag"]) == (
        304,
        b"",
        "Accept-Encoding",
        small,
    )
    assert ask(server, "/main.js", **{"If-None-Match": plain})[0].status == 304
    assert gzip.decompress(ask(server, "/main.js", **GZIP, **{"If-None-Match": plain})[1]) == SCRIPT
    assert ask(server, "/main.js", **{"If-None-Match": small})[1] == SCRIPT
    response, whole = ask(server, "/main.js", **GZIP, Range="bytes=0-9")  # ranges are optional
    assert (response.status, gzip.decompress(whole)) == (200, SCRIPT)


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.txt",
        "/..%2fsecret.txt",
        "/%2e%2e/secret.txt",
        "/models/../../secret.txt",
        "/leak.txt",
        "/up/secret.txt",
        "/up/",
        "//secret.txt",
        "/%2fetc/passwd",
        "/..\\secret.txt",
        "/index.html%00.txt",
        "/%ff%fe",
        "/" + "a" * 5000,
        "/none",
    ],
)
def test_serves_nothing_outside_the_site(server: SiteServer, path: str) -> None:
    answer = raw(
        server, b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"outside" not in answer
    assert b"root:" not in answer


def test_keeps_connections_open(server: SiteServer) -> None:
    connection = http.client.HTTPConnection(*address(server), timeout=10)
    for path in ("/", "/shard.bin", "/models/"):
        connection.request("GET", path)
        sock = connection.sock
        assert connection.getresponse().read()
        assert connection.sock is sock
    connection.close()


def test_answers_routes(folder: Path) -> None:
    received: list[object] = []

    def receive(body: bytes) -> bytes:
        received.append(json.loads(body))
        return b"{}"

    with serve(
        folder, port=0, routes={"GET /job.json": lambda _: b'{"batch": 1}', "POST /result": receive}
    ) as server:
        response, body = ask(server, "/job.json")
        assert (json.loads(body), response.headers["Content-Type"]) == (
            {"batch": 1},
            "application/json",
        )
        connection = http.client.HTTPConnection(*address(server), timeout=10)
        connection.request("POST", "/result", body=json.dumps({"tokens": [[1, 2]] * 10_000}))
        assert connection.getresponse().read() == b"{}"
        connection.close()
        assert received == [{"tokens": [[1, 2]] * 10_000}]
        assert ask(server, "/", "GET")[0].status == 200
        assert raw(
            server, b"POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"
        ).startswith(b"HTTP/1.1 404")
        assert raw(server, b"POST /result HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 411")
        assert raw(
            server, b"POST /result HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"
        ).startswith(b"HTTP/1.1 413")
    assert len(received) == 1


def test_refuses_post_without_routes(server: SiteServer) -> None:
    assert ask(server, "/job.json")[0].status == 404
    assert raw(server, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").startswith(
        b"HTTP/1.1 404"
    )


def test_listens_on_loopback_until_the_block_ends(folder: Path) -> None:
    with serve(folder, port=0) as server:
        host, port = address(server)
        assert host == "127.0.0.1"
        assert server.url == f"http://127.0.0.1:{port}/"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_the_url_of_all_addresses_opens(folder: Path) -> None:
    with serve(folder, host="0.0.0.0", port=0) as server:  # noqa: S104
        assert server.url.startswith("http://127.0.0.1:")
        assert ask(server, "/")[0].status == 200


def start(folder: Path, host: str = "127.0.0.1", port: int = 0) -> None:
    with serve(folder, host, port):
        pass


def test_refuses_a_port_in_use(folder: Path) -> None:
    with serve(folder, port=0) as server:
        port = server.server_port
        error = refusal(start, folder, port=port)
    assert error.where == f"127.0.0.1:{port}"
    assert "in use" in error.problem
    assert "--port" in error.remedy


def test_refuses_a_port_out_of_range(folder: Path) -> None:
    error = refusal(start, folder, port=70_000)
    assert error.where == "127.0.0.1:70000"
    assert "0 to 65535" in error.problem
    assert "--port" in error.remedy


def test_refuses_an_address_of_another_machine(folder: Path) -> None:
    error = refusal(start, folder, host="192.0.2.1")
    assert error.where == "192.0.2.1:0"
    assert "cannot listen" in error.problem
    assert "--host" in error.remedy


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every port")
def test_refuses_a_port_without_permission(folder: Path) -> None:
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 80:
        pytest.skip("this machine lets everybody open port 80")
    error = refusal(start, folder, port=80)
    assert "permission" in error.problem
    assert "--port" in error.remedy


def test_refuses_folders_that_are_not_sites(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        error = refusal(start, folder)
        assert error.where == str(folder)
        assert "no index.html" in error.problem
        assert "zlide build" in error.remedy
