"""Graphs of one op each, for the page, and their outputs in TensorFlow."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.browser.op_cases import POOL, Case, Data, Input

Floats = NDArray[np.float32]
Nodes = list[dict[str, Any]]
Weights = dict[str, NDArray[Any]]

LATENT = 3 * POOL
"""Size of the input of a graph: the three pools, one after the other."""

COMPOSED = {
    "_FusedMatMul": "MatMul",
    "_FusedConv2D": "Conv2D",
    "FusedDepthwiseConv2dNative": "DepthwiseConv2dNative",
    "Prelu": "",
}
"""Ops that TensorFlow computes in parts, and the product that each begins with, if any.

They are fused by TensorFlow's optimizer, or exist in TensorFlow.js alone.
"""


@dataclass(frozen=True)
class Program:
    """All cases of an op in one graph: (1, LATENT) → the outputs of all cases, concatenated.

    expected: TensorFlow's output for each of the `POOLS`, by case.
    """

    nodes: Nodes
    weights: Weights
    expected: list[list[Floats]]


def pools() -> list[Floats]:
    """Return two inputs of a graph: floats in [-3, 3] and [0.1, 3], multiples of ½ in [-3, 3]."""
    rng = np.random.default_rng(71)
    halves = [rng.integers(-6, 7, POOL) / 2 for _ in range(2)]
    return [
        np.concatenate([rng.uniform(-3, 3, POOL), rng.uniform(0.1, 3, POOL), half]).astype(
            np.float32
        )
        for half in halves
    ]


POOLS = pools()


class Writer:
    """Writer of the graph of an op, and of the outputs that TensorFlow computes for it."""

    def __init__(self, op: str) -> None:
        import tensorflow as tf

        self.tf, self.op = tf, op
        self.offset = 0  # of the next data in its pool
        self.composed: dict[str, dict[str, Any]] = {}  # nodes that TensorFlow computes in parts

    def program(self, cases: list[Case]) -> Program:
        tf, raw = self.tf, self.tf.raw_ops
        with tf.Graph().as_default() as graph:
            tf.compat.v1.placeholder(tf.float32, [None, 1], name="sliders")
            self.pool = tf.compat.v1.placeholder(tf.float32, [None, LATENT], name="residual")
            parts = []
            for i, case in enumerate(cases):
                outputs = self.call(
                    i, [self.tensors(part) for part in case.inputs], case.attributes
                )
                parts.append(
                    [
                        raw.Reshape(tensor=raw.Cast(x=x, DstT=tf.float32), shape=[1, -1])
                        for x in outputs
                    ]
                )
            raw.ConcatV2(
                values=[*(output for part in parts for output in part), [[0.0]]], axis=1, name="z"
            )
            with tf.compat.v1.Session(graph=graph, config=without_optimizer()) as session:
                expected = [session.run(parts, {self.pool: values[None]}) for values in POOLS]
        nodes, weights = split(graph.as_graph_def())
        whole = [
            self.composed.get(node["name"], node)
            for node in nodes
            if not node["name"].startswith("parts")
        ]
        return Program(
            whole, weights, [[np.concatenate(outputs, 1)[0] for outputs in run] for run in expected]
        )

    def tensors(self, value: Input) -> Any:
        """Return the tensor of an input, or its tensors."""
        if isinstance(value, tuple):
            return [self.tf.constant(part, self.tf.float32) for part in value]
        if isinstance(value, list) and value and isinstance(value[0], Data):
            return [self.data(part) for part in value]
        if isinstance(value, Data):
            return self.data(value)
        return self.tf.constant(
            value, self.tf.float32 if isinstance(value, float) else self.tf.int32
        )

    def data(self, data: Data) -> Any:
        """Return the tensor of `data`, sliced from its pool at another offset each time."""
        tf, raw = self.tf, self.tf.raw_ops
        size = int(np.prod(data.shape))
        self.offset = (self.offset + 37) % (POOL - size + 1)
        begin = {"signed": 0, "positive": POOL}.get(data.values, 2 * POOL) + self.offset
        tensor = raw.Reshape(
            tensor=raw.Slice(input=self.pool, begin=[0, begin], size=[-1, size]),
            shape=np.array(data.shape, np.int32),
        )
        if data.values == "int32":
            return raw.Cast(x=tensor, DstT=tf.int32)
        return raw.Greater(x=tensor, y=0.0) if data.values == "bool" else tensor

    def call(self, number: int, inputs: list[Any], attributes: dict[str, Any]) -> list[Any]:
        """Return the outputs of the op.

        If TensorFlow computes it in parts, remember the node that replaces them on the page.
        """
        if self.op not in COMPOSED:
            outputs = self.apply(self.op, f"case{number}", inputs, attributes)
            return list(outputs) if isinstance(outputs, list | tuple) else [outputs]
        with self.tf.name_scope(f"parts{number}"):
            whole, attr = self.compose(inputs, attributes)
        flat = [x for part in inputs for x in (part if isinstance(part, list) else [part])]
        name = f"case{number}"
        self.composed[name] = {
            "name": name,
            "op": self.op,
            "input": [x.op.name for x in flat],
            "attr": attr,
        }
        return [self.tf.raw_ops.Identity(input=whole, name=name)]

    def apply(self, op: str, name: str, inputs: list[Any], attributes: dict[str, Any]) -> Any:
        from tensorflow.python.framework import op_def_library, op_def_registry

        definition = op_def_registry.get(op)
        arguments = dict(zip([arg.name for arg in definition.input_arg], inputs, strict=True))
        typed = {
            key: self.tf.as_dtype(value) if key in {"DstT", "output_type"} else value
            for key, value in attributes.items()
        }
        defaults = {
            attr.name: default(attr)
            for attr in definition.attr
            if attr.HasField("default_value") and attr.type != "type"
        }
        return op_def_library.apply_op(op, name=name, **arguments, **{**defaults, **typed})

    def compose(self, inputs: list[Any], attributes: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
        """Return the output of a fused op, computed in parts, and its attributes in the graph."""
        if self.op == "Prelu":
            return self.prelu(*inputs), {}
        *factors, extra = inputs
        fused = attributes["fused_ops"]
        plain = {
            key: value
            for key, value in attributes.items()
            if key not in {"fused_ops", "leakyrelu_alpha"}
        }
        product = self.apply(COMPOSED[self.op], "product", factors, plain)
        biased = self.tf.raw_ops.BiasAdd(value=product, bias=extra[0]) if extra else product
        return self.activated(biased, fused[1:], extra[1:], attributes.get("leakyrelu_alpha")), {
            **split_node(product.op.node_def)["attr"],
            "fused_ops": {"list": {"s": [base64.b64encode(op).decode() for op in fused]}},
            "num_args": {"i": str(len(extra))},
            "leakyrelu_alpha": {"f": attributes.get("leakyrelu_alpha", 0.2)},
        }

    def activated(
        self, x: Any, activations: list[bytes], slopes: list[Any], alpha: float | None
    ) -> Any:
        raw = self.tf.raw_ops
        for name in activations:
            if name == b"Prelu":
                x = self.prelu(x, *slopes)
            elif name == b"LeakyRelu":
                x = raw.LeakyRelu(features=x, alpha=alpha)
            else:
                x = (
                    raw.Sigmoid(x=x)
                    if name == b"Sigmoid"
                    else getattr(raw, name.decode())(features=x)
                )
        return x

    def prelu(self, x: Any, slope: Any) -> Any:
        return self.tf.where(x > 0, x, slope * x)


def without_optimizer() -> Any:
    """Return a configuration in which TensorFlow runs a graph without optimizing it."""
    import tensorflow as tf

    config = tf.compat.v1.ConfigProto()
    config.graph_options.rewrite_options.disable_meta_optimizer = True
    config.graph_options.optimizer_options.opt_level = tf.compat.v1.OptimizerOptions.L0
    return config


def default(attribute: Any) -> Any:
    """Return the default of an attribute in TensorFlow."""
    value = attribute.default_value
    kind = value.WhichOneof("value")
    return [*value.list.i, *value.list.s] if kind == "list" else getattr(value, kind)


def split(graph: Any) -> tuple[list[dict[str, Any]], dict[str, NDArray[Any]]]:
    """Return the nodes of a graph as in model.json, and its constants by name."""
    from tensorflow import make_ndarray

    weights = {
        node.name: make_ndarray(node.attr["value"].tensor)
        for node in graph.node
        if node.op == "Const"
    }
    return [split_node(node) for node in graph.node], weights


def split_node(node: Any) -> dict[str, Any]:
    from google.protobuf.json_format import MessageToDict  # type: ignore[import-untyped]

    found: dict[str, Any] = MessageToDict(node)
    if node.op == "Const":
        tensor = found["attr"]["value"]["tensor"]
        found["attr"]["value"] = {
            "tensor": {key: tensor.get(key, {}) for key in ("dtype", "tensorShape")}
        }
    return found


def painter() -> tuple[list[dict[str, Any]], dict[str, NDArray[Any]]]:
    """Return a decoder of pictures of one grey pixel: the first number of z."""
    import tensorflow as tf

    with tf.Graph().as_default() as graph:
        z = tf.compat.v1.placeholder(tf.float32, [None, LATENT], name="z")
        first = tf.raw_ops.Slice(input=z, begin=[0, 0], size=[-1, 1])
        tf.raw_ops.Reshape(tensor=first, shape=[-1, 1, 1, 1], name="pixels")
    return split(graph.as_graph_def())


def plain() -> tuple[Nodes, Weights]:
    """Return the graph of a set of axes without effect: z is the residual."""
    import tensorflow as tf

    with tf.Graph().as_default() as graph:
        tf.compat.v1.placeholder(tf.float32, [None, 1], name="sliders")
        residual = tf.compat.v1.placeholder(tf.float32, [None, LATENT], name="residual")
        tf.raw_ops.Identity(input=residual, name="z")
    return split(graph.as_graph_def())
