"""Files as static servers send them by themselves where a browser takes gzip: NAME.gz, beside NAME."""

from __future__ import annotations

import gzip
import os
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, get_args

Compression = Literal["gzip", "none"]
"""What lies beside the files of a site."""

COMPRESSIONS: tuple[Compression, ...] = get_args(Compression)

END = ".gz"

LARGEST = 0.9
"""Share of a file's bytes that are left at most where a file lies compressed beside it."""


def write_compressed(folder: Path) -> None:
    """Write NAME.gz beside each file below `folder` that shrinks to `LARGEST`: the same bytes each time, and as old as the file."""
    for path in [path for path in folder.rglob("*") if path.is_file() and path.suffix != END]:
        data = path.read_bytes()
        packed = gzip.compress(data, compresslevel=9, mtime=0)
        if len(packed) <= LARGEST * len(data):
            beside(path).write_bytes(packed)
            os.utime(beside(path), ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))


def beside(path: Path) -> Path:
    """Where a file lies compressed."""
    return path.with_name(path.name + END)


def is_compressed(path: Path) -> bool:
    """Whether it is another file, compressed, which lies beside it."""
    return path.suffix == END and path.with_suffix("").is_file()


def with_compressed(names: Iterable[str]) -> frozenset[str]:
    """Names of files, and those that they have compressed."""
    return frozenset(name + end for name in names for end in ("", END))


def stale(folder: Path) -> list[str]:
    """Every file below `folder` that is not what lies beside it, compressed, one line each."""
    paths = sorted(
        path for path in folder.rglob(f"*{END}") if is_compressed(path) and not is_same(path)
    )
    names = [path.relative_to(folder).as_posix() for path in paths]
    return [f"{name} is not {name.removesuffix(END)}, compressed" for name in names]


def is_same(path: Path) -> bool:
    """Whether `path` is there, and is what lies beside it, compressed."""
    try:
        return gzip.decompress(path.read_bytes()) == path.with_suffix("").read_bytes()
    except (OSError, EOFError, zlib.error):
        return False
