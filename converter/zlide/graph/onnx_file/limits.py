"""Limits on the sizes of ONNX files, which are checked before anything of that size is made."""

from __future__ import annotations

from pathlib import Path

from zlide.errors import ZlideError

GIGABYTE = 2**30

MAX_BYTES = GIGABYTE
"""Largest file with its external data. A tab of a browser has 4 GB for weights and values."""

MAX_NUMBERS = 2**26
"""Most numbers in one value, for a row: a picture of 1024 × 1024 pixels with 64 channels."""


def refuse_large(path: Path, size: int) -> None:
    """Raise ZlideError for a file, or files together, above `MAX_BYTES`."""
    if size > MAX_BYTES:
        limit = f"{MAX_BYTES / GIGABYTE:.0f} GB"
        problem = f"expected weights of at most {limit}, found {size / GIGABYTE:.1f} GB"
        raise ZlideError(path, problem, "give the decoder alone, or a smaller one")
