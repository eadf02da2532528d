"""ONNX → ONNX: pictures with channels last throughout, as TensorFlow.js computes on them.

PyTorch and ONNX put channels first (B, C, H, W). Each op on pictures becomes one of the domain
`zlide`, with channels last (B, H, W, C), between two transposes. The rules then move transposes
towards the inputs, through elementwise ops, until two meet and cancel. Where a vector becomes a
picture or a picture a vector, the transpose becomes a permutation of the columns or rows of the
adjacent matrix product. Each rule is exact and local; they run until none applies.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, helper

from zlide.graph.rewriting import BINARY, OWN, UNARY, Graph, Rule, again, attribute, set_attribute

LAST, FIRST = [0, 2, 3, 1], [0, 3, 1, 2]
"""Permutations: to channels last, and back."""


def _picture(graph: Graph, node: NodeProto) -> bool:
    """op(x) → transpose(zlide.op(transpose(x)))."""
    if node.domain or node.op_type not in {
        "Conv",
        "DepthToSpace",
        "MaxPool",
        "AveragePool",
        "Resize",
    }:
        return False
    before, after = graph.shapes.get(node.input[0]), graph.shapes.get(node.output[0])
    if not before or not after or len(before) != 4:
        return False
    transposed = helper.make_node("Transpose", [node.input[0]], [graph.name()], perm=LAST)
    inputs, channels = [transposed.output[0], *node.input[1:]], []
    if node.op_type == "Conv":
        if (weight := graph.constant(node.input[1])) is None:
            return False
        inputs[1] = graph.add_constant(
            np.ascontiguousarray(weight.transpose(2, 3, 1, 0))
        )  # (H, W, C/g, O)
    if node.op_type == "DepthToSpace" and attribute(node, "mode", b"DCR") == b"CRD":
        block, depth = attribute(node, "blocksize"), before[1]
        # The channels of one pixel side by side.
        order = np.arange(depth).reshape(-1, block, block).transpose(1, 2, 0).ravel()
        channels = [
            helper.make_node(
                "Gather", [inputs[0], graph.add_constant(order)], [graph.name()], axis=3
            )
        ]
        inputs[0] = channels[0].output[0]
    converted = helper.make_node(node.op_type, inputs, [graph.name()], domain=OWN, name=node.name)
    converted.attribute.extend(
        a
        for a in node.attribute
        if a.name != "auto_pad" and (a.name != "mode" or node.op_type == "Resize")
    )
    set_attribute(converted, shape=[after[i] or -1 for i in LAST])
    # PyTorch has padding="same" only for a stride of 1.
    if attribute(node, "auto_pad", b"NOTSET") == b"SAME_UPPER":
        totals = [
            d * (k - 1)
            for d, k in zip(
                attribute(node, "dilations", [1, 1]), attribute(node, "kernel_shape"), strict=True
            )
        ]
        set_attribute(converted, pads=[n // 2 for n in totals] + [n - n // 2 for n in totals])
    return graph.replace(
        node,
        transposed,
        *channels,
        converted,
        helper.make_node("Transpose", [converted.output[0]], [""], perm=FIRST),
    )


def _norm(graph: Graph, node: NodeProto) -> bool:
    """batch_norm(x) → x · f + t for each channel, where the exporter did not fold it."""
    if node.op_type != "BatchNormalization":
        return False
    values = [graph.constant(name) for name in node.input[1:]]
    rank = len(graph.shapes.get(node.input[0]) or [])
    if any(value is None for value in values) or rank < 2:
        return False
    scale, shift, mean, variance = (np.asarray(value, np.float64) for value in values)
    factor = scale / np.sqrt(variance + attribute(node, "epsilon", 1e-5))
    shape = [-1, *[1] * (rank - 2)]
    factor, term = (
        value.reshape(shape).astype(np.float32) for value in (factor, shift - mean * factor)
    )
    product = helper.make_node("Mul", [node.input[0], graph.add_constant(factor)], [graph.name()])
    return graph.replace(
        node, product, helper.make_node("Add", [product.output[0], graph.add_constant(term)], [""])
    )


def _transpose_of_picture(graph: Graph, node: NodeProto) -> bool:
    """transpose(op(x)) → op(transpose(x)), for ops that name their dimensions."""
    maker = graph.maker(node.input[0]) if node.op_type == "Transpose" else None
    perm = list(attribute(node, "perm")) if maker is not None else []
    if maker is None or maker.domain or len(perm) != 4:
        return False
    move = {"Slice": _moved_slice, "Pad": _moved_pad}.get(maker.op_type)
    if move is None or (moved := move(graph, maker, perm)) is None:
        return False
    transposed = helper.make_node("Transpose", [maker.input[0]], [graph.name()], perm=perm)
    moved.input[0] = transposed.output[0]
    return graph.replace(node, transposed, moved)


def _moved_slice(graph: Graph, maker: NodeProto, perm: list[int]) -> NodeProto | None:
    axes = graph.constant(maker.input[3]) if len(maker.input) > 3 else None
    if axes is None:
        return None
    moved = np.array([perm.index(int(axis) % 4) for axis in axes], np.int64)
    return again(graph, maker, [*maker.input[:3], graph.add_constant(moved), *maker.input[4:]])


def _moved_pad(graph: Graph, maker: NodeProto, perm: list[int]) -> NodeProto | None:
    if (pads := graph.constant(maker.input[1])) is None:
        return None
    moved = pads.reshape(2, 4)[:, perm].ravel()
    return again(graph, maker, [maker.input[0], graph.add_constant(moved), *maker.input[2:]])


def _mean_of_picture(graph: Graph, node: NodeProto) -> bool:
    """mean(x) over rows and columns → transpose(mean(transpose(x)))."""
    is_global = node.op_type == "GlobalAveragePool"
    if not is_global and (
        node.op_type != "ReduceMean"
        or sorted(attribute(node, "axes") or []) not in ([2, 3], [-2, -1])
    ):
        return False
    if len(graph.shapes.get(node.input[0]) or []) != 4:
        return False
    keep = 1 if is_global else attribute(node, "keepdims", 1)
    transposed = helper.make_node("Transpose", [node.input[0]], [graph.name()], perm=LAST)
    mean = helper.make_node(
        "ReduceMean", [transposed.output[0]], [graph.name()], axes=[1, 2], keepdims=keep
    )
    back = [helper.make_node("Transpose", [mean.output[0]], [""], perm=FIRST)] if keep else []
    return graph.replace(node, transposed, mean, *back)


def _transpose_of_reshape(graph: Graph, node: NodeProto) -> bool:
    """transpose(reshape(x)) of a vector to a picture → reshape(gather(x))."""
    maker = graph.maker(node.input[0]) if node.op_type == "Transpose" else None
    if maker is None or maker.op_type != "Reshape" or list(attribute(node, "perm")) != LAST:
        return False
    before, after = graph.shapes.get(maker.input[0]), graph.shapes.get(maker.output[0])
    if not before or not after or len(before) != 2 or None in after[1:] or before[1] is None:
        return False
    order = np.arange(before[1]).reshape(after[1:]).transpose(1, 2, 0).ravel()
    columns = helper.make_node(
        "Gather", [maker.input[0], graph.add_constant(order)], [graph.name()], axis=1
    )
    shape = graph.add_constant(np.array([-1, *(after[i] for i in LAST[1:])], np.int64))
    return graph.replace(
        node, columns, helper.make_node("Reshape", [columns.output[0], shape], [""])
    )


def _flat_picture(graph: Graph, node: NodeProto) -> bool:
    """reshape(x) of a picture to a vector → gather(reshape(transpose(x)))."""
    if node.op_type not in {"Reshape", "Flatten"} or not _has_channels_first(graph, node.input[0]):
        return False
    shape, after = graph.shapes.get(node.input[0]), graph.shapes.get(node.output[0])
    if (
        not shape
        or not after
        or None in shape[1:]
        or len(after) != 2
        or after[1] != np.prod(shape[1:])
    ):
        return False
    transposed = helper.make_node("Transpose", [node.input[0]], [graph.name()], perm=LAST)
    flat = helper.make_node(
        "Reshape",
        [transposed.output[0], graph.add_constant(np.array([-1, after[1]], np.int64))],
        [graph.name()],
    )
    order = np.arange(after[1]).reshape(shape[2], shape[3], shape[1]).transpose(2, 0, 1).ravel()
    return graph.replace(
        node,
        transposed,
        flat,
        helper.make_node("Gather", [flat.output[0], graph.add_constant(order)], [""], axis=1),
    )


def _has_channels_first(graph: Graph, name: str) -> bool:
    """Return whether `name` is a picture that was transposed to channels first, or made of one."""
    if (transpose := graph.transpose(name)) is not None:
        return transpose[1] == FIRST
    maker = graph.maker(name)
    within = (
        maker is not None
        and not maker.domain
        and maker.op_type in UNARY | BINARY | {"Slice", "Pad", "Concat"}
    )
    return (
        within
        and maker is not None
        and any(_has_channels_first(graph, source) for source in maker.input)
    )


def _permutation(graph: Graph, node: NodeProto | None) -> NDArray[Any] | None:
    """Return the indices if `node` is a Gather along its last axis, else None."""
    order = graph.constant(node.input[1]) if node is not None and node.op_type == "Gather" else None
    if node is None or order is None or order.ndim != 1:
        return None
    rank = len(graph.shapes.get(node.input[0]) or graph.shapes.get(node.output[0]) or [])
    return order if attribute(node, "axis", 0) == rank - 1 else None


def _places_in_product(graph: Graph, node: NodeProto) -> bool:
    """gather(x @ W + b) → x @ gather(W) + gather(b), and the same for convolutions.

    Also gather(f(x)) → f(gather(x)) for elementwise f.
    """
    if (order := _permutation(graph, node)) is None or (
        maker := graph.maker(node.input[0])
    ) is None:
        return False
    inputs = list(maker.input)
    if maker.op_type in UNARY:
        first = again(graph, node, [inputs[0], node.input[1]])
        return graph.replace(node, first, again(graph, maker, [first.output[0], *inputs[1:]]))
    if maker.op_type == "Gemm" or (
        maker.op_type == "Conv" and maker.domain == OWN and attribute(maker, "group", 1) == 1
    ):
        # Input of the product → axis of its outputs.
        axes = {1: 0 if attribute(maker, "transB", 0) else -1, 2: -1}
    elif maker.op_type == "MatMul":
        axes = {1: -1}
    elif maker.op_type in BINARY:
        return _places_in_sum(graph, node, maker)
    else:
        return False
    for i, axis in axes.items():
        if i >= len(inputs) or not inputs[i]:
            continue
        if (value := graph.constant(inputs[i])) is None:
            return False
        inputs[i] = graph.add_constant(
            np.ascontiguousarray(value.take(order, axis=axis if value.ndim > 1 else 0))
        )
    return graph.replace(node, again(graph, maker, inputs))


def _places_in_sum(graph: Graph, node: NodeProto, maker: NodeProto) -> bool:
    order, shape = graph.constant(node.input[1]), graph.shapes.get(maker.output[0])
    if order is None:
        return False
    first, inputs = [], []
    for name in maker.input:
        value = graph.constant(name)
        if value is not None:
            inputs.append(
                name
                if value.ndim == 0 or value.shape[-1] == 1
                else graph.add_constant(value.take(order, axis=-1))
            )
        elif shape and graph.shapes.get(name) == shape:
            first.append(again(graph, node, [name, node.input[1]]))
            inputs.append(first[-1].output[0])
        else:
            return False
    return graph.replace(node, *first, again(graph, maker, inputs))


def _product_of_places(graph: Graph, node: NodeProto) -> bool:
    """gather(x) @ W → x @ W′, whose rows are permuted, if the indices are a permutation."""
    if (
        node.op_type not in {"Gemm", "MatMul"}
        or (order := _permutation(graph, graph.maker(node.input[0]))) is None
    ):
        return False
    weight, source = graph.constant(node.input[1]), graph.maker(node.input[0])
    if (
        weight is None
        or source is None
        or sorted(order) != list(range(len(order)))
        or attribute(node, "transA", 0)
    ):
        return False
    rows = weight.take(np.argsort(order), axis=1 if attribute(node, "transB", 0) else 0)
    return graph.replace(
        node,
        again(
            graph,
            node,
            [source.input[0], graph.add_constant(np.ascontiguousarray(rows)), *node.input[2:]],
        ),
    )


def _earlier(graph: Graph, node: NodeProto) -> bool:
    """f(move(x)) → move(f(x)) for elementwise f, the same in each channel, if `move` only moves.

    TensorFlow then fuses f with the convolution that computes x.
    """
    value, sources = None, list(node.input)
    if node.op_type in BINARY:
        constants = [graph.constant(name) for name in node.input]
        if len(constants) != 2 or sum(c is None for c in constants) != 1:
            return False
        at = next(i for i, c in enumerate(constants) if c is None)
        value = constants[1 - at]
    elif node.op_type in UNARY and not node.domain:
        at = 0
    else:
        return False
    move = graph.maker(sources[at])
    if move is None or graph.readers(sources[at]) != 1 or not _moves_pixels(graph, move, node):
        return False
    if value is not None:
        if (value := _by_channel(graph, value, move)) is None:
            return False
        sources[1 - at] = graph.add_constant(value)
    sources[at] = move.input[0]
    first = again(graph, node, sources)
    return graph.replace(node, first, again(graph, move, [first.output[0], *move.input[1:]]))


def _moves_pixels(graph: Graph, move: NodeProto, reader: NodeProto) -> bool:
    """Return whether `move` uses each number of a picture, channels last, at most once."""
    if move.op_type == "DepthToSpace" and move.domain == OWN:
        return True
    shape = graph.shapes.get(move.output[0])
    if not shape or len(shape) != 4:
        return False
    if move.op_type == "Reshape":
        return reader.op_type in UNARY
    axes = (
        graph.constant(move.input[3]) if move.op_type == "Slice" and len(move.input) > 3 else None
    )
    return axes is not None and all(int(axis) in {1, 2} for axis in axes)


def _by_channel(graph: Graph, value: NDArray[Any], move: NodeProto) -> NDArray[Any] | None:
    """Return a constant (…, 1, 1, C) that follows `move` as it has to be before it, or None."""
    if value.size == 1:
        return value
    if value.ndim == 0 or value.size != value.shape[-1] or move.op_type == "Reshape":
        return None
    if move.op_type == "DepthToSpace":
        shape = graph.shapes.get(move.output[0])
        depth = shape[-1] if shape else None
        return (
            np.tile(value, attribute(move, "blocksize") ** 2) if value.shape[-1] == depth else None
        )
    return value


def _channels_in_product(graph: Graph, node: NodeProto) -> bool:
    """(x ∗ W + b) · f + t for each channel → x ∗ (W · f) + (b · f + t).

    This folds batch norm into convolutions and matrix products.
    """
    if node.op_type not in {"Add", "Mul"}:
        return False
    constants = [graph.constant(name) for name in node.input]
    producers = [
        graph.maker(name) for name, c in zip(node.input, constants, strict=True) if c is None
    ]
    value = next((c for c in constants if c is not None), None)
    if (
        value is None
        or len(producers) != 1
        or (maker := producers[0]) is None
        or graph.readers(maker.output[0]) != 1
    ):
        return False
    if not (maker.op_type == "Conv" and maker.domain == OWN) and maker.op_type != "Gemm":
        return False
    weight, bias = (graph.constant(name) for name in [*maker.input, ""][1:3])
    outputs = 0 if attribute(maker, "transB", 0) else -1
    if weight is None or (bias is None and len(maker.input) > 2):
        return False
    if value.size not in {1, weight.shape[outputs]} or value.size not in {1, *value.shape[-1:]}:
        return False
    flat = np.broadcast_to(value.ravel(), weight.shape[outputs])
    bias = np.zeros(flat.shape, np.float32) if bias is None else bias
    if node.op_type == "Add":
        bias = bias + flat
    else:
        weight, bias = weight * (flat if outputs else flat[:, None]), bias * flat
    return graph.replace(
        node,
        again(
            graph,
            maker,
            [maker.input[0], *(graph.add_constant(v.astype(np.float32)) for v in (weight, bias))],
        ),
    )


def _pad_in_convolution(graph: Graph, node: NodeProto) -> bool:
    """conv(pad(x)) with zeros → conv(x) with padding of its own."""
    if (
        node.op_type != "Conv"
        or node.domain != OWN
        or (pad := graph.maker(node.input[0])) is None
        or pad.op_type != "Pad"
    ):
        return False
    pads = graph.constant(pad.input[1])
    value = graph.constant(pad.input[2]) if len(pad.input) > 2 and pad.input[2] else np.zeros(())
    zeros = (
        attribute(pad, "mode", b"constant") == b"constant" and value is not None and not value.any()
    )
    if pads is None or not zeros or pads[[0, 3, 4, 7]].any() or (pads < 0).any():
        return False
    own = attribute(node, "pads") or [0, 0, 0, 0]
    both = [int(a + b) for a, b in zip(own, pads[[1, 2, 5, 6]], strict=True)]
    return graph.replace(
        node, set_attribute(again(graph, node, [pad.input[0], *node.input[1:]]), pads=both)
    )


def _nothing_moves(graph: Graph, node: NodeProto) -> bool:
    """pad(x) by nothing → x, and slice(x) of everything → x."""
    if node.op_type == "Pad":
        pads = graph.constant(node.input[1])
        return pads is not None and not pads.any() and graph.bypass(node, node.input[0])
    steps = graph.constant(node.input[4]) if len(node.input) > 4 else np.ones(1)
    if node.op_type != "Slice" or steps is None or (steps != 1).any():
        return False
    before, after = graph.shapes.get(node.input[0]), graph.shapes.get(node.output[0])
    same = (
        before and after and len(before) == 4 and None not in before[1:] and before[1:] == after[1:]
    )
    return bool(same) and graph.bypass(node, node.input[0])


def _slices_in_one(graph: Graph, node: NodeProto) -> bool:
    """slice(slice(x)) along other dimensions → one slice."""
    inner = graph.maker(node.input[0]) if node.op_type == "Slice" else None
    if (
        inner is None
        or inner.op_type != "Slice"
        or graph.readers(node.input[0]) != 1
        or len(node.input) < 5
        or len(inner.input) < 5
    ):
        return False
    pairs = [
        (graph.constant(a), graph.constant(b))
        for a, b in zip(list(inner.input)[1:], list(node.input)[1:], strict=True)
    ]
    if any(a is None or b is None for a, b in pairs):
        return False
    both = [np.concatenate([a, b]) for a, b in pairs if a is not None and b is not None]
    if len(set(both[2])) < len(both[2]):
        return False
    return graph.replace(node, again(graph, node, [inner.input[0], *map(graph.add_constant, both)]))


def _products_in_a_row(graph: Graph, node: NodeProto) -> bool:
    """(x @ A + a) @ B + b → x @ AB + (aB + b), if that is at most half as large.

    AB is not quantized: it is stored as float32.
    """
    if (
        node.op_type != "Gemm"
        or (inner := graph.maker(node.input[0])) is None
        or inner.op_type != "Gemm"
    ):
        return False
    plain = all(attribute(n, key, 1.0) == 1.0 for n in (node, inner) for key in ("alpha", "beta"))
    if (
        not plain
        or attribute(node, "transA", 0)
        or attribute(inner, "transA", 0)
        or graph.readers(inner.output[0]) != 1
    ):
        return False
    values = [graph.constant(name) for n in (inner, node) for name in list(n.input)[1:]]
    if any(value is None for value in values) or len(inner.input) < 3 or len(node.input) < 3:
        return False
    a, a_bias, b, b_bias = (np.asarray(value, np.float64) for value in values)
    a, b = a.T if attribute(inner, "transB", 0) else a, b.T if attribute(node, "transB", 0) else b
    if 2 * a.shape[0] * b.shape[1] > a.size + b.size:
        return False
    both = [graph.add_constant(value.astype(np.float32)) for value in (a @ b, a_bias @ b + b_bias)]
    return graph.replace(node, helper.make_node("Gemm", [inner.input[0], *both], [""]))


RULES: list[Rule] = [
    _norm,
    _nothing_moves,
    _picture,
    _transpose_of_picture,
    _mean_of_picture,
    _transpose_of_reshape,
    _flat_picture,
    _places_in_product,
    _product_of_places,
    _pad_in_convolution,
    _earlier,
    _channels_in_product,
    _slices_in_one,
    _products_in_a_row,
]
