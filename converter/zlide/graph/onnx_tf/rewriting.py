"""Rewrite an ONNX graph by rules: exact, local changes, tried at every node until none applies."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import count
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

Rule = Callable[["Graph", NodeProto], bool]
"""Rewrites the graph at a node if it applies, and returns whether it did."""

UNARY = frozenset(
    """
    Relu LeakyRelu Elu Celu Selu Sigmoid HardSigmoid Tanh Softplus Softsign Clip Neg Abs Sign
    Exp Log Sqrt Reciprocal Erf Sin Cos Floor Ceil Round
    """.split()
)
BINARY = frozenset("Add Sub Mul Div PRelu Pow Max Min".split())
"""Elementwise ops of two inputs. `UNARY` are those of one."""

OWN = "zlide"
"""Domain of ops that ONNX does not have.

Their attribute `shape` is the shape of the output, with -1 for the batch.
"""


def rewrite(model: onnx.ModelProto, rules: Sequence[Rule]) -> onnx.ModelProto:
    """Rewrite `model` until none of `rules` applies. Its inputs and outputs stay the same."""
    if OWN not in {opset.domain for opset in model.opset_import}:
        model.opset_import.append(helper.make_opsetid(OWN, 1))
    while True:
        model = _with_shapes(model)
        graph = Graph(model)
        if not sum(
            graph.holds(node) and any(rule(graph, node) for rule in rules) for node in graph.nodes()
        ):
            return model
        graph.prune()


def _with_shapes(model: onnx.ModelProto) -> onnx.ModelProto:
    """Infer the shapes of all values again, since a rewrite may have reused a name."""
    del model.graph.value_info[:]
    for node in model.graph.node:
        if node.domain == OWN and node.output[0] not in {o.name for o in model.graph.output}:
            shape = ["batch" if size == -1 else size for size in attribute(node, "shape")]
            model.graph.value_info.append(
                helper.make_tensor_value_info(node.output[0], TensorProto.FLOAT, shape)
            )
    return onnx.shape_inference.infer_shapes(model)


class Graph:
    """A thin view of an ONNX graph: producers, constants, replacing."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = model
        self.graph = model.graph
        self.numbers = count()
        self.outputs = {o.name for o in self.graph.output}
        values = [*self.graph.value_info, *self.graph.input, *self.graph.output]
        self.shapes: dict[str, list[Any]] = {
            v.name: [d.dim_value or None for d in v.type.tensor_type.shape.dim] for v in values
        }

    def nodes(self) -> list[NodeProto]:
        return list(self.graph.node)

    def holds(self, node: NodeProto) -> bool:
        """Return whether `node` is still in the graph."""
        return bool(self.maker(node.output[0]) == node)

    def maker(self, name: str) -> NodeProto | None:
        return next((n for n in self.graph.node if name in n.output), None)

    def readers(self, name: str) -> int:
        """Return how many nodes and outputs of the graph read `name`."""
        return sum(name in node.input for node in self.graph.node) + (name in self.outputs)

    def transpose(self, name: str) -> tuple[NodeProto, list[int]] | None:
        """Return the Transpose that computes `name` and its permutation, or None."""
        node = self.maker(name)
        return (
            (node, list(attribute(node, "perm")))
            if node is not None and node.op_type == "Transpose"
            else None
        )

    def constant(self, name: str) -> NDArray[Any] | None:
        for tensor in self.graph.initializer:
            if tensor.name == name:
                return np.asarray(numpy_helper.to_array(tensor))
        node = self.maker(name)
        if node is not None and node.op_type == "Constant":
            return np.asarray(numpy_helper.to_array(node.attribute[0].t))
        return None

    def add_constant(self, value: NDArray[Any]) -> str:
        """Return the name of a constant of this value, which is added if there is none."""
        for tensor in self.graph.initializer:
            if tuple(tensor.dims) == value.shape and np.array_equal(
                numpy_helper.to_array(tensor), value
            ):
                return str(tensor.name)
        name = self.name()
        self.graph.initializer.append(numpy_helper.from_array(value, name))
        return name

    def name(self) -> str:
        taken = {name for node in self.graph.node for name in node.output} | {
            t.name for t in self.graph.initializer
        }
        return next(name for i in self.numbers if (name := f"simplified_{i}") not in taken)

    def replace(self, old: NodeProto, *new: NodeProto) -> bool:
        """Replace `old` by `new` nodes, the last of which computes its output."""
        new[-1].output[0] = old.output[0]
        for node in new:
            node.name = node.name or old.name
        index = self.nodes().index(old)
        for offset, node in enumerate(new):
            self.graph.node.insert(index + offset, node)
        self.graph.node.remove(old)
        return True

    def bypass(self, node: NodeProto, source: str) -> bool:
        """Let all readers of `node` read `source`; an output of the graph becomes an Identity."""
        output = node.output[0]
        if output in self.outputs:
            return node.op_type != "Identity" and self.replace(
                node, helper.make_node("Identity", [source], [""])
            )
        self.graph.node.remove(node)
        for other in self.graph.node:
            for i, name in enumerate(other.input):
                if name == output:
                    other.input[i] = source
        return True

    def prune(self) -> None:
        """Remove unread nodes and constants."""
        while True:
            read = self.outputs | {name for node in self.graph.node for name in node.input}
            dead = [node for node in self.graph.node if read.isdisjoint(node.output)]
            if not dead:
                break
            for node in dead:
                self.graph.node.remove(node)
        for tensor in [tensor for tensor in self.graph.initializer if tensor.name not in read]:
            self.graph.initializer.remove(tensor)


def again(graph: Graph, node: NodeProto, inputs: Sequence[str]) -> NodeProto:
    """Return a copy of `node` with other inputs and a new output."""
    copy = NodeProto()
    copy.CopyFrom(node)
    copy.input[:] = inputs
    copy.output[0] = graph.name()
    return copy


def set_attribute(node: NodeProto, **values: Any) -> NodeProto:
    """Set attributes of `node`, and return it."""
    kept = [a for a in node.attribute if a.name not in values]
    del node.attribute[:]
    node.attribute.extend(
        [*kept, *(helper.make_attribute(name, value) for name, value in values.items())]
    )
    return node


def attribute(node: NodeProto, name: str, default: Any = None) -> Any:
    """Return the value of an attribute, or `default` if `node` does not have it."""
    return next((helper.get_attribute_value(a) for a in node.attribute if a.name == name), default)
