"""The decoders of `tests/coverage` that both converters take, and how their outputs differ."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from tests.coverage.cases import CASES, Case
from tests.coverage.converting import convert_case, expected_output, fresh_latents
from zlide.converters import Converter
from zlide.errors import ZlideError
from zlide.parity import relative_difference

TABLE = Path(__file__).parent / "accepted.json"
ACCEPTED: list[str] = json.loads(TABLE.read_text("utf-8")) if TABLE.exists() else []
"""Names of the decoders that the chain converts; `python -m tests.onnx_tf` writes the list."""

MAX_DIFFERENCE = 1e-5
"""Largest difference of the two converters' outputs, relative to the largest value, at least 1."""

BATCH = 4


def is_accepted(name: str, folder: Path) -> bool:
    """Return whether the chain converts a decoder."""
    try:
        convert_case(CASES[name], folder, Converter.ONNX_TF)
    except ZlideError:
        return False
    return True


@torch.no_grad()
def difference(case: Case, folder: Path) -> float:
    """Convert a decoder by both converters, and return how much they differ."""
    z = fresh_latents(BATCH)
    ours, theirs = (
        expected_output(case, convert_case(case, folder / converter, converter).decoder, z)
        for converter in Converter
    )
    assert ours.shape == theirs.shape
    return relative_difference(ours, theirs)
