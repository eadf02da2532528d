"""Values as the nodes of a model.json, and their constants as its weights."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.graph.finite import without_infinities
from zlide.graph.ir import PART, Value, in_order, make

_TYPES = {"float32": "DT_FLOAT", "int32": "DT_INT32", "bool": "DT_BOOL"}

Weights = dict[str, NDArray[Any]]


def to_model_json(
    inputs: Mapping[str, Value], outputs: Mapping[str, Value]
) -> tuple[dict[str, Any], Weights]:
    """Return model.json without its weights, and the weights by name.

    Inputs and outputs have the names of the contract, all other nodes a number in the order in
    which they run, so that equal graphs are written alike.
    """
    results = _named(inputs, outputs)
    names = {value: name for name, value in [*inputs.items(), *results.items()]}
    values = list(in_order([*inputs.values(), *results.values()]))
    unnamed = (value for value in values if value not in names and value.op != PART)
    names.update({value: f"n{i}" for i, value in enumerate(unnamed)})
    nodes = [_node(value, names) for value in values if value.op != PART]
    weights = {
        names[value]: without_infinities(value.array) for value in values if value.array is not None
    }
    signature = {
        kind: {name: _tensor(name, value) for name, value in sorted(tensors.items())}
        for kind, tensors in (("inputs", inputs), ("outputs", results))
    }
    model = {
        "format": "graph-model",
        "generatedBy": "zlide",
        "convertedBy": "zlide",
        "signature": signature,
        "modelTopology": {"node": nodes, "versions": {"producer": 1645}},
    }
    return model, weights


def _named(inputs: Mapping[str, Value], outputs: Mapping[str, Value]) -> dict[str, Value]:
    """Return outputs of which each is a node of its own, that can have the output's name."""
    taken = set(inputs.values())
    results = {}
    for name, value in outputs.items():
        is_free = value not in taken and value.op not in {PART, "Const"}
        results[name] = value if is_free else _identity(value)
        taken.add(results[name])
    return results


def _identity(value: Value) -> Value:
    return (
        Value("Identity", (value,), {}, value.specs)
        if value.array is not None
        else make("Identity", value)
    )


def _node(value: Value, names: Mapping[Value, str]) -> dict[str, Any]:
    node: dict[str, Any] = {"op": value.op}
    kind = _TYPES[value.dtype.name]
    if value.op == "Placeholder":
        node["attr"] = {"dtype": {"type": kind}, "shape": {"shape": _shape(value)}}
    elif value.array is not None:
        tensor = {"dtype": kind, "tensorShape": _shape(value)}
        node["attr"] = {"dtype": {"type": kind}, "value": {"tensor": tensor}}
    elif attributes := {**value.attributes, **_counted(value)}:
        node["attr"] = {name: _attribute(each) for name, each in sorted(attributes.items())}
    node["name"] = names[value]
    if value.inputs:
        node["input"] = [_reference(each, names) for each in value.inputs]
    return node


def _counted(value: Value) -> dict[str, int]:
    """Return how many tensors an op joins; TensorFlow.js takes two if it is not told."""
    joins = {"ConcatV2": len(value.inputs) - 1, "Pack": len(value.inputs)}
    return {"N": joins[value.op]} if value.op in joins else {}


def _reference(value: Value, names: Mapping[Value, str]) -> str:
    if value.op != PART:
        return names[value]
    name, index = names[value.inputs[0]], value.attributes["index"]
    return f"{name}:{index}" if index else name


def _tensor(name: str, value: Value) -> dict[str, Any]:
    kind = _TYPES[value.dtype.name]
    return {"name": f"{name}:0", "dtype": kind, "tensorShape": _shape(value)}


def _shape(value: Value) -> dict[str, Any]:
    return {"dim": [{"size": str(max(size, -1))} for size in value.shape]}


def _attribute(value: Any) -> dict[str, Any]:
    if isinstance(value, list | tuple):
        parts = [_attribute(each) for each in value]
        kind = next(iter(parts[0])) if parts else "i"
        return {"list": {kind: [part[kind] for part in parts]}}
    if isinstance(value, bool):
        return {"b": value}
    if isinstance(value, int | np.integer):
        return {"i": str(int(value))}
    if isinstance(value, float):
        return {"f": value}
    if isinstance(value, np.dtype):
        return {"type": _TYPES[value.name]}
    return {"s": base64.b64encode(str(value).encode()).decode()}
