"""What a graph may hold: ops that the wasm, WebGL and WebGPU backends of TensorFlow.js all have, and no control flow."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Any

import onnx

from zlide.errors import ZlideError

PORTABLE = frozenset((resources.files(__package__) / "portable.txt").read_text("utf-8").split())
"""TensorFlow's names. `tests/browser/test_ops.py` runs each op on every backend of the built page, and compares with TensorFlow."""

_MOST_NAMED = 5

_PICTURE = 4
"""Dimensions of a batch of pictures."""


def refuse_unportable(ops: Iterable[str], model: onnx.ModelProto, where: str) -> None:
    """Raise ZlideError for `ops` of which some backend lacks one; names the modules in `model` that most likely made it."""
    bad = sorted({*ops} - PORTABLE)
    if not bad:
        return
    makers = [n for n in model.graph.node if any(_alike(n.op_type, op) for op in bad)][:_MOST_NAMED]
    suspects = [named(n, where) for n in makers]
    turned = "Transpose" in bad and any(n.op_type in _MAKERS["Transpose"] for n in makers)
    pictures = any(
        len(value.type.tensor_type.shape.dim) == _PICTURE
        for value in [*model.graph.input, *model.graph.output]
    )
    held = ", ".join(bad)
    raise ZlideError(
        where,
        f"the graph holds {held}, which not every browser backend can run"
        + (f", from {', '.join(suspects)}" if suspects else ""),
        _TURNED[pictures]
        if turned
        else (_OF_PICTURES if pictures else _REMEDIES).get(bad[0], _REMEDY),
    )


def refuse_uneven(nodes: Iterable[Mapping[str, Any]], where: str) -> None:
    """Raise ZlideError for nodes of allowed ops that some backend computes wrongly, or not at all; `tests/browser/test_ops.py` runs all others."""
    bad = sorted(
        {
            f"{node['op']} {how}"
            for node in nodes
            for how in _uneven(node["op"], node.get("attr", {}))
        }
    )
    if bad:
        raise ZlideError(
            where,
            f"the graph holds {', '.join(bad)}, which not every browser backend can run",
            _REMEDY,
        )


def _uneven(op: str, attributes: Mapping[str, Any]) -> Iterator[str]:
    """How a node is used that the WebGPU backend of tfjs 4.22 has no shader for, or adds up wrongly."""
    if op in {"Sum", "Mean", "Max", "Min", "ArgMax"} and attributes.get("T", {}).get("type") in {
        "DT_INT32",
        "DT_INT64",
    }:
        yield "of whole numbers"
    if op == "Cumsum" and attributes.get("reverse", {}).get("b"):
        yield "from the end"


def refuse_onnx_ops(model: onnx.ModelProto, where: str) -> None:
    """Raise ZlideError for ONNX ops that can only become control flow or dynamic shapes, by the name of the module that holds them."""
    bad = [named(n, where) for n in model.graph.node if n.op_type in _NEVER]
    if bad:
        more = f" and {len(bad) - _MOST_NAMED} more" if len(bad) > _MOST_NAMED else ""
        remedy = "write it without control flow, writing into tensors, shapes that depend on the data, and recurrences other than GRU and LSTM"
        raise ZlideError(where, f"cannot convert {', '.join(bad[:_MOST_NAMED])}{more}", remedy)


def named(node: onnx.NodeProto, where: str) -> str:
    """What a node is called in an error: the module that made it, or the method itself, and its op."""
    path = ".".join(node.name.split("/")[2:-1])
    return f"{path or where} ({node.op_type})"


def _alike(onnx_op: str, tf_op: str) -> bool:
    return (
        onnx_op.lower() in tf_op.lower()
        or tf_op.lower().rstrip("v2") in onnx_op.lower()
        or onnx_op in _MAKERS.get(tf_op, ())
    )


_MAKERS = {
    "Transpose": ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "InstanceNormalization")
}
"""ONNX ops that onnx-tf turns into an op of another name."""

_REMEDY = "write that part with the usual layers and elementwise operations"

_TURNED = {
    False: "write it with nn.Conv1d or linear layers",
    True: "write it with nn.Conv2d, nn.ConvTranspose2d, nn.InstanceNorm2d or linear layers, as modules with weights of their own",
}
"""What to do where onnx-tf turns a convolution, a pool or a norm around, of words and of pictures."""

_REMEDIES = {
    "Einsum": "write it as a matmul",
    "Transpose": "keep states in the order in which the step reads them, the batch first",
}

_OF_PICTURES = _REMEDIES | {
    "Transpose": "keep pictures as (B, C, H, W) inside, and mix channels by nn.Conv2d or linear layers"
}

_NEVER = frozenset(
    """
    If Loop Scan GRU LSTM RNN
    NonZero Unique NonMaxSuppression Compress SequenceAt SequenceConstruct Range Shape ScatterND ScatterElements
    RandomNormal RandomNormalLike RandomUniform RandomUniformLike Multinomial
    """.split()
)
