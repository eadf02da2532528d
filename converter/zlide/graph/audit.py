"""What a graph may hold: ops that the wasm, WebGL and WebGPU backends of TensorFlow.js all have, and no control flow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any

import onnx

from zlide.errors import ZlideError

PORTABLE = frozenset((resources.files(__package__) / "portable.txt").read_text("utf-8").split())
"""TensorFlow's names. `webapp/src/runtime/portable.test.ts` reads the same list, runs each op, and asks all three backends for its kernels."""

_MOST_NAMED = 5


def refuse_unportable(nodes: Sequence[Mapping[str, Any]], model: onnx.ModelProto, where: str) -> None:
    """Raise ZlideError when a graph holds an op that some backend lacks; names the modules in `model` that most likely made it."""
    bad = sorted({node["op"] for node in nodes} - PORTABLE)
    if not bad:
        return
    suspects = [f"{n.name} ({n.op_type})" for n in model.graph.node if any(_alike(n.op_type, op) for op in bad)][:_MOST_NAMED]
    held = ", ".join(bad)
    raise ZlideError(
        where,
        f"the graph holds {held}, which not every browser backend can run" + (f"; from {', '.join(suspects)}" if suspects else ""),
        "write that part with static shapes and the usual layers",
    )


def refuse_onnx_ops(model: onnx.ModelProto, where: str) -> None:
    """Raise ZlideError for ONNX ops that can only become control flow or dynamic shapes, by the name of the module that holds them."""
    bad = [f"{n.name or n.output[0]} ({n.op_type})" for n in model.graph.node if n.op_type in _NEVER]
    if bad:
        more = f" and {len(bad) - _MOST_NAMED} more" if len(bad) > _MOST_NAMED else ""
        remedy = "write it without control flow, shapes that depend on the data, and recurrences other than GRU and LSTM"
        raise ZlideError(where, f"cannot convert {', '.join(bad[:_MOST_NAMED])}{more}", remedy)


def count_ops(nodes: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Nodes by op, constants left out, the most frequent first."""
    return dict(Counter(node["op"] for node in nodes if node["op"] != "Const").most_common())


def _alike(onnx_op: str, tf_op: str) -> bool:
    return onnx_op.lower() in tf_op.lower() or tf_op.lower().rstrip("v2") in onnx_op.lower()


_NEVER = frozenset(
    """
    If Loop Scan GRU LSTM RNN
    NonZero Unique NonMaxSuppression Compress SequenceAt SequenceConstruct Range Shape
    RandomNormal RandomNormalLike RandomUniform RandomUniformLike Multinomial
    """.split()
)
