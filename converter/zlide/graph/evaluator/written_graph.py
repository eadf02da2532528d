"""Run a graph as it was written: from model.json and its shards, with NumPy.

It reads what the page reads, and computes what TensorFlow.js computes. Therefore it sees faults of
everything that export does after PyTorch: conversion, names, signature, quantization and shards.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import numpy as np

from zlide.errors import ZlideError, disk_errors
from zlide.files import read_json
from zlide.graph.evaluator.attributes import TensorSpec, read_attributes, read_spec
from zlide.graph.evaluator.operation import Array
from zlide.graph.evaluator.table import OPERATIONS
from zlide.graph.evaluator.weights import read_weights

_INPUTS = frozenset({"Placeholder", "Const"})
"""Ops without a computation."""

_AGAIN = "export the model again"

Values = dict[str, list[Array]]
"""The outputs of nodes, by node."""

Reference = tuple[str, int]
"""An output of a node: the name of the node, and the number of the output."""


@dataclass(frozen=True)
class Node:
    """A node of a graph, without its control inputs."""

    name: str
    op: str
    inputs: tuple[Reference, ...]
    attributes: Mapping[str, Any]

    def __str__(self) -> str:
        return f"{self.name} ({self.op})"

    def run(self, values: Values) -> list[Array]:
        """Return the outputs. Raises ValueError, naming the node, if it cannot be computed."""
        try:
            found = OPERATIONS[self.op].compute(
                *(values[name][number] for name, number in self.inputs), **self.attributes
            )
        except (ValueError, TypeError, IndexError, ArithmeticError, MemoryError) as error:
            raise ValueError(f"{self}: {error}") from error
        return [_as_tensor(each) for each in (found if isinstance(found, list) else [found])]


@dataclass(frozen=True)
class Step:
    """A node, and the nodes whose outputs nothing reads after it."""

    node: Node
    released: tuple[str, ...]


@dataclass(frozen=True)
class WrittenGraph:
    """A graph in memory.

    inputs: names of placeholders, in the order of the contract, with what they declare.
    outputs: in the order of the contract, with what the signature declares.
    constants: weights, and what depends on weights alone.
    """

    path: Path
    inputs: Mapping[str, TensorSpec]
    outputs: Sequence[tuple[Reference, TensorSpec]]
    constants: Values
    steps: Sequence[Step]

    def run(self, *inputs: Array) -> tuple[Array, ...]:
        """Return the outputs for inputs (B, …), both in the order of the contract.

        Raises ZlideError if inputs or outputs are not those that the graph declares, or if a node
        cannot be computed.
        """
        try:
            with np.errstate(all="ignore"):
                return self._run(inputs)
        except ValueError as error:
            raise ZlideError(self.path, f"cannot be run, {error}", _AGAIN) from error

    def _run(self, inputs: Sequence[Array]) -> tuple[Array, ...]:
        values = dict(self.constants)
        for (name, spec), array in zip(self.inputs.items(), inputs, strict=True):
            _refuse_other(name, spec, array)
            values[name] = [array]
        if len(batches := {a.shape[0] for a in inputs if a.ndim}) > 1:
            raise ValueError(f"expected inputs of one batch, found {sorted(batches)}")
        for step in self.steps:
            values[step.node.name] = step.node.run(values)
            for name in step.released:
                del values[name]
        results = []
        for (name, number), spec in self.outputs:
            found = values[name][number]
            _refuse_other(name, spec, found)
            results.append(found.copy())
        return tuple(results)


def read_graph(path: Path, inputs: Sequence[str], outputs: Sequence[str]) -> WrittenGraph:
    """Read the model.json at `path` and its shards.

    inputs, outputs: names in the order of the contract. An output may be an input.
    Raises ZlideError if the files are missing, contradict each other or name other inputs and
    outputs, and for an op or an attribute that is not known.
    """
    try:
        with disk_errors(path):
            model = read_json(path)
            weights = read_weights(path, model)
        return _graph(path, model, weights, inputs, outputs)
    except CycleError as error:
        raise ZlideError(path, f"expected a graph without cycles, found {error}", _AGAIN) from error
    # Reading JSON that is not a model.json raises any of these.
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        problem = f"not a graph that TensorFlow.js can load, {error}"
        raise ZlideError(path, problem, _AGAIN) from error


def _graph(
    path: Path,
    model: Mapping[str, Any],
    weights: Mapping[str, Array],
    inputs: Sequence[str],
    outputs: Sequence[str],
) -> WrittenGraph:
    written = model["modelTopology"]["node"]
    nodes = {node.name: node for node in map(_node, written)}
    if len(nodes) < len(written):
        raise ValueError("expected nodes of different names, found some of one name")
    for node in written:
        _refuse_other_constant(node, weights)
    signature = model.get("signature", {})
    declared = {node["name"]: _placeholder_spec(node) for node in written if _is_input(node)}
    placeholders = [_reference(signature, "inputs", name)[0] for name in inputs]
    if sorted(placeholders) != sorted(declared):
        found = ", ".join(sorted(declared))
        raise ValueError(f"expected inputs {', '.join(inputs)}, found {found}")
    results = [
        (_reference(signature, "outputs", name), _output_spec(signature, name)) for name in outputs
    ]
    if missing := [name for (name, _), _ in results if name not in nodes]:
        raise ValueError(f"expected outputs {', '.join(outputs)}, did not find {missing[0]}")
    ends = [name for (name, _), _ in results]
    constants, steps = _folded(_in_order(nodes, ends), weights, ends)
    return WrittenGraph(
        path, {name: declared[name] for name in placeholders}, results, constants, steps
    )


def _node(written: Mapping[str, Any]) -> Node:
    """Return a node. Raises ValueError for an op or an attribute that is not known."""
    name, op, attributes = written["name"], written["op"], written.get("attr", {})
    references = [each for each in written.get("input", []) if not each.startswith("^")]
    if op in _INPUTS:
        return Node(name, op, (), {})
    if op not in OPERATIONS:
        raise ValueError(f"{name}: unknown op {op}")
    try:
        known = read_attributes(attributes, OPERATIONS[op].attributes)
    except ValueError as error:
        raise ValueError(f"{name} ({op}): {error}") from error
    return Node(name, op, tuple(map(_parse, references)), known)


def _is_input(node: Mapping[str, Any]) -> bool:
    return bool(node["op"] == "Placeholder")


def _parse(reference: str) -> Reference:
    name, _, number = reference.partition(":")
    return name, int(number or 0)


def _reference(signature: Mapping[str, Any], kind: str, name: str) -> Reference:
    """Return the node of an input or output; without an entry in the signature, by its name."""
    return _parse(signature.get(kind, {}).get(name, {"name": name})["name"])


def _placeholder_spec(node: Mapping[str, Any]) -> TensorSpec:
    attributes = node["attr"]
    return read_spec(attributes["dtype"]["type"], attributes.get("shape", {}).get("shape"))


def _output_spec(signature: Mapping[str, Any], name: str) -> TensorSpec:
    entry = signature.get("outputs", {}).get(name, {})
    return read_spec(entry.get("dtype"), entry.get("tensorShape"))


def _refuse_other_constant(node: Mapping[str, Any], weights: Mapping[str, Array]) -> None:
    """Raise ValueError if the weight of a constant is not the one that its node declares."""
    if node["op"] == "Const":
        attributes = node.get("attr", {})
        shape = attributes.get("value", {}).get("tensor", {}).get("tensorShape")
        spec = read_spec(attributes.get("dtype", {}).get("type"), shape)
        _refuse_other(node["name"], spec, weights[node["name"]])


def _refuse_other(name: str, spec: TensorSpec, found: Array) -> None:
    if not spec.fits(found):
        raise ValueError(f"{name}: expected {spec}, found {found.dtype} {found.shape}")


def _in_order(nodes: Mapping[str, Node], ends: Sequence[str]) -> Iterator[Node]:
    """Yield the nodes that `ends` need, each after its inputs."""
    needed: dict[str, list[str]] = {}
    waiting = list(ends)
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed[name] = [other for other, _ in nodes[name].inputs]
            waiting += needed[name]
    yield from (nodes[name] for name in TopologicalSorter(needed).static_order())


def _folded(
    nodes: Iterator[Node], weights: Mapping[str, Array], ends: Sequence[str]
) -> tuple[Values, list[Step]]:
    """Compute all that depends on weights alone, and return it with the steps for the rest."""
    constants: Values = {}
    left: list[Node] = []
    with np.errstate(all="ignore"):
        for node in nodes:
            if node.op == "Const":
                constants[node.name] = [weights[node.name]]
            elif node.op != "Placeholder" and all(name in constants for name, _ in node.inputs):
                constants[node.name] = node.run(constants)
            elif node.op != "Placeholder":
                left.append(node)
    readers = {name: i for i, node in enumerate(left) for name, _ in node.inputs}
    read = {*readers, *ends}
    released: list[list[str]] = [[] for _ in left]
    for name, i in readers.items():
        if name not in constants and name not in ends:
            released[i].append(name)
    steps = [Step(node, tuple(names)) for node, names in zip(left, released, strict=True)]
    return {name: each for name, each in constants.items() if name in read}, steps


def _as_tensor(values: Any) -> Array:
    """Return a result as a tensor of TensorFlow.js: float32, int32 or bool."""
    array = np.asarray(values)
    kinds = {"f": np.float32, "i": np.int32, "u": np.int32, "b": np.bool_}
    return array.astype(kinds[array.dtype.kind], copy=False)
