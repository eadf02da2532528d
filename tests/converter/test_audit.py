"""Ops, and uses of ops, that some backend cannot run are refused."""

from __future__ import annotations

import numpy as np
import pytest

from tests.refusal import refusal
from zlide.graph.audit import refuse_unportable
from zlide.graph.ir import BOOL, FLOAT, INT, Spec, Value, const, made_for, make, placeholder

WHOLE = placeholder("whole", (-1, 3), INT)
NUMBERS = placeholder("numbers", (-1, 3), FLOAT)
TRUTHS = placeholder("truths", (-1, 3), BOOL)
LAST, TURN = const(np.int32(1)), const(np.array([1, 0], np.int32))


@pytest.mark.parametrize(
    ("value", "found"),
    [
        (make("Max", WHOLE, LAST, keep_dims=True), "Max of whole numbers"),
        (make("Transpose", WHOLE, TURN), "Transpose of whole numbers"),
        (make("Transpose", TRUTHS, TURN), "Transpose of booleans"),
        (make("Cumsum", NUMBERS, LAST, reverse=True), "Cumsum from the end"),
        (Value("Bincount", (NUMBERS,), {}, (Spec((3,), FLOAT),)), "Bincount"),
    ],
)
def test_refuses_what_a_backend_cannot_run(value: Value, found: str) -> None:
    error = refusal(refuse_unportable, [value], "the step")
    assert error.where == "the step"
    assert error.problem.endswith(f"found {found}")


def test_names_the_line_that_an_op_comes_from() -> None:
    with made_for("decoder.head (mine.py, line 12)"):
        value = make("Max", WHOLE, LAST, keep_dims=True)
    assert refusal(refuse_unportable, [value], "decoder").where == "decoder.head (mine.py, line 12)"


def test_allows_all_other_uses() -> None:
    sums = make("Cumsum", make("Max", NUMBERS, LAST, keep_dims=True), LAST, reverse=False)
    refuse_unportable([sums, make("Transpose", NUMBERS, TURN)], "the step")
