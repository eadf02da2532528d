"""Limits on the sizes of ONNX files, which are checked before anything of that size is made."""

from __future__ import annotations

import math
from pathlib import Path

from onnx import ModelProto

from zlide.errors import ZlideError
from zlide.graph.trace.fold import shapes_of

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


def refuse_large_values(model: ModelProto, rows: int, name: str) -> None:
    """Raise ZlideError for a value above `MAX_NUMBERS` in a model with this number of rows.

    The shapes of the model are inferred. name: that of its file.
    """
    for value, shape in shapes_of(model.graph).items():
        if (count := math.prod(shape)) > rows * MAX_NUMBERS:
            raise too_many_numbers(f"{name}, value {value}", count // rows)


def too_many_numbers(where: str, found: int) -> ZlideError:
    """Return the error for a value with this number of numbers in a row."""
    problem = f"expected values of at most {MAX_NUMBERS:,} numbers a row, found {found:,}"
    return ZlideError(where, problem, "give a smaller decoder")
