"""The evaluator computes from the files of a graph what TensorFlow and PyTorch compute."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.browser.op_cases import CASES, Case, Data
from tests.browser.op_graphs import POOLS, Floats, Writer
from zlide.graph.audit import PORTABLE
from zlide.graph.evaluator.table import OPERATIONS
from zlide.graph.evaluator.written_graph import read_graph
from zlide.graph.shards import write_graph

GOLDEN = Path(__file__).parents[1] / "golden"

INPUTS = {"Placeholder", "Const"}  # ops without a computation
RELATIVE, ABSOLUTE = 1e-5, 1e-6  # the latter times the largest number of a case


def transposed_convolutions() -> Iterator[Case]:
    windows: list[dict[str, Any]] = [
        {"padding": "SAME"},
        {"padding": "VALID"},
        {"padding": "EXPLICIT", "explicit_paddings": [0, 0, 1, 1, 0, 2, 0, 0]},
    ]
    for stride in (1, 2, 3):
        for window in windows:
            attributes = {"strides": [1, stride, stride, 1], **window}
            size = [2, 8, 7, 3]
            before = window.get("explicit_paddings", [0] * 8)
            sizes = [
                -(-n // stride)
                if window["padding"] == "SAME"
                else (n + before[2 * i + 2] + before[2 * i + 3] - 3) // stride + 1
                for i, n in enumerate(size[1:3])
            ]
            yield Case((size, Data((3, 3, 3, 4)), Data((2, *sizes, 4))), attributes)


TESTED = {**CASES, "Conv2DBackpropInput": list(transposed_convolutions())}


def reversed_sums() -> list[Case]:
    """Return sums from the end, which the page's WebGPU gets wrong and exporting refuses."""
    return [
        Case((Data((2, 3, 4)), axis), {"exclusive": exclusive, "reverse": True})
        for axis in range(-3, 3)
        for exclusive in (False, True)
    ]


TESTED["Cumsum"] = [*TESTED["Cumsum"], *reversed_sums()]


def differing(op: str, found: Floats, expected: list[Floats]) -> Iterator[str]:
    """Yield the cases in which the evaluator and TensorFlow compute different numbers."""
    ends = np.cumsum([numbers.size for numbers in expected])
    for case, numbers, here in zip(
        TESTED[op], expected, np.split(found[: ends[-1]], ends[:-1]), strict=True
    ):
        absolute = ABSOLUTE * max(1.0, np.abs(numbers).max(initial=0))
        if here.shape != numbers.shape or not np.allclose(here, numbers, RELATIVE, absolute):
            yield f"{op}({case}): expected {numbers[:6]}, found {here[:6]}"


@pytest.mark.needs_conversion
@pytest.mark.parametrize("op", sorted(TESTED))
def test_computes_the_same_as_tensorflow(op: str, tmp_path: Path) -> None:
    program = Writer(op).program(TESTED[op])
    write_graph(
        {"modelTopology": {"node": program.nodes, "versions": {}}}, program.weights, tmp_path
    )
    graph = read_graph(tmp_path / "model.json", ["sliders", "residual"], ["z"])
    for pool, expected in zip(POOLS, program.expected, strict=True):
        (found,) = graph.run(np.zeros((1, 1), np.float32), pool[None])
        wrong = list(differing(op, found[0], expected))
        assert not wrong, "\n".join(wrong)


def test_computes_every_portable_op() -> None:
    assert OPERATIONS.keys() >= PORTABLE - INPUTS
    assert TESTED.keys() == OPERATIONS.keys()
