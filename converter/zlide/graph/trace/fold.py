"""ONNX → ONNX: constant folding of shape arithmetic in a graph of fixed sizes."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

_MAX_SIZE, _MAX_INDICES = 64, 2**20
"""Largest sizes of constants to compute with: shapes and bounds; indices, which are whole numbers.

Weights are not computed with here.
"""

_MAX_RESULT = 2**22
"""Most numbers that a folded op may make of small constants."""

_FOLDED = frozenset(
    """
    Add Sub Mul Div Mod Neg Abs Min Max Pow Sqrt Floor Ceil Round ReduceProd ReduceSum ReduceMax
    ReduceMin Equal Less LessOrEqual Greater GreaterOrEqual Not And Or Where
    Gather Slice Concat Squeeze Unsqueeze Reshape Transpose Expand Tile Cast Range
    ConstantOfShape Identity ScatterND NonZero
    """.split()
)
"""Ops of shape arithmetic."""

Values = dict[str, NDArray[Any]]


def _is_shape(values: NDArray[Any]) -> bool:
    return values.size <= (_MAX_INDICES if values.dtype.kind in "iub" else _MAX_SIZE)


def fold_shapes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy of `model` with constants for all nodes that depend only on shapes.

    All sizes in `model` must be fixed. Small constants count as shapes.
    """
    while True:
        model = onnx.shape_inference.infer_shapes(model)
        graph, opset = model.graph, model.opset_import[0].version
        shapes, values = shapes_of(graph), constants(graph)
        folded = {
            node.output[0]: value
            for node in graph.node
            if (value := _value(node, shapes, values, opset)) is not None
        }
        if not folded:
            return model
        for node in [n for n in graph.node if n.output[0] in folded]:
            graph.node.remove(node)
        graph.initializer.extend(
            numpy_helper.from_array(value, name) for name, value in folded.items()
        )


def constants(graph: onnx.GraphProto) -> Values:
    """Return every constant of a graph by name, in order."""
    initializers = {
        tensor.name: np.asarray(numpy_helper.to_array(tensor)) for tensor in graph.initializer
    }
    return initializers | {
        n.output[0]: np.asarray(numpy_helper.to_array(n.attribute[0].t))
        for n in graph.node
        if n.op_type == "Constant"
    }


def _value(
    node: NodeProto, shapes: dict[str, list[int]], values: Values, opset: int
) -> NDArray[Any] | None:
    """Return the output of a node if it is known before the graph runs, else None."""
    if node.op_type == "Shape" and node.input[0] in shapes:
        return np.array(shapes[node.input[0]][_bounds_of_shape(node)], np.int64)
    read = {name: values[name] for name in node.input if name in values and _is_shape(values[name])}
    if node.op_type not in _FOLDED or len(read) < len({name for name in node.input if name}):
        return None
    if result_size(node, list(read.values())) > _MAX_RESULT:
        return None
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
        for name, v in read.items()
    ]
    graph = helper.make_graph(
        [node], "node", inputs, [helper.make_empty_tensor_value_info(node.output[0])]
    )
    (result,) = ReferenceEvaluator(
        helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)])
    ).run(None, read)
    return np.asarray(result)


def _bounds_of_shape(node: NodeProto) -> slice:
    """Return the dimensions that a Shape asks for, since opset 15."""
    bounds = {each.name: each.i for each in node.attribute}
    return slice(bounds.get("start", 0), bounds.get("end"))


def result_size(node: NodeProto, read: list[NDArray[Any]]) -> int:
    """Return about how many numbers an op makes that makes many of few."""
    if node.op_type == "Range":
        start, limit, delta = (float(each) for each in read) if len(read) == 3 else (0.0, 0.0, 1.0)
        return int(abs(limit - start) / max(abs(delta), 1e-9))
    if node.op_type == "Tile":
        return int(read[0].size * np.prod(np.abs(read[-1].astype(np.float64))))
    if node.op_type in {"ConstantOfShape", "Expand"}:
        return int(np.prod(np.maximum(1.0, read[-1].astype(np.float64))))
    return 0


def shapes_of(graph: onnx.GraphProto) -> dict[str, list[int]]:
    """Return the shapes of all values whose sizes are known, by name."""
    kinds = {
        value.name: value.type.tensor_type
        for value in [*graph.value_info, *graph.input, *graph.output]
    }
    found = {
        name: [d.dim_value for d in kind.shape.dim]
        for name, kind in kinds.items()
        if kind.HasField("shape")
    }
    return {name: shape for name, shape in found.items() if all(shape)} | {
        name: list(value.shape) for name, value in constants(graph).items()
    }
