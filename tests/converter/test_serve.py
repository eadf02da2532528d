"""The static server, asked over real sockets, also in ways that no browser would."""

import http.client
import json
import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from zlide.errors import ZlideError
from zlide.serve import SiteServer, serve


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


def ask(server: SiteServer, path: str, method: str = "GET", **headers: str) -> tuple[http.client.HTTPResponse, bytes]:
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
    answer = raw(server, b"GET " + path.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
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

    with serve(folder, port=0, routes={"GET /job.json": lambda _: b'{"batch": 1}', "POST /result": hear}) as server:
        response, body = ask(server, "/job.json")
        assert (json.loads(body), response.headers["Content-Type"]) == ({"batch": 1}, "application/json")
        connection = http.client.HTTPConnection(*address(server), timeout=10)
        connection.request("POST", "/result", body=json.dumps({"tokens": [[1, 2]] * 10_000}))
        assert connection.getresponse().read() == b"{}"
        connection.close()
        assert heard == [{"tokens": [[1, 2]] * 10_000}]
        assert ask(server, "/", "GET")[0].status == 200
        assert raw(server, b"POST /other HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n\r\nx").startswith(b"HTTP/1.1 404")
        assert raw(server, b"POST /result HTTP/1.1\r\nHost: x\r\n\r\n").startswith(b"HTTP/1.1 411")
        assert raw(server, b"POST /result HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n").startswith(b"HTTP/1.1 413")
    assert len(heard) == 1


def test_without_routes_there_is_nothing_to_post_to(server: SiteServer) -> None:
    assert ask(server, "/job.json")[0].status == 404
    assert raw(server, b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n").startswith(b"HTTP/1.1 404")


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
    with pytest.raises(ZlideError, match=r"^127\.0\.0\.1:70000: expected a port from 0 to 65535; "), serve(folder, port=70_000):
        pass
    with pytest.raises(ZlideError, match=r"^192\.0\.2\.1:0: cannot listen there: .*; choose an address"), serve(folder, host="192.0.2.1", port=0):
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
        assert str(error.value) == f"{folder}: expected a site, found no index.html; make one with `zlide build`"
