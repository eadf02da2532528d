"""The static server, asked over real sockets, also in ways that no browser would."""

import gzip
import http.client
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from zlide.errors import ZlideError
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
        ("unheard.of", "application/octet-stream"),
    ],
)
def test_types_are_its_own(server: SiteServer, folder: Path, name: str, expected: str) -> None:
    (folder / name).write_bytes(b"x")
    assert ask(server, f"/{name}")[0].headers["Content-Type"] == expected


def test_root_query_and_encoded_names(server: SiteServer) -> None:
    assert "σ" in ask(server, "/")[1].decode()
    assert "σ" in ask(server, "/?z=1.5#x")[1].decode()
    assert ask(server, "/models/tiny/a%20b.txt")[1].decode() == "déjà vu\n"
    assert ask(server, "/inside.txt")[1].decode() == "déjà vu\n"


def test_folders_redirect_to_their_slash_and_are_never_listed(server: SiteServer) -> None:
    response, body = ask(server, "/models")
    assert (response.status, response.headers["Location"], body) == (301, "/models/", b"")
    assert ask(server, "/models/")[1] == b"models"
    assert ask(server, "/models/tiny/")[0].status == 404
    assert ask(server, "/models/tiny")[0].status == 404
    assert ask(server, "/shard.bin/")[0].status == 404


def test_head_is_a_get_without_a_body(server: SiteServer) -> None:
    got, _ = ask(server, "/shard.bin")
    response, body = ask(server, "/shard.bin", "HEAD")
    assert body == b""
    assert response.headers["Content-Length"] == "256000"
    assert response.headers["ETag"] == got.headers["ETag"]
    assert raw(server, b"HEAD /none HTTP/1.1\r\nHost: x\r\n\r\n").endswith(b"\r\n\r\n")


def test_unchanged_files_are_not_sent_again(server: SiteServer, folder: Path) -> None:
    etag = ask(server, "/shard.bin")[0].headers["ETag"]
    response, body = ask(server, "/shard.bin", **{"If-None-Match": etag})
    assert (response.status, body) == (304, b"")
    (folder / "shard.bin").write_bytes(b"new")
    assert ask(server, "/shard.bin", **{"If-None-Match": etag})[1] == b"new"


SCRIPT = b"let sliders = 0\n" * 500
GZIP = {"Accept-Encoding": "deflate, gzip"}


@pytest.fixture
def packed(folder: Path) -> Path:
    """main.js.gz, beside main.js."""
    (folder / "main.js").write_bytes(SCRIPT)
    path = folder / "main.js.gz"
    path.write_bytes(gzip.compress(SCRIPT))
    return path


