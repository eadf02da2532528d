"""TensorFlow's optimizer fuses activations into products that the wasm backend cannot fuse: those become nodes of their own again."""

from __future__ import annotations

import base64
from typing import Any

FUSABLE = {b"BiasAdd", b"Relu", b"Relu6", b"Elu", b"LeakyRelu", b"Prelu", b"Sigmoid"}
"""What `_FusedMatMul` and `_FusedConv2D` may hold in every backend; tfjs-backend-wasm 4.22 refuses the others, Tanh above all."""


def unfuse(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The nodes of a graph, in which every activation that is not `FUSABLE` follows its product instead of being part of it."""
    split: list[dict[str, Any]] = []
    for node in nodes:
        fused = [base64.b64decode(op) for op in node.get("attr", {}).get("fused_ops", {}).get("list", {}).get("s", [])]
        if not fused or fused[-1] in FUSABLE:
            split.append(node)
            continue
        inner = f"{node['name']}/product"
        kept = [base64.b64encode(op).decode() for op in fused[:-1]]
        split.append({**node, "name": inner, "attr": {**node["attr"], "fused_ops": {"list": {"s": kept}}}})
        split.append({"name": node["name"], "op": fused[-1].decode(), "input": [inner], "attr": {"T": node["attr"]["T"]}})
    return split
