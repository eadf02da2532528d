"""The outputs of ops in TensorFlow."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from tests.browser.op_cases import Case
from tests.browser.op_graphs import Array, Floats

COMPOSED = {
    "_FusedMatMul": "MatMul",
    "_FusedConv2D": "Conv2D",
    "FusedDepthwiseConv2dNative": "DepthwiseConv2dNative",
    "Prelu": "",
}
"""Ops that TensorFlow computes in parts, and the product that each begins with, if any."""

_TYPED = {"DstT", "output_type"}


def in_tensorflow(op: str, cases: Sequence[Case], inputs: Sequence[list[Array]]) -> list[Floats]:
    """Return the outputs of each case for its inputs, joined."""
    import tensorflow as tf

    config = tf.compat.v1.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.optimizer_options.opt_level = tf.compat.v1.OptimizerOptions.L0
    with tf.Graph().as_default() as graph:
        outputs = [
            _call(tf, op, [tf.constant(each) for each in arrays], case.attributes)
            for case, arrays in zip(cases, inputs, strict=True)
        ]
        flat = [[tf.reshape(tf.cast(x, tf.float32), [-1]) for x in each] for each in outputs]
        with tf.compat.v1.Session(graph=graph, config=config) as session:
            return [np.concatenate(parts) for parts in session.run(flat)]


def _call(tf: Any, op: str, inputs: list[Any], attributes: dict[str, Any]) -> list[Any]:
    if op == "Prelu":
        return [_prelu(tf, *inputs)]
    if op in COMPOSED:
        plain = {k: v for k, v in attributes.items() if k not in {"fused_ops", "leakyrelu_alpha"}}
        x, weight, *extra = inputs
        product = _apply(tf, COMPOSED[op], [x, weight], plain)
        return [_activated(tf, product, extra, attributes)]
    outputs = _apply(tf, op, inputs, attributes)
    return list(outputs) if isinstance(outputs, list | tuple) else [outputs]


def _apply(tf: Any, op: str, inputs: list[Any], attributes: dict[str, Any]) -> Any:
    from tensorflow.python.framework import op_def_library, op_def_registry

    definition = op_def_registry.get(op)
    names = [each.name for each in definition.input_arg]
    arguments: dict[str, Any] = dict(zip(names, inputs, strict=False))
    if op == "Pack":
        arguments = {names[0]: inputs}
    elif op == "ConcatV2":
        arguments = {names[0]: inputs[:-1], names[1]: inputs[-1]}
    typed = {k: tf.as_dtype(v) if k in _TYPED else v for k, v in attributes.items()}
    defaults = {
        each.name: _default(each)
        for each in definition.attr
        if each.HasField("default_value") and each.type != "type"
    }
    return op_def_library.apply_op(op, **arguments, **{**defaults, **typed})


def _default(attribute: Any) -> Any:
    value = attribute.default_value
    kind = value.WhichOneof("value")
    return [*value.list.i, *value.list.s] if kind == "list" else getattr(value, kind)


def _activated(tf: Any, x: Any, extra: list[Any], attributes: dict[str, Any]) -> Any:
    for name in attributes["fused_ops"]:
        match name:
            case b"BiasAdd":
                x = tf.raw_ops.BiasAdd(value=x, bias=extra.pop(0))
            case b"Prelu":
                x = _prelu(tf, x, extra.pop(0))
            case b"LeakyRelu":
                x = tf.raw_ops.LeakyRelu(features=x, alpha=attributes["leakyrelu_alpha"])
            case b"Sigmoid":
                x = tf.raw_ops.Sigmoid(x=x)
            case b"Relu" | b"Relu6" | b"Elu":
                x = getattr(tf.raw_ops, name.decode())(features=x)
    return x


def _prelu(tf: Any, x: Any, slope: Any) -> Any:
    return tf.where(x > 0, x, slope * x)
