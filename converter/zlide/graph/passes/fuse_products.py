"""activation(x · W + b) → one fused op.

Before: Conv2D → AddV2 (bias by channel) → Relu. After: _FusedConv2D with BiasAdd and Relu.
The same for MatMul and DepthwiseConv2dNative. A bias is a constant of rank 1: wasm refuses others.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from zlide.graph.ir import Uses, Value, const, make
from zlide.graph.passes.kinds import constant_operand

FUSED = {
    "MatMul": "_FusedMatMul",
    "Conv2D": "_FusedConv2D",
    "DepthwiseConv2dNative": "FusedDepthwiseConv2dNative",
}

ACTIVATIONS = frozenset({"Relu", "Relu6", "Elu", "LeakyRelu", "Prelu", "Sigmoid"})
"""Activations that every backend fuses; wasm refuses others, such as Tanh."""

WITH_BIAS = ["BiasAdd"]


def fuse_bias(uses: Uses, value: Value) -> Value | None:
    """x · W + b → fused(x, W, b)."""
    found = constant_operand(value) if value.op == "AddV2" else None
    if found is None or found[0].op not in FUSED or not uses.once(found[0]):
        return None
    product, bias = found
    outputs = product.shape[-1]
    if bias.array is None or bias.array.size not in {1, outputs}:
        return None
    if bias.array.ndim > 0 and bias.array.shape[-1] not in {1, outputs}:
        return None
    if bias.array.size != 1 and bias.array.shape[-1] != outputs:
        return None
    if product.shape != value.shape:
        return None
    return _fused(product, const(np.broadcast_to(bias.array.ravel(), (outputs,)).copy()))


def _fused(product: Value, bias: Value) -> Value:
    attributes = {**product.attributes, "fused_ops": WITH_BIAS, "num_args": 1}
    return make(FUSED[product.op], *product.inputs, bias, **attributes)


def fuse_activation(uses: Uses, value: Value) -> Value | None:
    """activation(fused(x, W, b)) → fused(x, W, b, activation)."""
    if value.op not in ACTIVATIONS or not uses.once(value.inputs[0]):
        return None
    product = value.inputs[0]
    if product.op in FUSED and value.op in {"Relu", "Relu6", "Prelu"}:
        product = _fused(product, const(np.zeros(product.shape[-1], np.float32)))
    if product.attributes.get("fused_ops") != WITH_BIAS:
        return None
    attributes = {**product.attributes, "fused_ops": [*WITH_BIAS, value.op]}
    if value.op == "LeakyRelu":
        attributes["leakyrelu_alpha"] = value.attributes["alpha"]
    if value.op == "Prelu":
        return _with_slopes(product, value.inputs[1], attributes)
    return make(product.op, *product.inputs, **attributes)


def _with_slopes(product: Value, slopes: Value, attributes: dict[str, Any]) -> Value | None:
    """Return prelu(product), if a constant has a slope for each channel."""
    channels = product.shape[-1]
    if slopes.array is None or (slopes.array.size, slopes.shape[-1]) != (channels, channels):
        return None
    by_channel = const(slopes.array.ravel())
    return make(product.op, *product.inputs, by_channel, **{**attributes, "num_args": 2})
