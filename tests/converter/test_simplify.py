"""Rewrites of an ONNX graph keep its results, and remove nodes that move no numbers."""

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
    result: NodeProto = helper.make_node(
        op, inputs.split(), [output], name=f"/module/part/{output}", **attributes
    )
    return result


def model(
    nodes: Sequence[NodeProto], inputs: Shapes, outputs: Shapes, constants: Constants | None = None
) -> onnx.ModelProto:
    values = [
        [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)
            for name, shape in shapes.items()
        ]
        for shapes in (inputs, outputs)
    ]
    graph = helper.make_graph(
        list(nodes),
        "test",
        *values,
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
    "lookup in a stack": (
        [*STACK, node("Gather", "stack one", "row", axis=0), node("Relu", "row", "out")],
        FLAT,
        ["Relu"],
    ),
    "unsqueeze and squeeze": (
        [STACK[0], node("Squeeze", "a", "row", axes=[0]), node("Neg", "row", "out")],
        FLAT,
        ["Neg"],
    ),
    "transpose twice": (
        [
            *STACK,
            node("Transpose", "stack", "transposed", perm=[1, 0, 2]),
            node("Transpose", "transposed", "back", perm=[1, 0, 2]),
            node("Gather", "back zero", "row", axis=0),
            node("Relu", "row", "out"),
        ],
        FLAT,
        ["Relu"],
    ),
    "transpose of a stack": (
        [*STACK, node("Transpose", "stack", "out", perm=[1, 0, 2])],
        {"out": ["B", 2, 3]},
        ["Unsqueeze", "Unsqueeze", "Concat"],
    ),
    "lookup in a transposed stack": (
        [
            *STACK,
            node("Transpose", "stack", "transposed", perm=[1, 0, 2]),
            node("Gather", "transposed one", "row", axis=1),
            node("Tanh", "row", "out"),
        ],
        FLAT,
        ["Tanh"],
    ),
    "transpose of a dimension of size 1": (
        [STACK[0], node("Relu", "a", "r"), node("Transpose", "r", "out", perm=[1, 0, 2])],
        {"out": ["B", 1, 3]},
        ["Unsqueeze", "Relu"],
    ),
    "transpose of a sum with a constant": (
        [
            *STACK,
            node("Add", "stack weight", "sum"),
            node("Transpose", "sum", "transposed", perm=[1, 0, 2]),
            node("Relu", "transposed", "out"),
        ],
        {"out": ["B", 2, 3]},
        ["Unsqueeze", "Unsqueeze", "Concat", "Add", "Relu"],
    ),
    "transpose that moves numbers": (
        [node("Transpose", "x", "t", perm=[1, 0]), node("Relu", "t", "out")],
        {"out": [3, "B"]},
        ["Transpose", "Relu"],
    ),
    "output that copies an input": (
        [node("Identity", "x", "i"), node("Identity", "i", "out")],
        FLAT,
        ["Identity"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_rewrites_are_exact(name: str) -> None:
    nodes, outputs, remaining = CASES[name]
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
    assert sorted(ops(after)) == sorted(remaining)


def flattened(batch: int) -> onnx.ModelProto:
    """x (B, 2, 3) → (B, 6), joined with a constant (B, 6), with shapes computed as PyTorch does."""
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


def test_folds_shape_arithmetic() -> None:
    folded = fold_shapes(flattened(5))
    assert ops(folded) == ["Reshape", "Concat"]
    x = np.random.default_rng(2).normal(size=(5, 2, 3)).astype(np.float32)
    assert np.array_equal(run(folded, x=x)[0], run(flattened(5), x=x)[0])


def test_makes_the_batch_dynamic() -> None:
    dynamic = free_batch(fold_shapes(flattened(5)), fold_shapes(flattened(7)), "test")
    for batch in (1, 4, 9):
        x = np.random.default_rng(batch).normal(size=(batch, 2, 3)).astype(np.float32)
        assert np.array_equal(run(dynamic, x=x)[0], run(flattened(batch), x=x)[0])
    assert dynamic.graph.input[0].type.tensor_type.shape.dim[0].dim_param == "batch"
    assert dynamic.graph.output[0].type.tensor_type.shape.dim[0].dim_param == "batch"


def numbered(batch: int) -> onnx.ModelProto:
    rows = np.arange(batch, dtype=np.float32)[:, None]
    return model(
        [node("Add", "x rows", "out")], {"x": [batch, 3]}, {"out": [batch, 3]}, {"rows": rows}
    )


def test_names_the_node_that_depends_on_the_batch_size() -> None:
    with pytest.raises(ZlideError) as error:
        free_batch(numbered(5), numbered(7), "test")
    assert error.value.where == "test"
    assert "part (Add)" in error.value.problem
    assert "batch size" in error.value.problem
    assert "row" in error.value.remedy


def test_refuses_another_graph_for_another_batch_size() -> None:
    with pytest.raises(ZlideError) as error:
        free_batch(numbered(5), flattened(7), "test")
    assert error.value.where == "test"
    assert "batch size" in error.value.problem
    assert "loop" in error.value.remedy
