"""Give the nodes of a converted graph the names of the contract.

TensorFlow's names contain counters and paths of its wrappers. Inputs and outputs get the names of
the contract, all other nodes a number in the order in which they run.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from graphlib import TopologicalSorter
from typing import Any

from numpy.typing import NDArray
from torch import Tensor

Node = dict[str, Any]
Weights = Mapping[str, NDArray[Any]]


def rename(
    model: Mapping[str, Any],
    weights: Weights,
    inputs: Mapping[str, Tensor],
    outputs: Sequence[str],
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return model.json and its weights with new names, and whole numbers as int32.

    Placeholders have the names of the inputs. Outputs are Identity, Identity_1, … in the
    alphabetical order of their names; the signature may name them otherwise. Placeholders that the
    exporter or the optimizer dropped as unused are put back.
    """
    found = {_name(each["name"]): each for each in model["signature"]["outputs"].values()}
    results = {f"Identity_{i}" if i else "Identity": name for i, name in enumerate(sorted(outputs))}
    nodes = list(_in_order(model["modelTopology"]["node"]))
    present = {node["name"] for node in nodes}
    nodes = [_placeholder(name, x) for name, x in inputs.items() if name not in present] + nodes
    names = {name: name for name in inputs} | results
    unnamed = (node["name"] for node in nodes if node["name"] not in names)
    names |= {name: f"n{i}" for i, name in enumerate(unnamed)}
    shapes = {node["name"]: node["attr"] for node in nodes if node["op"] == "Placeholder"}
    signature = {
        "inputs": {name: _tensor(name, shapes[name]) for name in sorted(inputs)},
        "outputs": {
            name: {**found[old], "name": f"{name}:0"} for old, name in sorted(results.items())
        },
    }
    topology = {
        "node": [_renamed(node, names) for node in nodes],
        "versions": model["modelTopology"].get("versions", {}),
    }
    header = {key: model[key] for key in ("format", "generatedBy", "convertedBy")}
    written = {**header, "signature": signature, "modelTopology": topology}
    return _with_int32(written), {
        names[node["name"]]: weights[node["name"]] for node in nodes if node["op"] == "Const"
    }


def _in_order(nodes: Iterable[Node]) -> Iterable[Node]:
    """Return nodes after their inputs, otherwise by name: equal graphs are written alike."""
    by_name = {node["name"]: node for node in sorted(nodes, key=lambda node: str(node["name"]))}
    needed = {
        name: [_name(each) for each in node.get("input", [])] for name, node in by_name.items()
    }
    return (by_name[name] for name in TopologicalSorter(needed).static_order())


def _name(reference: str) -> str:
    """Return the node of a reference such as "^node" or "node:1"."""
    return reference.removeprefix("^").split(":")[0]


def _placeholder(name: str, tensor: Tensor) -> Node:
    dtype = "DT_FLOAT" if tensor.is_floating_point() else "DT_INT32"
    sizes = [{"size": str(size)} for size in (-1, *tensor.shape[1:])]
    attributes = {"dtype": {"type": dtype}, "shape": {"shape": {"dim": sizes}}}
    return {"name": name, "op": "Placeholder", "attr": attributes}


def _tensor(name: str, attributes: Mapping[str, Any]) -> dict[str, Any]:
    kind, shape = attributes["dtype"]["type"], attributes["shape"]["shape"]
    return {"name": f"{name}:0", "dtype": kind, "tensorShape": shape}


def _renamed(node: Node, names: Mapping[str, str]) -> Node:
    """Return a node without its device and without what only TensorFlow's runtime reads."""
    attributes = {
        key: value for key, value in sorted(node.get("attr", {}).items()) if not key.startswith("_")
    }
    references = [
        each.replace(_name(each), names[_name(each)], 1)
        for each in node.get("input", [])
        if not each.startswith("^")
    ]
    return {
        "op": node["op"],
        **({"attr": attributes} if attributes else {}),
        "name": names[node["name"]],
        **({"input": references} if references else {}),
    }


def _with_int32(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model whose whole numbers are int32, as TensorFlow.js reads int64."""
    text = json.dumps(model).replace('"DT_INT64"', '"DT_INT32"')
    found: dict[str, Any] = json.loads(text)
    return found