@pytest.mark.usefixtures("packed")
def test_who_takes_gzip_gets_what_lies_compressed_under_the_type_of_the_file(
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
    for path in ("/shard.bin", "/main.js.gz"):  # nothing lies beside them
        assert ask(server, path, **GZIP)[0].headers["Content-Encoding"] is None


def test_webassembly_stays_webassembly(server: SiteServer, folder: Path) -> None:
    (folder / "simd.wasm").write_bytes(bytes(1000))
    (folder / "simd.wasm.gz").write_bytes(gzip.compress(bytes(1000)))
    response, _ = ask(server, "/simd.wasm", **GZIP)
    assert (response.headers["Content-Encoding"], response.headers["Content-Type"]) == (
        "gzip",
        "application/wasm",
    )


@pytest.mark.usefixtures("packed")
@pytest.mark.parametrize("header", [None, "br", "gzip;q=0", "identity, gzip; q=0.0, *"])
def test_who_takes_no_gzip_gets_the_file(server: SiteServer, header: str | None) -> None:
    response, body = ask(
        server, "/main.js", **({} if header is None else {"Accept-Encoding": header})
    )
    assert (response.headers["Content-Encoding"], body) == (None, SCRIPT)
    assert response.headers["Vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    ("header", "taken"),
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
def test_what_takes_gzip(header: str, taken: bool) -> None:
    assert accepts_gzip(header) is taken


def test_a_file_that_is_newer_than_what_lies_compressed_beside_it_is_sent_itself(
    server: SiteServer, folder: Path, packed: Path
) -> None:
    os.utime(packed, ns=((folder / "main.js").stat().st_mtime_ns,) * 2)
    assert ask(server, "/main.js", **GZIP)[0].headers["Content-Encoding"] == "gzip"
    os.utime(packed, ns=((folder / "main.js").stat().st_mtime_ns - 1,) * 2)
    response, body = ask(server, "/main.js", **GZIP)
    assert (response.headers["Content-Encoding"], body) == (None, SCRIPT)


def test_nothing_compressed_outside_the_folder(
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
    assert (
        ask(server, "/main.js", **GZIP)[0].headers["Content-Encoding"] == "gzip"
    )  # inside, a link is as good as a file


@pytest.mark.usefixtures("packed")
def test_what_is_compressed_and_what_is_not_are_never_taken_for_each_other(
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
    response, whole = ask(
        server, "/main.js", **GZIP, Range="bytes=0-9"
    )  # which this server does not cut, and need not
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
def test_nothing_outside_the_folder(server: SiteServer, path: str) -> None:
    answer = raw(
        server, b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    )
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert b"outside" not in answer
    assert b"root:" not in answer


def test_one_connection_serves_many_requests(server: SiteServer) -> None:
    connection = http.client.HTTPConnection(*address(server), timeout=10)
    for path in ("/", "/shard.bin", "/models/"):
        connection.request("GET", path)
        sock = connection.sock
        assert connection.getresponse().read()
        assert connection.sock is sock
    connection.close()


def test_routes_answer_beside_the_files(folder: Path) -> None:
    heard: list[object] = []

    def hear(body: bytes) -> bytes:
        heard.append(json.loads(body))
        return b"{}"

    with serve(
        folder, port=0, routes={"GET /job.json": lambda _: b'{"batch": 1}', "POST /result": hear}
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
        assert heard == [{"tokens": [[1, 2]] * 10_000}]
        assert ask(server, "/", "GET")[0].status == 200
        assert raw(
            server, b"POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx"
        ).startswith(b"HTTP/1.1 404")
        assert raw(server, b"POST /result HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 411")
        assert raw(
            server, b"POST /result HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n"
        ).startswith(b"HTTP/1.1 413")
    assert len(heard) == 1


def test_without_routes_there_is_nothing_to_post_to(server: SiteServer) -> None:
    assert ask(server, "/job.json")[0].status == 404
    assert raw(server, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").startswith(
        b"HTTP/1.1 404"
    )


def test_is_reachable_on_loopback_alone_and_gone_afterwards(folder: Path) -> None:
    with serve(folder, port=0) as server:
        host, port = address(server)
        assert host == "127.0.0.1"
        assert server.url == f"http://127.0.0.1:{port}/"
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port), timeout=5)


def test_all_addresses_are_named_by_one_that_opens(folder: Path) -> None:
    with serve(folder, host="0.0.0.0", port=0) as server:  # noqa: S104
        assert server.url.startswith("http://127.0.0.1:")
        assert ask(server, "/")[0].status == 200


def test_a_port_in_use(folder: Path) -> None:
    with serve(folder, port=0) as server:
        port = server.server_port
        with pytest.raises(ZlideError) as error, serve(folder, port=port):
            pass
    assert str(error.value) == f"127.0.0.1:{port}: port is in use; choose another with --port"


def test_an_impossible_port_and_host(folder: Path) -> None:
    with (
        pytest.raises(ZlideError, match=r"^127\.0\.0\.1:70000: expected a port from 0 to 65535; "),
        serve(folder, port=70_000),
    ):
        pass
    with (
        pytest.raises(
            ZlideError, match=r"^192\.0\.2\.1:0: cannot listen there: .*; choose an address"
        ),
        serve(folder, host="192.0.2.1", port=0),
    ):
        pass


@pytest.mark.skipif(os.geteuid() == 0, reason="root may open every port")
def test_a_port_of_root(folder: Path) -> None:
    if int(Path("/proc/sys/net/ipv4/ip_unprivileged_port_start").read_text()) <= 80:
        pytest.skip("this machine lets everybody open port 80")
    with pytest.raises(ZlideError, match="not yours to open"), serve(folder, port=80):
        pass


def test_a_folder_that_is_no_site(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        with pytest.raises(ZlideError) as error, serve(folder, port=0):
            pass
        assert (
            str(error.value)
            == f"{folder}: expected a site, found no index.html; make one with `zlide build`"
        )
