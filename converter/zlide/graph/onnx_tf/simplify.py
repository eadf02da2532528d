"""ONNX → ONNX: remove indexing, stacking and transposing that cancel out.

Recurrent modules have states (layers, batch, width), and the contract has (batch, …). Between the
two stand transposes, stacks and lookups that move no numbers. Each rule below is exact and local;
they run until none applies.
"""

from __future__ import annotations

import numpy as np
import onnx
from onnx import NodeProto, helper

from zlide.graph import channels_last
from zlide.graph.rewriting import (
    BINARY,
    UNARY,
    Graph,
    Rule,
    again,
    attribute,
    rewrite,
    set_attribute,
)

_IMAGE_RANK = 4
"""Dimensions of a batch of pictures."""


def simplify(model: onnx.ModelProto) -> onnx.ModelProto:
    """Simplify `model` with its inputs and outputs kept; pictures get their channels last."""
    return rewrite(model, [*RULES, *channels_last.RULES])


def _axis_of_one(node: NodeProto | None, kind: str) -> int | None:
    axes = attribute(node, "axes") if node is not None and node.op_type == kind else None
    return axes[0] if isinstance(axes, list) and len(axes) == 1 and axes[0] >= 0 else None


def _identity(graph: Graph, node: NodeProto) -> bool:
    """Identity(x) → x; Concat(x) → x; Transpose in order → x."""
    same = (
        node.op_type == "Identity"
        or (node.op_type == "Concat" and len(node.input) == 1)
        or (
            node.op_type == "Transpose"
            and list(attribute(node, "perm")) == sorted(attribute(node, "perm"))
        )
    )
    return same and graph.bypass(node, node.input[0])


def _lookup(graph: Graph, node: NodeProto) -> tuple[int, int] | None:
    """Return axis and index of a Gather of one constant index, else None.

    A Squeeze counts as one of index 0.
    """
    if (squeezed := _axis_of_one(node, "Squeeze")) is not None:
        return squeezed, 0
    index = graph.constant(node.input[1]) if node.op_type == "Gather" else None
    if index is None or index.ndim != 0:
        return None
    axis: int = attribute(node, "axis", 0)
    return (axis, int(index)) if axis >= 0 else None


def _lookup_in_stack(graph: Graph, node: NodeProto) -> bool:
    """stack([x, y], axis)[i] → x or y, and unsqueeze(x, axis)[0] → x."""
    if (found := _lookup(graph, node)) is None:
        return False
    axis, index = found
    maker = graph.maker(node.input[0])
    if maker is not None and maker.op_type == "Concat" and attribute(maker, "axis") == axis:
        parts = [graph.maker(name) for name in maker.input]
        if any(_axis_of_one(part, "Unsqueeze") != axis for part in parts):
            return False
        part = parts[index]
    else:
        part = maker
    if part is None or _axis_of_one(part, "Unsqueeze") != axis:
        return False
    return graph.bypass(node, part.input[0])


def _lookup_in_transpose(graph: Graph, node: NodeProto) -> bool:
    """transpose(x)[i] → transpose(x[…, i, …])."""
    if (found := _lookup(graph, node)) is None or (
        transpose := graph.transpose(node.input[0])
    ) is None:
        return False
    source, perm = transpose
    axis = perm.pop(found[0])
    moved = again(graph, node, [source.input[0], *node.input[1:]])
    set_attribute(moved, **({"axes": [axis]} if node.op_type == "Squeeze" else {"axis": axis}))
    return graph.replace(
        node,
        moved,
        helper.make_node("Transpose", [moved.output[0]], [""], perm=[p - (p > axis) for p in perm]),
    )


def _transpose_of_stack(graph: Graph, node: NodeProto) -> bool:
    """transpose(concat(x, y)) → concat(transpose(x), transpose(y)).

    Also transpose(unsqueeze(x)) → unsqueeze(transpose(x)).
    """
    maker = graph.maker(node.input[0]) if node.op_type == "Transpose" else None
    if maker is None:
        return False
    perm = list(attribute(node, "perm"))
    if maker.op_type == "Concat":
        parts = [
            helper.make_node("Transpose", [name], [graph.name()], perm=perm) for name in maker.input
        ]
        axis = perm.index(int(attribute(maker, "axis")))
        return graph.replace(
            node, *parts, helper.make_node("Concat", [p.output[0] for p in parts], [""], axis=axis)
        )
    if (added := _axis_of_one(maker, "Unsqueeze")) is None:
        return False
    rest = [p - (p > added) for p in perm if p != added]
    inner = helper.make_node("Transpose", [maker.input[0]], [graph.name()], perm=rest)
    return graph.replace(
        node,
        inner,
        helper.make_node("Unsqueeze", [inner.output[0]], [""], axes=[perm.index(added)]),
    )


