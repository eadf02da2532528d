"""PNG files of pictures are read by one reader, and other files are refused."""

from __future__ import annotations

import os
import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from tests.refusal import refusal
from zlide.files.png import read_png, write_png

GOLDEN = Path(__file__).parents[1] / "golden/image/pictures.png"

SHAPE = (48, 16, 3)


@pytest.mark.parametrize("channels", [1, 3])
def test_reads_the_pixels_that_it_wrote(channels: int, tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    shape = (5, 9, channels)
    pixels = rng.integers(0, 256, shape, dtype=np.uint8)
    write_png(tmp_path / "picture.png", pixels)
    assert np.array_equal(read_png(tmp_path / "picture.png", shape), pixels)


def test_refuses_pictures_of_another_size(tmp_path: Path) -> None:
    write_png(tmp_path / "picture.png", np.zeros((5, 9, 3), np.uint8))
    error = refusal(read_png, tmp_path / "picture.png", (9, 5, 3))
    assert error.where == str(tmp_path / "picture.png")
    assert "found (5, 9, 3)" in error.problem


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (None, "No such file or directory"),
        (b"", "damaged file"),
        (b"text", "damaged file"),
        (GOLDEN.read_bytes()[:60], "damaged file"),
    ],
    ids=["missing", "empty", "text", "truncated"],
)
def test_refuses_unreadable_files(content: bytes | None, found: str, tmp_path: Path) -> None:
    path = tmp_path / "pictures.png"
    if content is not None:
        path.write_bytes(content)
    error = refusal(read_png, path, SHAPE)
    assert error.where == str(path)
    assert "expected a PNG" in error.problem
    assert found in error.problem
    assert error.remedy


def test_starts_no_program_for_postscript(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pillow reads PostScript with Ghostscript. A script in its place records that it ran."""
    ghostscript = tmp_path / "gs"
    ghostscript.write_text(f"#!/bin/sh\ntouch {tmp_path}/started\necho 10.0\n")
    ghostscript.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    monkeypatch.setattr("PIL.EpsImagePlugin.gs_binary", None)
    path = tmp_path / "pictures.png"
    path.write_text(
        "%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 16 48\n%%EndComments\nshowpage\n%%EOF\n"
    )
    error = refusal(read_png, path, SHAPE)
    assert error.where == str(path)
    assert "expected a PNG" in error.problem
    assert not (tmp_path / "started").exists()


@pytest.mark.parametrize("kind", ["gif", "bmp", "tiff", "jpeg", "webp", "ppm"])
def test_refuses_other_formats(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "pictures.png"
    Image.new("RGB", (16, 48)).save(path, kind)
    error = refusal(read_png, path, SHAPE)
    assert "expected a PNG" in error.problem
    assert "damaged file" in error.problem


@pytest.mark.parametrize("factor", [1.5, 4])
def test_refuses_decompression_bombs(
    factor: float, tmp_path: Path, recwarn: pytest.WarningsRecorder
) -> None:
    assert Image.MAX_IMAGE_PIXELS
    height = int(Image.MAX_IMAGE_PIXELS * factor) // 4096
    header = struct.pack(">IIBBBBB", 4096, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(bytes(100))), (b"IEND", b"")]
    path = tmp_path / "pictures.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*pair) for pair in chunks))
    error = refusal(read_png, path, (height, 4096, 3))
    assert error.where == str(path)
    assert f"expected a picture ({height}, 4096, 3)" in error.problem
    assert "more pixels" in error.problem
    assert not recwarn.list


def test_refuses_text_chunks_that_decompress_to_too_much(tmp_path: Path) -> None:
    path, whole = tmp_path / "pictures.png", GOLDEN.read_bytes()
    text = chunk(b"zTXt", b"Comment\0\0" + zlib.compress(bytes(1 << 26)))
    path.write_bytes(whole[:33] + text + whole[33:])
    error = refusal(read_png, path, SHAPE)
    assert error.where == str(path)
    assert "expected a PNG" in error.problem


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG file."""
    checksum = zlib.crc32(name + data)
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", checksum)
