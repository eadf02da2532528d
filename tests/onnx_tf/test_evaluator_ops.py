"""The evaluator computes from the files of a graph what TensorFlow computes, op by op."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from tests.browser.op_graphs import POOLS, Floats, Writer
from tests.onnx_tf.op_cases import TESTED
from tests.onnx_tf.tensorflow_ops import in_tensorflow
from zlide.graph import read_graph
from zlide.graph.shards import write_graph

RELATIVE, ABSOLUTE = 1e-5, 1e-6  # the latter times the largest number of a case


def differing(op: str, found: Floats, expected: list[Floats]) -> Iterator[str]:
    """Yield the cases in which the evaluator and TensorFlow compute different numbers."""
    ends = np.cumsum([numbers.size for numbers in expected])
    for case, numbers, here in zip(
        TESTED[op], expected, np.split(found[: ends[-1]], ends[:-1]), strict=True
    ):
        absolute = ABSOLUTE * max(1.0, np.abs(numbers).max(initial=0))
        equal = here.shape == numbers.shape and np.allclose(
            here, numbers, RELATIVE, absolute, equal_nan=True
        )
        if not equal:
            yield f"{op}({case}): expected {numbers[:6]}, found {here[:6]}"


@pytest.mark.parametrize("op", sorted(TESTED))
def test_computes_the_same_as_tensorflow(op: str, tmp_path: Path) -> None:
    program = Writer(op).program(TESTED[op])
    write_graph(
        {"modelTopology": {"node": program.nodes, "versions": {}}}, program.weights, tmp_path
    )
    graph = read_graph(tmp_path / "model.json", ["sliders", "residual"], ["z"])
    for pool, inputs in zip(POOLS, program.inputs, strict=True):
        (found,) = graph.run(np.zeros((1, 1), np.float32), pool[None])
        wrong = list(differing(op, found[0], in_tensorflow(op, TESTED[op], inputs)))
        assert not wrong, "\n".join(wrong)
