"""Our converter and the chain write graphs that decode the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.coverage.cases import CASES
from tests.onnx_tf.cases import ACCEPTED, MAX_DIFFERENCE, difference, is_accepted

RENEW = "run .venv-onnx-tf/bin/python -m tests.onnx_tf"


@pytest.mark.parametrize("name", ACCEPTED)
def test_both_converters_decode_the_same(name: str, tmp_path: Path) -> None:
    assert difference(CASES[name], tmp_path) <= MAX_DIFFERENCE


@pytest.mark.parametrize("name", [name for name in CASES if name not in ACCEPTED])
def test_the_list_of_accepted_decoders_is_complete(name: str, tmp_path: Path) -> None:
    assert not is_accepted(name, tmp_path), f"{name} is accepted now: {RENEW}"


def test_most_decoders_are_accepted() -> None:
    assert len(ACCEPTED) >= len(CASES) / 2
    assert {*ACCEPTED} <= {*CASES}