def _transpose_of_elementwise(graph: Graph, node: NodeProto) -> bool:
    """transpose(f(x, constant)) → f(transpose(x), transposed constant).

    Several inputs are transposed only in pictures, where the transposes cancel others.
    """
    maker = graph.maker(node.input[0]) if node.op_type == "Transpose" else None
    if maker is None or maker.domain or maker.op_type not in UNARY | BINARY:
        return False
    perm = list(attribute(node, "perm"))
    inputs, transposes = [], []
    for i, name in enumerate(maker.input):
        value = graph.constant(name)
        if value is None and name and len(graph.shapes.get(name) or perm) == len(perm):
            transposes.append(helper.make_node("Transpose", [name], [graph.name()], perm=perm))
            inputs.append(transposes[-1].output[0])
        elif not name or (
            value is not None and (value.ndim == 0 or (maker.op_type in UNARY and i > 0))
        ):
            inputs.append(name)
        elif value is not None and value.ndim <= len(perm):
            wide = value.reshape([1] * (len(perm) - value.ndim) + list(value.shape))
            inputs.append(graph.add_constant(np.ascontiguousarray(wide.transpose(perm))))
        else:
            return False
    if len(transposes) != 1 and (len(perm) != _IMAGE_RANK or not transposes):
        return False
    return graph.replace(node, *transposes, again(graph, maker, inputs))


def _transpose_twice(graph: Graph, node: NodeProto) -> bool:
    """transpose(transpose(x)) → transpose(x)."""
    if node.op_type != "Transpose" or (inner := graph.transpose(node.input[0])) is None:
        return False
    perm = [inner[1][p] for p in attribute(node, "perm")]
    return graph.replace(node, helper.make_node("Transpose", [inner[0].input[0]], [""], perm=perm))


def _transpose_of_ones(graph: Graph, node: NodeProto) -> bool:
    """transpose(x) → reshape(x), if it moves only dimensions of size 1."""
    shape = graph.shapes.get(node.input[0]) if node.op_type == "Transpose" else None
    if not shape:
        return False
    perm = list(attribute(node, "perm"))
    solid = [p for p in perm if shape[p] != 1]
    if solid != sorted(solid) or sum(shape[p] is None for p in perm) > 1:
        return False
    target = np.array([shape[p] or -1 for p in perm], np.int64)
    return graph.replace(
        node, helper.make_node("Reshape", [node.input[0], graph.add_constant(target)], [""])
    )


def _shaped_and_back(graph: Graph, node: NodeProto) -> bool:
    """reshape(unsqueeze(x)) → x, or reshape(x) if the shapes of x and the result differ."""
    maker = graph.maker(node.input[0]) if node.op_type in _SHAPING else None
    shape = graph.shapes.get(node.output[0])
    if (
        maker is None
        or maker.op_type not in _SHAPING
        or not shape
        or sum(size is None for size in shape) > 1
    ):
        return False
    source = graph.shapes.get(maker.input[0])
    if source == shape:
        return graph.bypass(node, maker.input[0])
    if source is None or (None in source and None not in shape):
        return False
    target = graph.add_constant(np.array([size or -1 for size in shape], np.int64))
    return graph.replace(node, helper.make_node("Reshape", [maker.input[0], target], [""]))


def _twin(graph: Graph, node: NodeProto) -> bool:
    """f(x), f(x) → one f(x), read twice."""
    same = (node.op_type, node.domain, list(node.input), list(node.attribute))
    for other in graph.nodes():
        if other == node:
            return False
        if (other.op_type, other.domain, list(other.input), list(other.attribute)) == same and len(
            node.output
        ) == 1:
            return graph.bypass(node, other.output[0])
    return False


_SHAPING = frozenset("Reshape Flatten Squeeze Unsqueeze".split())

RULES: list[Rule] = [
    _identity,
    _lookup_in_stack,
    _lookup_in_transpose,
    _transpose_of_stack,
    _transpose_of_elementwise,
    _transpose_twice,
    _transpose_of_ones,
    _shaped_and_back,
    _twin,
]
