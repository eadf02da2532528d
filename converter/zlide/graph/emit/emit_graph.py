"""Emit a whole ONNX graph."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import onnx

from zlide.errors import ZlideError
from zlide.graph.emit.dtypes import dtype_of
from zlide.graph.emit.node import EMITTERS, Node, NotEmittedError
from zlide.graph.emit.pair import BatchError, Pair
from zlide.graph.emit.rows import first_input, with_rows
from zlide.graph.finite import without_infinities
from zlide.graph.ir import Shape, Value, const, made_for, placeholder
from zlide.graph.trace.fold import constants
from zlide.graph.trace.traces import Traces

_REPORT = "please report this with the module"

_SAME_ROWS = "treat every row of the batch alike, and keep the batch in one dimension"


@dataclass(frozen=True)
class EmittedGraph:
    """Inputs and outputs by name, in ONNX's order."""

    inputs: dict[str, Value]
    outputs: dict[str, Value]


def emit_graph(traces: Traces, where: str) -> EmittedGraph:
    """Emit two traces of a module as one graph with a dynamic batch.

    Raises ZlideError for an op that is not supported, and for a result that depends on the number
    of rows in another way. It names the layer and the line of the author's code.
    """
    one, other = traces.one.graph, traces.other.graph
    if [node.op_type for node in one.node] != [node.op_type for node in other.node]:
        raise ZlideError(
            where,
            "expected the same operations for every batch size, found others",
            "compute all rows at once, without a loop over them",
        )
    return _Emitter(traces, where).emitted()


class _Emitter:
    """Emits node after node. `values` and `pairs` are by ONNX's names."""

    def __init__(self, traces: Traces, where: str) -> None:
        self.graph, self.where, self.rows = traces.one.graph, where, traces.rows
        self.origin = traces.origin
        self.inputs = {
            each.name: placeholder(each.name, _shape_of(each, traces), _dtype_of(each))
            for each in self.graph.input
        }
        self.values: dict[str, Value] = dict(self.inputs)
        self.pairs: dict[str, Pair] = {}
        ours, theirs = (constants(model.graph) for model in (traces.one, traces.other))
        for (name, array), other in zip(ours.items(), theirs.values(), strict=True):
            self._add_constant(name, Pair(array, other, self.rows))

    def emitted(self) -> EmittedGraph:
        for proto in self.graph.node:
            if proto.op_type != "Constant":
                self._emit(proto)
        for output in self.graph.output:
            if output.name not in self.values:
                problem = "expected outputs for every batch size, found one that depends on it"
                raise ZlideError(self.where, problem, _SAME_ROWS)
        return EmittedGraph(
            self.inputs, {each.name: self.values[each.name] for each in self.graph.output}
        )

    def _add_constant(self, name: str, pair: Pair) -> None:
        self.pairs[name] = pair
        if pair.is_same:
            self.values[name] = const(without_infinities(pair.ours))
        elif (found := pair.row()) is not None:
            row, axis, count = found
            one = const(without_infinities(row))
            self.values[name] = with_rows(one, axis, count, first_input(self.inputs))

    def _emit(self, proto: onnx.NodeProto) -> None:
        source = self.origin.locate(proto)
        if proto.op_type not in EMITTERS:
            remedy = self.origin.remedy(proto.op_type)
            raise ZlideError(source, f"cannot convert {proto.op_type}", remedy)
        node = Node(
            proto,
            [self.values.get(name) for name in proto.input],
            [self.pairs.get(name) for name in proto.input],
            first_input(self.inputs),
        )
        try:
            with made_for(source):
                found = EMITTERS[node.op](node)
        except NotEmittedError as error:
            raise ZlideError(source, f"cannot convert {error.problem}", error.remedy) from error
        except BatchError as error:
            problem = f"expected a graph for every batch size, found a {node.op} that depends on it"
            raise ZlideError(source, problem, _SAME_ROWS) from error
        except (ValueError, KeyError, TypeError, IndexError, ArithmeticError) as error:
            problem = f"{node.op} could not be converted: {error}"
            raise ZlideError(source, problem, _REPORT) from error
        results = [found] if isinstance(found, Value) else list(found)
        self.values.update(zip(proto.output, results, strict=False))


def _shape_of(value: onnx.ValueInfoProto, traces: Traces) -> Shape:
    sizes = [dim.dim_value for dim in value.type.tensor_type.shape.dim]
    return (-(sizes[0] // traces.rows[0]), *sizes[1:])


def _dtype_of(value: onnx.ValueInfoProto) -> Any:
    return dtype_of(value.type.tensor_type.elem_type)
