"""ONNX → ONNX: indexing, stacking and transposing that cancel out are removed.

Recurrent modules keep their state as (layers, batch, width) and the contract as (batch, …); between the two lie transposes,
stacks and lookups that move no numbers. Each rule below is exact and local; they run until none applies.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import count
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import NodeProto, helper, numpy_helper

_ELEMENTWISE = frozenset("Add Sub Mul Div Tanh Sigmoid Relu Neg Exp".split())


def simplify(model: onnx.ModelProto) -> onnx.ModelProto:
    """A simplified copy of `model`, with the same inputs and outputs."""
    while True:
        del model.graph.value_info[:]  # inferred anew, since names may have come to mean something else
        graph = _Graph(onnx.shape_inference.infer_shapes(model))
        if not sum(graph.holds(node) and any(rule(graph, node) for rule in _RULES) for node in graph.nodes()):
            return graph.model
        graph.prune()
        model = graph.model


class _Graph:
    """A thin view of an ONNX graph: who makes what, constants by name, and replacing."""

    def __init__(self, model: onnx.ModelProto) -> None:
        self.model = model
        self.graph = model.graph
        self.numbers = count()
        self.outputs = {o.name for o in self.graph.output}
        values = [*self.graph.value_info, *self.graph.input, *self.graph.output]
        self.shapes = {v.name: [d.dim_value or None for d in v.type.tensor_type.shape.dim] for v in values}

    def nodes(self) -> list[NodeProto]:
        return list(self.graph.node)

    def holds(self, node: NodeProto) -> bool:
        """Whether a rewrite has left `node` where it was."""
        return bool(self.maker(node.output[0]) == node)

    def maker(self, name: str) -> NodeProto | None:
        return next((n for n in self.graph.node if name in n.output), None)

    def constant(self, name: str) -> NDArray[Any] | None:
        for tensor in self.graph.initializer:
            if tensor.name == name:
                return np.asarray(numpy_helper.to_array(tensor))
        node = self.maker(name)
        if node is not None and node.op_type == "Constant":
            return np.asarray(numpy_helper.to_array(node.attribute[0].t))
        return None

    def add_constant(self, value: NDArray[Any]) -> str:
        name = self.name()
        self.graph.initializer.append(numpy_helper.from_array(value, name))
        return name

    def name(self) -> str:
        taken = {name for node in self.graph.node for name in node.output} | {t.name for t in self.graph.initializer}
        return next(name for i in self.numbers if (name := f"simplified_{i}") not in taken)

    def replace(self, old: NodeProto, *new: NodeProto) -> bool:
        """Put `new` nodes in the place of `old`; the last of them makes its output."""
        new[-1].output[0] = old.output[0]
        for node in new:
            node.name = node.name or old.name
        index = self.nodes().index(old)
        for offset, node in enumerate(new):
            self.graph.node.insert(index + offset, node)
        self.graph.node.remove(old)
        return True

    def bypass(self, node: NodeProto, source: str) -> bool:
        """Let everybody who reads `node` read `source` instead; a graph's output stays, as an Identity."""
        output = node.output[0]
        if output in self.outputs:
            return node.op_type != "Identity" and self.replace(node, helper.make_node("Identity", [source], [""]))
        self.graph.node.remove(node)
        for other in self.graph.node:
            for i, name in enumerate(other.input):
                if name == output:
                    other.input[i] = source
        return True

    def prune(self) -> None:
        """Remove nodes that nobody reads."""
        while True:
            read = self.outputs | {name for node in self.graph.node for name in node.input}
            dead = [node for node in self.graph.node if read.isdisjoint(node.output)]
            if not dead:
                return
            for node in dead:
                self.graph.node.remove(node)


def _attribute(node: NodeProto, name: str, default: Any = None) -> Any:
    return next((helper.get_attribute_value(a) for a in node.attribute if a.name == name), default)


def _axis_of_one(node: NodeProto | None, kind: str) -> int | None:
    axes = _attribute(node, "axes") if node is not None and node.op_type == kind else None
    return axes[0] if isinstance(axes, list) and len(axes) == 1 and axes[0] >= 0 else None


def _perm(graph: _Graph, name: str) -> tuple[NodeProto, list[int]] | None:
    node = graph.maker(name)
    return (node, list(_attribute(node, "perm"))) if node is not None and node.op_type == "Transpose" else None


def _identity(graph: _Graph, node: NodeProto) -> bool:
    """Identity(x) → x; Concat(x) → x; Transpose in order → x."""
    same = (
        node.op_type == "Identity"
        or (node.op_type == "Concat" and len(node.input) == 1)
        or (node.op_type == "Transpose" and list(_attribute(node, "perm")) == sorted(_attribute(node, "perm")))
    )
    return same and graph.bypass(node, node.input[0])


def _lookup(graph: _Graph, node: NodeProto) -> tuple[int, int] | None:
    """The axis and the index of a Gather of one constant index, or of the Squeeze that is the same as one of index 0."""
    if (squeezed := _axis_of_one(node, "Squeeze")) is not None:
        return squeezed, 0
    index = graph.constant(node.input[1]) if node.op_type == "Gather" else None
    if index is None or index.ndim != 0:
        return None
    axis: int = _attribute(node, "axis", 0)
    return (axis, int(index)) if axis >= 0 else None


