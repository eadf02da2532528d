"""Precompressed files: NAME.gz beside NAME, for static servers to send instead."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args

Compression = Literal["gzip", "none"]
"""The precompressed files of a site."""

COMPRESSIONS: tuple[Compression, ...] = get_args(Compression)

GZIP_SUFFIX = ".gz"

MAX_RATIO = 0.9
"""Largest size of a precompressed file, relative to the original; larger ones are not written."""


def write_gzip_copies(folder: Path) -> None:
    """Write NAME.gz beside each file below `folder` that compresses to `MAX_RATIO` or less.

    The bytes are reproducible, and the copy gets the times of the original.
    """
    paths = [path for path in folder.rglob("*") if path.is_file() and path.suffix != GZIP_SUFFIX]
    for path in paths:
        data = path.read_bytes()
        packed = gzip.compress(data, compresslevel=9, mtime=0)
        if len(packed) <= MAX_RATIO * len(data):
            gzip_path(path).write_bytes(packed)
            os.utime(gzip_path(path), ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))


def gzip_path(path: Path) -> Path:
    """Return the path of a file's precompressed copy."""
    return path.with_name(path.name + GZIP_SUFFIX)


def is_gzip_copy(path: Path) -> bool:
    """Return whether `path` is named as the precompressed copy of a file that exists."""
    return path.suffix == GZIP_SUFFIX and path.with_suffix("").is_file()


def with_gzip_copies(paths: Iterable[str]) -> frozenset[str]:
    """Return relative paths and those of their precompressed copies."""
    return frozenset(path + suffix for path in paths for suffix in ("", GZIP_SUFFIX))


def outdated_gzip_copies(folder: Path) -> list[str]:
    """Return one line for each precompressed copy below `folder` that differs from its original."""
    copies = sorted(path for path in folder.rglob(f"*{GZIP_SUFFIX}") if is_gzip_copy(path))
    names = [path.relative_to(folder).as_posix() for path in copies if not is_current_gzip(path)]
    return [f"{name} differs from {name.removesuffix(GZIP_SUFFIX)}" for name in names]


def is_current_gzip(path: Path) -> bool:
    """Return whether `path` exists and decompresses to the file beside it."""
    try:
        return gzip.decompress(path.read_bytes()) == path.with_suffix("").read_bytes()
    except (OSError, EOFError, zlib.error):
        return False
