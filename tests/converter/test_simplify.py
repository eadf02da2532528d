"""Every rewrite of an ONNX graph leaves what it computes, and takes away what moves no numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import onnx
import pytest
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from zlide.errors import ZlideError
from zlide.graph.batch import free_batch
from zlide.graph.fold import fold_shapes
from zlide.graph.simplify import simplify

Shapes = Mapping[str, Sequence[int | str]]
Constants = Mapping[str, NDArray[Any]]


def node(op: str, inputs: str, output: str, **attributes: Any) -> NodeProto:
    made: NodeProto = helper.make_node(
        op, inputs.split(), [output], name=f"/module/part/{output}", **attributes
    )
    return made


def model(
    nodes: Sequence[NodeProto], inputs: Shapes, outputs: Shapes, constants: Constants | None = None
) -> onnx.ModelProto:
    ends = [
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in end.items()
        ]
        for end in (inputs, outputs)
    ]
    graph = helper.make_graph(
        list(nodes),
        "test",
        *ends,
        [numpy_helper.from_array(value, name) for name, value in (constants or {}).items()],
    )
    return helper.make_model(graph, opset_imports=[helper.make_opsetid("", 12)])


def run(graph: onnx.ModelProto, **inputs: NDArray[Any]) -> list[NDArray[Any]]:
    return list(ReferenceEvaluator(graph).run(None, inputs))


def ops(graph: onnx.ModelProto) -> list[str]:
    return [n.op_type for n in graph.graph.node]


ZERO, ONE = np.array(0), np.array(1)
X, Y = np.random.default_rng(1).normal(size=(2, 5, 3)).astype(np.float32)
STACK = [
    node("Unsqueeze", "x", "a", axes=[0]),
    node("Unsqueeze", "y", "b", axes=[0]),
    node("Concat", "a b", "stack", axis=0),
]  # (2, B, 3)
FLAT: Shapes = {"out": ["B", 3]}

CASES: dict[str, tuple[list[NodeProto], Shapes, list[str]]] = {
    "a row of a stack is what was stacked": (
        [*STACK, node("Gather", "stack one", "row", axis=0), node("Relu", "row", "out")],
        FLAT,
        ["Relu"],
    ),
    "what was unsqueezed and squeezed": (
        [STACK[0], node("Squeeze", "a", "row", axes=[0]), node("Neg", "row", "out")],
        FLAT,
        ["Neg"],
    ),
    "there and back again": (
        [
            *STACK,
            node("Transpose", "stack", "turned", perm=[1, 0, 2]),
            node("Transpose", "turned", "back", perm=[1, 0, 2]),
            node("Gather", "back zero", "row", axis=0),
            node("Relu", "row", "out"),
        ],
        FLAT,
        ["Relu"],
    ),
    "a stack that is turned is stacked the other way": (
        [*STACK, node("Transpose", "stack", "out", perm=[1, 0, 2])],
        {"out": ["B", 2, 3]},
        ["Unsqueeze", "Unsqueeze", "Concat"],
    ),
    "a row of a turned stack": (
        [
            *STACK,
            node("Transpose", "stack", "turned", perm=[1, 0, 2]),
            node("Gather", "turned one", "row", axis=1),
            node("Tanh", "row", "out"),
        ],
        FLAT,
        ["Tanh"],
    ),
    "turning a dimension of one is a reshape": (
        [STACK[0], node("Relu", "a", "r"), node("Transpose", "r", "out", perm=[1, 0, 2])],
        {"out": ["B", 1, 3]},
        ["Unsqueeze", "Relu"],
    ),
    "a constant is turned when the graph is made": (
        [
            *STACK,
            node("Add", "stack weight", "sum"),
            node("Transpose", "sum", "turned", perm=[1, 0, 2]),
            node("Relu", "turned", "out"),
        ],
        {"out": ["B", 2, 3]},
        ["Unsqueeze", "Unsqueeze", "Concat", "Add", "Relu"],
    ),
    "a turn that moves numbers stays": (
        [node("Transpose", "x", "t", perm=[1, 0]), node("Relu", "t", "out")],
        {"out": [3, "B"]},
        ["Transpose", "Relu"],
    ),
    "an output that is an input's copy stays": (
        [node("Identity", "x", "i"), node("Identity", "i", "out")],
        FLAT,
        ["Identity"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rewrites_are_exact(name: str) -> None:
    nodes, outputs, left = CASES[name]
    constants = {
        "zero": ZERO,
        "one": ONE,
        "weight": np.arange(6, dtype=np.float32).reshape(2, 1, 3),
    }
    before = model(nodes, {"x": ["B", 3], "y": ["B", 3]}, outputs, constants)
    expected = run(before, x=X, y=Y)
    after = simplify(before)
    assert [np.array_equal(a, b) for a, b in zip(run(after, x=X, y=Y), expected, strict=True)] == [
        True
    ]
    assert [v.name for v in after.graph.output] == ["out"]
    assert sorted(ops(after)) == sorted(left)


def flattened(batch: int) -> onnx.ModelProto:
    """x (B, 2, 3) → (B, 6) + zeros of the batch, the shape computed as PyTorch does."""
    nodes = [
        node("Shape", "x", "shape"),
        node("Gather", "shape zero", "size", axis=0),
        node("Unsqueeze", "size", "sizes", axes=[0]),
        node("Concat", "sizes rest", "target", axis=0),
        node("Reshape", "x target", "flat"),
        node("Concat", "sizes six", "wide", axis=0),
        node(
            "ConstantOfShape",
            "wide",
            "zeros",
            value=numpy_helper.from_array(np.array([2.0], np.float32)),
        ),
        node("Concat", "flat zeros", "out", axis=1),
    ]
    return model(
        nodes,
        {"x": [batch, 2, 3]},
        {"out": [batch, 12]},
        {"zero": ZERO, "rest": np.array([-1]), "six": np.array([6])},
    )


def test_shapes_are_computed_when_the_graph_is_made() -> None:
    folded = fold_shapes(flattened(5))
    assert ops(folded) == ["Reshape", "Concat"]
    x = np.random.default_rng(2).normal(size=(5, 2, 3)).astype(np.float32)
    assert np.array_equal(run(folded, x=x)[0], run(flattened(5), x=x)[0])


def test_what_differs_between_two_traces_is_the_batch() -> None:
    free = free_batch(fold_shapes(flattened(5)), fold_shapes(flattened(7)), "test")
    for batch in (1, 4, 9):
        x = np.random.default_rng(batch).normal(size=(batch, 2, 3)).astype(np.float32)
        assert np.array_equal(run(free, x=x)[0], run(flattened(batch), x=x)[0])
    assert free.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert free.graph.output[0].type.tensor_type.shape.dim[0].dim_param == "batch"


def numbered(batch: int) -> onnx.ModelProto:
    rows = np.arange(batch, dtype=np.float32)[:, None]
    return model(
        [node("Add", "x rows", "out")], {"x": [batch, 3]}, {"out": [batch, 3]}, {"rows": rows}
    )


def test_rows_that_know_their_number_are_refused_by_name() -> None:
    with pytest.raises(
        ZlideError, match=r"^test: part \(Add\) depends on the number of rows in a batch; "
    ):
        free_batch(numbered(5), numbered(7), "test")


def test_another_graph_for_other_batches_is_refused() -> None:
    with pytest.raises(
        ZlideError, match=r"^test: its operations change with the number of rows in a batch; "
    ):
        free_batch(numbered(5), flattened(7), "test")
