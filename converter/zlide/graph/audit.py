"""Refuse ops that are not portable, and control flow.

An op is portable if the wasm, WebGL and WebGPU backends of TensorFlow.js all run it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from importlib import resources
from typing import Any

import onnx

from zlide.errors import ZlideError

PORTABLE = frozenset(
    json.loads((resources.files(__package__) / "portable.json").read_text("utf-8"))
)
"""Portable ops, by TensorFlow's names.

`npm run portable` writes the list from what TensorFlow.js registers. The page's build leaves out
the rest of TensorFlow.js.
"""

_FLOAT_ONLY = frozenset({"Sum", "Mean", "Max", "Min", "Prod", "ArgMax", "ArgMin", "Transpose"})
"""Ops for which WebGPU has no shader for whole numbers."""

_SAME = {"s": "U0FNRQ=="}
"""The attribute SAME, in base64."""

_MAX_LISTED = 5

_IMAGE_RANK = 4
"""Dimensions of a batch of pictures."""


def refuse_unportable(ops: Iterable[str], model: onnx.ModelProto, where: str) -> None:
    """Raise ZlideError if some of `ops` are not portable.

    It names the modules in `model` that most likely made them.
    """
    bad = sorted({*ops} - PORTABLE)
    if not bad:
        return
    producers = [n for n in model.graph.node if any(_is_related(n.op_type, op) for op in bad)]
    producers = producers[:_MAX_LISTED]
    suspects = ", ".join(node_label(node, where) for node in producers)
    is_layout = "Transpose" in bad and any(n.op_type in _SOURCES["Transpose"] for n in producers)
    is_image = any(
        len(value.type.tensor_type.shape.dim) == _IMAGE_RANK
        for value in [*model.graph.input, *model.graph.output]
    )
    problem = f"expected ops that all browser backends run, found {', '.join(bad)}"
    if suspects:
        problem += f", from {suspects}"
    remedies = _IMAGE_REMEDIES if is_image else _REMEDIES
    remedy = _LAYOUT_REMEDIES[is_image] if is_layout else remedies.get(bad[0], _REMEDY)
    raise ZlideError(where, problem, remedy)


def refuse_unsupported_uses(nodes: Iterable[Mapping[str, Any]], where: str) -> None:
    """Raise ZlideError if a backend cannot run a node of a portable op, or computes it wrongly.

    `tests/browser/test_ops.py` runs all other uses of the portable ops.
    """
    bad = sorted(
        {
            f"{node['op']} {use}"
            for node in nodes
            for use in _unsupported_uses(node["op"], node.get("attr", {}))
        }
    )
    if bad:
        problem = f"expected uses of ops that all browser backends run, found {', '.join(bad)}"
        raise ZlideError(where, problem, _REMEDY)


def _unsupported_uses(op: str, attributes: Mapping[str, Any]) -> Iterator[str]:
    """Yield the uses that a backend of tfjs 4.22 cannot run, or computes wrongly.

    WebGPU has no shader for some ops of whole numbers, and sums from the end wrongly. WebAssembly
    reverses booleans outside its memory. Conv3D pads negatively if strides exceed the kernel.
    """
    kind = attributes.get("T", {}).get("type")
    if op in _FLOAT_ONLY and kind in {"DT_INT32", "DT_INT64"}:
        yield "of whole numbers"
    if op in {"Transpose", "ReverseV2"} and kind == "DT_BOOL":
        yield "of booleans"
    strides = attributes.get("strides", {}).get("list", {}).get("i", [])
    if op == "Conv3D" and attributes.get("padding") == _SAME and {*map(int, strides)} != {1}:
        yield "with strides and padding SAME"
    if op == "Cumsum" and attributes.get("reverse", {}).get("b"):
        yield "from the end"


def refuse_onnx_ops(model: onnx.ModelProto, where: str) -> None:
    """Raise ZlideError for ONNX ops that would become control flow or dynamic shapes.

    It names the modules that they come from.
    """
    bad = [node_label(n, where) for n in model.graph.node if n.op_type in _NEVER]
    if bad:
        more = f" and {len(bad) - _MAX_LISTED} more" if len(bad) > _MAX_LISTED else ""
        remedy = (
            "write it without control flow, writes into tensors, shapes that depend on the data, "
            "and recurrent layers other than GRU and LSTM"
        )
        raise ZlideError(where, f"cannot convert {', '.join(bad[:_MAX_LISTED])}{more}", remedy)


def node_label(node: onnx.NodeProto, where: str) -> str:
    """Return the name of a node in errors: its module, or `where` if that is the root, and op."""
    path = ".".join(node.name.split("/")[2:-1])
    return f"{path or where} ({node.op_type})"


def _is_related(onnx_op: str, tf_op: str) -> bool:
    """Return whether a TensorFlow op most likely comes from an ONNX op."""
    return (
        onnx_op.lower() in tf_op.lower()
        or tf_op.lower().rstrip("v2") in onnx_op.lower()
        or onnx_op in _SOURCES.get(tf_op, ())
    )


_SOURCES = {
    "Transpose": ("Conv", "ConvTranspose", "MaxPool", "AveragePool", "InstanceNormalization")
}
"""TensorFlow op → ONNX ops with other names that onnx-tf converts to it."""

_REMEDY = "write that part with the usual layers and elementwise operations"

_LAYOUT_REMEDIES = {
    False: "write it with nn.Conv1d or linear layers",
    True: (
        "write it with nn.Conv2d, nn.ConvTranspose2d, nn.InstanceNorm2d or linear layers, as "
        "modules with their own weights"
    ),
}
"""Remedies where onnx-tf transposes around a convolution, pooling or norm: text, images."""

_REMEDIES = {
    "Einsum": "write it as a matmul",
    "Transpose": "keep states in the layout that the step reads, the batch first",
}

_IMAGE_REMEDIES = _REMEDIES | {
    "Transpose": (
        "keep pictures as (B, C, H, W) inside, and mix channels with nn.Conv2d or linear layers"
    )
}

_NEVER = frozenset(
    """
    If Loop Scan GRU LSTM RNN
    NonZero Unique NonMaxSuppression Compress SequenceAt SequenceConstruct Range Shape
    ScatterND ScatterElements
    RandomNormal RandomNormalLike RandomUniform RandomUniformLike Multinomial
    """.split()
)
