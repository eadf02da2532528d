"""Uses of portable ops that are refused, and products that are not fused."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest

from tests.refusal import refusal
from zlide.graph.audit import refuse_unsupported_uses
from zlide.graph.unfuse import unfuse


def node(op: str, **attributes: Any) -> dict[str, Any]:
    return {"name": "n", "op": op, "input": ["x", "axis"], "attr": attributes}


STRIDED = {"list": {"i": ["1", "2", "2", "2", "1"]}}


@pytest.mark.parametrize(
    ("bad", "use"),
    [
        (node("Max", T={"type": "DT_INT32"}), "Max of whole numbers"),
        (node("Sum", T={"type": "DT_INT64"}), "Sum of whole numbers"),
        (node("Cumsum", T={"type": "DT_FLOAT"}, reverse={"b": True}), "Cumsum from the end"),
        (node("Transpose", T={"type": "DT_INT32"}), "Transpose of whole numbers"),
        (node("Transpose", T={"type": "DT_BOOL"}), "Transpose of booleans"),
        (node("ReverseV2", T={"type": "DT_BOOL"}), "ReverseV2 of booleans"),
        (
            node("Conv3D", strides=STRIDED, padding={"s": "U0FNRQ=="}),
            "Conv3D with strides and padding SAME",
        ),
    ],
)
def test_refuses_uses_that_a_backend_cannot_run(bad: dict[str, Any], use: str) -> None:
    nodes = [node("Max", T={"type": "DT_FLOAT"}), bad]
    error = refusal(refuse_unsupported_uses, nodes, "the step")
    assert error.where == "the step"
    assert error.problem.startswith("expected ")
    assert error.problem.endswith(f", found {use}")


def test_allows_all_other_uses() -> None:
    refuse_unsupported_uses(
        [
            node("Sum", T={"type": "DT_FLOAT"}),
            node("AddV2", T={"type": "DT_INT32"}),
            node("ReverseV2", T={"type": "DT_INT32"}),
            node("Conv3D", strides=STRIDED, padding={"s": "VkFMSUQ="}),
            node("Cumsum", reverse={"b": False}),
        ],
        "the step",
    )


def product(factor: str, **turns: bool) -> dict[str, Any]:
    fused = {"list": {"s": [base64.b64encode(op).decode() for op in (b"BiasAdd", b"Relu")]}}
    attributes = {
        "T": {"type": "DT_FLOAT"},
        "fused_ops": fused,
        **{key: {"b": value} for key, value in turns.items()},
    }
    return {"name": "y", "op": "_FusedMatMul", "input": ["x", factor, "bias"], "attr": attributes}


WEIGHTS = {"weight": np.ones((5, 7), np.float32), "bias": np.arange(5, dtype=np.float32)}


@pytest.mark.parametrize(
    ("whole", "ops"),
    [
        (product("computed", transpose_a=False, transpose_b=True), ["MatMul", "AddV2", "Relu"]),
        (product("weight", transpose_a=True, transpose_b=True), ["MatMul", "AddV2", "Relu"]),
        (product("weight", transpose_a=False, transpose_b=True), ["_FusedMatMul"]),
        (product("computed", transpose_a=False, transpose_b=False), ["_FusedMatMul"]),
    ],
)
def test_unfuses_the_bias_of_a_product_that_transposes_at_each_run(
    whole: dict[str, Any], ops: list[str]
) -> None:
    parts = unfuse([whole], WEIGHTS)
    assert [part["op"] for part in parts] == ops
    assert parts[0]["attr"]["transpose_b"] == whole["attr"]["transpose_b"]
    assert parts[-1]["name"] == "y"
