"""Graphs of one op each, for the page, and their outputs in the evaluator."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.browser.op_cases import POOL, Case, Data, Input
from zlide.graph.evaluator.attributes import read_attributes
from zlide.graph.evaluator.table import OPERATIONS
from zlide.graph.evaluator.written_graph import Node

Array = NDArray[Any]
Floats = NDArray[np.float32]
Nodes = list[dict[str, Any]]
Weights = dict[str, Array]

LATENT = 3 * POOL
"""Size of the input of a graph: the three pools, one after the other."""

_TYPES = {"float32": "DT_FLOAT", "int32": "DT_INT32", "bool": "DT_BOOL"}

_WINDOW = {"data_format": b"NHWC", "dilations": [1, 1, 1, 1], "explicit_paddings": []}
_DEFAULTS: dict[str, dict[str, Any]] = {
    "Conv2D": _WINDOW,
    "_FusedConv2D": _WINDOW,
    "DepthwiseConv2dNative": _WINDOW,
    "FusedDepthwiseConv2dNative": _WINDOW,
    "Conv2DBackpropInput": _WINDOW,
    "Conv3D": {"data_format": b"NDHWC", "dilations": [1, 1, 1, 1, 1]},
    "DepthToSpace": {"data_format": b"NHWC"},
    "AvgPool": {"data_format": b"NHWC"},
    "MaxPool": {"data_format": b"NHWC"},
    "TopKV2": {"sorted": True},
}
"""Attributes that TensorFlow.js expects in a node, unless a case has others."""


@dataclass(frozen=True)
class Program:
    """All cases of an op in one graph: (1, LATENT) → the outputs of all cases, concatenated.

    inputs: the inputs of each case, and expected: the evaluator's output for each, joined; both for
    each of the `POOLS`.
    """

    nodes: Nodes
    weights: Weights
    inputs: list[list[list[Array]]]
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


@dataclass
class GraphWriter:
    """Writer of nodes in the form of model.json."""

    nodes: Nodes = field(default_factory=list)
    weights: Weights = field(default_factory=dict)

    def placeholder(self, name: str, size: int) -> str:
        """Add an input (B, size), and return its name."""
        shape = {"dim": [{"size": "-1"}, {"size": str(size)}]}
        attributes = {"dtype": {"type": "DT_FLOAT"}, "shape": {"shape": shape}}
        self.nodes.append({"name": name, "op": "Placeholder", "attr": attributes})
        return name

    def constant(self, value: Any) -> str:
        """Add a constant of int32 for whole numbers and of float32 for others."""
        data = np.array(value)
        data = data.astype(np.float32 if data.size and data.dtype.kind == "f" else np.int32)
        name = f"constant{len(self.weights)}"
        self.weights[name] = data
        kind = _TYPES[data.dtype.name]
        shape = {"dim": [{"size": str(size)} for size in data.shape]}
        tensor = {"dtype": kind, "tensorShape": shape}
        attributes = {"dtype": {"type": kind}, "value": {"tensor": tensor}}
        self.nodes.append({"name": name, "op": "Const", "attr": attributes})
        return name

    def add(
        self, op: str, inputs: Sequence[str], attributes: Mapping[str, Any], name: str = ""
    ) -> str:
        """Add a node, and return its name."""
        name = name or f"node{len(self.nodes)}"
        attr = {key: written(value) for key, value in attributes.items()}
        self.nodes.append({"name": name, "op": op, "input": list(inputs), "attr": attr})
        return name


def written(value: Any) -> dict[str, Any]:
    """Return an attribute as in model.json; the text of a dtype is a type, other text a string."""
    if isinstance(value, list):
        ((kind, _),) = written(value[0]).items() if value else [("i", "")]
        return {"list": {kind: [written(each)[kind] for each in value]}}
    if isinstance(value, str) and value in _TYPES:
        return {"type": _TYPES[value]}
    if isinstance(value, str | bytes):
        text = value.encode() if isinstance(value, str) else value
        return {"s": base64.b64encode(text).decode()}
    if isinstance(value, bool):
        return {"b": value}
    return {"i": str(value)} if isinstance(value, int) else {"f": float(value)}


class Writer:
    """Writer of the graph of an op, and of the outputs that the evaluator computes for it."""

    def __init__(self, op: str) -> None:
        self.op = op
        self.graph = GraphWriter()
        self.offset = 0  # of the next data in its pool

    def program(self, cases: Sequence[Case]) -> Program:
        """Return the graph of some cases. Raises ValueError if the evaluator refuses one."""
        self.graph.placeholder("sliders", 1)
        self.graph.placeholder("residual", LATENT)
        inputs: list[list[list[Array]]] = [[] for _ in POOLS]
        expected: list[list[Floats]] = [[] for _ in POOLS]
        parts: list[str] = []
        for i, case in enumerate(cases):
            names, arrays = self.inputs(case)
            node = self.node(f"case{i}", case, names)
            outputs = [run(node, each) for each in arrays]
            for pool, (each, found) in enumerate(zip(arrays, outputs, strict=True)):
                inputs[pool].append(each)
                flat = [output.astype(np.float32).ravel() for output in found]
                expected[pool].append(np.concatenate(flat))
            parts += [self.flat(f"case{i}:{number}") for number in range(len(outputs[0]))]
        parts += [self.graph.constant([[0.0]]), self.graph.constant(1)]
        self.graph.add("ConcatV2", parts, {"N": len(parts) - 1}, "z")
        return Program(self.graph.nodes, self.graph.weights, inputs, expected)

    def inputs(self, case: Case) -> tuple[list[str], list[list[Array]]]:
        """Return the names of the inputs of a case, and their arrays for each of the pools."""
        pairs = [pair for part in case.inputs for pair in self.tensors(part)]
        return [name for name, _ in pairs], [
            [arrays[i] for _, arrays in pairs] for i in range(len(POOLS))
        ]

    def node(self, name: str, case: Case, inputs: list[str]) -> Node:
        """Add the node of a case, and return it as the evaluator reads it."""
        attributes = {**_DEFAULTS.get(self.op, {}), **case.attributes}
        if self.op in {"Pack", "ConcatV2"}:
            attributes["N"] = len(inputs) - (self.op == "ConcatV2")
        if "fused_ops" in attributes:
            attributes["num_args"] = len(inputs) - 2
        self.graph.add(self.op, inputs, attributes, name)
        read = read_attributes(self.graph.nodes[-1]["attr"], OPERATIONS[self.op].attributes)
        references = tuple((f"input{i}", 0) for i in range(len(inputs)))
        return Node(name, self.op, references, read)

    def flat(self, output: str) -> str:
        """Return an output as a row of floats."""
        floats = self.graph.add("Cast", [output.removesuffix(":0")], {"DstT": "float32"})
        return self.graph.add("Reshape", [floats, self.graph.constant([1, -1])], {})

    def tensors(self, value: Input) -> list[tuple[str, list[Array]]]:
        """Return the names of the tensors of an input, each with its arrays."""
        if isinstance(value, tuple):
            return [pair for part in value for pair in self.tensors(part)]
        if isinstance(value, list) and value and isinstance(value[0], Data):
            return [self.data(part) for part in value]
        if isinstance(value, Data):
            return [self.data(value)]
        name = self.graph.constant(value)
        return [(name, [self.graph.weights[name]] * len(POOLS))]

    def data(self, data: Data) -> tuple[str, list[Array]]:
        """Return the tensor of `data`, sliced from its pool at another offset each time."""
        graph = self.graph
        size = int(np.prod(data.shape))
        self.offset = (self.offset + 37) % (POOL - size + 1)
        begin = {"signed": 0, "nan": 0, "positive": POOL}.get(data.values, 2 * POOL) + self.offset
        arrays: list[Array] = [pool[begin : begin + size].reshape(data.shape) for pool in POOLS]
        block = [graph.constant([0, begin]), graph.constant([-1, size])]
        row = graph.add("Slice", ["residual", *block], {})
        shape = graph.constant(np.array(data.shape, np.int32))
        name = graph.add("Reshape", [row, shape], {})
        match data.values:
            case "int32":
                name = graph.add("Cast", [name], {"DstT": "int32"})
                arrays = [array.astype(np.int32) for array in arrays]
            case "bool":
                name = graph.add("Greater", [name, graph.constant(0.0)], {})
                arrays = [array > 0 for array in arrays]
            case "nan":
                name = graph.add("Sqrt", [name], {})
                with np.errstate(invalid="ignore"):
                    arrays = [np.sqrt(array) for array in arrays]
        return name, arrays


def run(node: Node, inputs: Sequence[Array]) -> list[Array]:
    """Return the outputs of a node in the evaluator."""
    with np.errstate(all="ignore"):
        return node.run({f"input{i}": [array] for i, array in enumerate(inputs)})


def painter() -> tuple[Nodes, Weights]:
    """Return a decoder of pictures of one grey pixel: the first number of z."""
    graph = GraphWriter()
    z = graph.placeholder("z", LATENT)
    block = [graph.constant([0, 0]), graph.constant([-1, 1])]
    first = graph.add("Slice", [z, *block], {})
    graph.add("Reshape", [first, graph.constant([-1, 1, 1, 1])], {}, "pixels")
    return graph.nodes, graph.weights


def plain() -> tuple[Nodes, Weights]:
    """Return the graph of a set of axes without effect: z is the residual."""
    graph = GraphWriter()
    graph.placeholder("sliders", 1)
    graph.add("Identity", [graph.placeholder("residual", LATENT)], {}, "z")
    return graph.nodes, graph.weights