def _lookup_in_stack(graph: _Graph, node: NodeProto) -> bool:
    """stack([x, y], axis)[i] → x or y, and unsqueeze(x, axis)[0] → x."""
    if (found := _lookup(graph, node)) is None:
        return False
    axis, index = found
    maker = graph.maker(node.input[0])
    if maker is not None and maker.op_type == "Concat" and _attribute(maker, "axis") == axis:
        parts = [graph.maker(name) for name in maker.input]
        if any(_axis_of_one(part, "Unsqueeze") != axis for part in parts):
            return False
        part = parts[index]
    else:
        part = maker
    if part is None or _axis_of_one(part, "Unsqueeze") != axis:
        return False
    return graph.bypass(node, part.input[0])


def _lookup_in_transpose(graph: _Graph, node: NodeProto) -> bool:
    """transpose(x)[i] → transpose(x[…, i, …])."""
    if (found := _lookup(graph, node)) is None or (transpose := _perm(graph, node.input[0])) is None:
        return False
    source, perm = transpose
    moved = NodeProto()
    moved.CopyFrom(node)
    moved.input[0] = source.input[0]
    moved.output[0] = graph.name()
    axis = perm.pop(found[0])
    del moved.attribute[:]
    moved.attribute.append(helper.make_attribute(*(("axes", [axis]) if node.op_type == "Squeeze" else ("axis", axis))))
    return graph.replace(node, moved, helper.make_node("Transpose", [moved.output[0]], [""], perm=[p - (p > axis) for p in perm]))


def _transpose_of_stack(graph: _Graph, node: NodeProto) -> bool:
    """transpose(concat(x, y)) → concat(transpose(x), transpose(y)); transpose(unsqueeze(x)) → unsqueeze(transpose(x))."""
    maker = graph.maker(node.input[0]) if node.op_type == "Transpose" else None
    if maker is None:
        return False
    perm = list(_attribute(node, "perm"))
    if maker.op_type == "Concat":
        parts = [helper.make_node("Transpose", [name], [graph.name()], perm=perm) for name in maker.input]
        axis = perm.index(int(_attribute(maker, "axis")))
        return graph.replace(node, *parts, helper.make_node("Concat", [p.output[0] for p in parts], [""], axis=axis))
    if (added := _axis_of_one(maker, "Unsqueeze")) is None:
        return False
    rest = [p - (p > added) for p in perm if p != added]
    inner = helper.make_node("Transpose", [maker.input[0]], [graph.name()], perm=rest)
    return graph.replace(node, inner, helper.make_node("Unsqueeze", [inner.output[0]], [""], axes=[perm.index(added)]))


def _transpose_of_elementwise(graph: _Graph, node: NodeProto) -> bool:
    """transpose(f(x)) → f(transpose(x)), and transpose(x + constant) → transpose(x) + transposed constant."""
    maker = graph.maker(node.input[0]) if node.op_type == "Transpose" else None
    if maker is None or maker.op_type not in _ELEMENTWISE:
        return False
    perm = list(_attribute(node, "perm"))
    moved, transposes = [], []
    for name in maker.input:
        if (value := graph.constant(name)) is None:
            transposes.append(helper.make_node("Transpose", [name], [graph.name()], perm=perm))
            moved.append(transposes[-1].output[0])
        elif value.ndim in {0, len(perm)}:
            moved.append(graph.add_constant(np.ascontiguousarray(value.transpose(perm)) if value.ndim else value))
        else:
            return False
    if len(transposes) != 1:
        return False
    again = NodeProto()
    again.CopyFrom(maker)
    again.input[:] = moved
    again.output[0] = graph.name()
    return graph.replace(node, *transposes, again)


def _transpose_twice(graph: _Graph, node: NodeProto) -> bool:
    """transpose(transpose(x)) → transpose(x)."""
    if node.op_type != "Transpose" or (inner := _perm(graph, node.input[0])) is None:
        return False
    perm = [inner[1][p] for p in _attribute(node, "perm")]
    return graph.replace(node, helper.make_node("Transpose", [inner[0].input[0]], [""], perm=perm))


def _transpose_of_ones(graph: _Graph, node: NodeProto) -> bool:
    """A transpose that moves only dimensions of size 1 moves no numbers: it is a reshape."""
    shape = graph.shapes.get(node.input[0]) if node.op_type == "Transpose" else None
    if not shape:
        return False
    perm = list(_attribute(node, "perm"))
    solid = [p for p in perm if shape[p] != 1]
    if solid != sorted(solid) or sum(shape[p] is None for p in perm) > 1:
        return False
    target = np.array([shape[p] or -1 for p in perm], np.int64)
    return graph.replace(node, helper.make_node("Reshape", [node.input[0], graph.add_constant(target)], [""]))


_RULES: list[Callable[[_Graph, NodeProto], bool]] = [
    _identity,
    _lookup_in_stack,
    _lookup_in_transpose,
    _transpose_of_stack,
    _transpose_of_elementwise,
    _transpose_twice,
    _transpose_of_ones,
]
