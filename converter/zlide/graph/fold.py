"""ONNX → ONNX: what a graph of fixed sizes computes about shapes is computed here, once, instead of in the browser at every step."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

_MOST = 64
"""Numbers that a constant may hold to be computed with here: shapes and bounds, not weights."""

_FOLDED = frozenset(
    """
    Add Sub Mul Div Mod Neg Min Max ReduceProd Equal Less Greater Not And Or Where
    Gather Slice Concat Squeeze Unsqueeze Reshape Transpose Expand Tile Cast Range ConstantOfShape Identity
    """.split()
)
"""What shapes are computed with."""

Values = dict[str, NDArray[Any]]


def fold_shapes(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of `model`, all of whose sizes are fixed, in which every node that reads nothing but shapes and small constants is a constant."""
    while True:
        model = onnx.shape_inference.infer_shapes(model, data_prop=True)
        graph, opset = model.graph, model.opset_import[0].version
        shapes, values = _fixed_shapes(graph), constants(graph)
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
    """Every constant of a graph by name, in their order."""
    held = {tensor.name: np.asarray(numpy_helper.to_array(tensor)) for tensor in graph.initializer}
    return held | {
        n.output[0]: np.asarray(numpy_helper.to_array(n.attribute[0].t))
        for n in graph.node
        if n.op_type == "Constant"
    }


def _value(
    node: NodeProto, shapes: dict[str, list[int]], values: Values, opset: int
) -> NDArray[Any] | None:
    """What a node makes, when that is known before it runs."""
    if node.op_type == "Shape" and node.input[0] in shapes:
        return np.array(shapes[node.input[0]], np.int64)
    read = {
        name: values[name] for name in node.input if name in values and values[name].size <= _MOST
    }
    if node.op_type not in _FOLDED or len(read) < len({name for name in node.input if name}):
        return None
    inputs = [
        helper.make_tensor_value_info(name, helper.np_dtype_to_tensor_dtype(v.dtype), v.shape)
        for name, v in read.items()
    ]
    alone = helper.make_graph(
        [node], "alone", inputs, [helper.make_empty_tensor_value_info(node.output[0])]
    )
    (result,) = ReferenceEvaluator(
        helper.make_model(alone, opset_imports=[helper.make_opsetid("", opset)])
    ).run(None, read)
    return np.asarray(result)


def _fixed_shapes(graph: onnx.GraphProto) -> dict[str, list[int]]:
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
