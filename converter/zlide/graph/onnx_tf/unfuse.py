"""Split fused products of TensorFlow's optimizer that are not portable."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

ACTIVATIONS = {b"Relu", b"Relu6", b"Elu", b"LeakyRelu", b"Prelu", b"Sigmoid"}
"""Activations that all backends can fuse; tfjs-backend-wasm 4.22 refuses others, such as Tanh."""

_PLAIN = {"_FusedMatMul": "MatMul", "_FusedConv2D": "Conv2D"}


def unfuse(
    nodes: list[dict[str, Any]], weights: Mapping[str, NDArray[Any]]
) -> list[dict[str, Any]]:
    """Return nodes in which a product is fused at most with a bias and one of `ACTIVATIONS`.

    The bias must be a constant of rank 1. A product with a transposed factor is not fused at all,
    because tfjs-backend-wasm 4.22 adds the last number of the bias to every row but the first.
    A transposed weight is an exception: the page transposes it once.
    """
    return [
        part
        for node in nodes
        for part in (_split(node, weights) if node["op"] in _PLAIN else [node])
    ]


def _split(node: dict[str, Any], weights: Mapping[str, NDArray[Any]]) -> list[dict[str, Any]]:
    fused = [base64.b64decode(op) for op in node["attr"]["fused_ops"]["list"]["s"]]
    bias = weights.get(node["input"][2]) if fused[0] == b"BiasAdd" else None
    keep_bias = bias is not None and bias.ndim == 1 and not _turns(node, weights)
    keep_all = keep_bias and set(fused[1:]) <= ACTIVATIONS
    if keep_all or fused[0] != b"BiasAdd":
        return [node]
    kind = {"T": node["attr"]["T"]}
    if keep_bias:
        attributes = {
            **node["attr"],
            "fused_ops": {"list": {"s": [base64.b64encode(b"BiasAdd").decode()]}},
        }
        parts = [{"op": node["op"], "input": node["input"], "attr": attributes}]
    else:
        attributes = {
            key: value
            for key, value in node["attr"].items()
            if key not in {"fused_ops", "num_args", "epsilon", "leakyrelu_alpha"}
        }
        product = {"op": _PLAIN[node["op"]], "input": node["input"][:2], "attr": attributes}
        parts = [product, {"op": "AddV2", "input": [None, node["input"][2]], "attr": kind}]
    parts += [{"op": op.decode(), "input": [None], "attr": kind} for op in fused[1:]]
    return _chain(parts, node["name"])


def _turns(node: dict[str, Any], weights: Mapping[str, NDArray[Any]]) -> bool:
    """Return whether a factor is transposed at each run."""
    turn_a, turn_b = (
        node["attr"].get(key, {}).get("b", False) for key in ("transpose_a", "transpose_b")
    )
    return bool(turn_a or (turn_b and node["input"][1] not in weights))


def _chain(parts: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    """Name the parts of a node, the last one as the node.

    An input None becomes the part before.
    """
    names = [f"{name}/part{i}" for i in range(len(parts) - 1)] + [name]
    return [
        {
            **part,
            "name": part_name,
            "input": [previous if source is None else source for source in part["input"]],
        }
        for part, part_name, previous in zip(parts, names, ["", *names], strict=False)
    ]
