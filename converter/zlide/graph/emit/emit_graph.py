"""Emit a whole ONNX graph."""

from __future__ import annotations

from dataclasses import dataclass

import onnx
from onnx import numpy_helper

from zlide.errors import ZlideError
from zlide.graph.emit.dtypes import dtype_of
from zlide.graph.emit.node import EMITTERS, Node, NotEmittedError
from zlide.graph.finite import without_infinities
from zlide.graph.ir import Shape, Value, const, made_for, placeholder
from zlide.graph.refusals import unsupported_remedy
from zlide.graph.source import source_of

_REPORT = "please report this with the module"


@dataclass(frozen=True)
class EmittedGraph:
    """Inputs and outputs by name, in ONNX's order."""

    inputs: dict[str, Value]
    outputs: dict[str, Value]


def emit_graph(model: onnx.ModelProto, where: str) -> EmittedGraph:
    """Emit a graph whose inputs have a dynamic batch in their first dimension.

    Raises ZlideError, with the layer and the line of the author's code, for an op that is not
    supported.
    """
    graph = model.graph
    values: dict[str, Value] = {}
    for tensor in graph.initializer:
        values[tensor.name] = const(without_infinities(numpy_helper.to_array(tensor)))
    inputs = {
        each.name: placeholder(each.name, _shape_of(each), dtype_of(each.type.tensor_type.elem_type))
        for each in graph.input
        if each.name not in values
    }
    values.update(inputs)
    for proto in graph.node:
        node = Node(proto, [values[name] if name else None for name in proto.input])
        results = _emit(node, where)
        values.update(zip(proto.output, results, strict=False))
    return EmittedGraph(inputs, {each.name: values[each.name] for each in graph.output})


def _shape_of(value: onnx.ValueInfoProto) -> Shape:
    dims = value.type.tensor_type.shape.dim
    return tuple(-1 if dim.dim_param else dim.dim_value for dim in dims)


def _emit(node: Node, where: str) -> list[Value]:
    source = source_of(node.proto, where)
    if node.op not in EMITTERS:
        raise ZlideError(source, f"cannot convert {node.op}", unsupported_remedy(node.op))
    try:
        with made_for(str(source)):
            found = EMITTERS[node.op](node)
    except NotEmittedError as error:
        raise ZlideError(source, f"cannot convert {error.problem}", error.remedy) from error
    except (ValueError, KeyError, TypeError, IndexError, ArithmeticError) as error:
        raise ZlideError(source, f"{node.op} could not be converted: {error}", _REPORT) from error
    return [found] if isinstance(found, Value) else list(found)
