"""Give the nodes of a converted graph reproducible names.

TensorFlow's names contain counters and paths of its wrappers. Inputs and outputs get the names of
the contract, all other nodes a number in the order in which they run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from numpy.typing import NDArray

from zlide.graph.unfuse import unfuse


def rename(
    model: Mapping[str, Any], weights: Mapping[str, NDArray[Any]], outputs: Sequence[str]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return model.json and its weights with new names.

    The converter guesses the signature's keys from dtypes and shapes, which two states may share.
    Two things are certain: placeholders have the names of the function's inputs, and outputs are
    Identity, Identity_1, … in the alphabetical order of the function's outputs.
    Placeholders that the optimizer dropped as unused are put back.
    """
    inputs = {_node(tensor["name"]): tensor for tensor in model["signature"]["inputs"].values()}
    results = {_node(tensor["name"]): tensor for tensor in model["signature"]["outputs"].values()}
    names = {name: name for name in inputs}
    names |= {f"Identity_{i}" if i else "Identity": name for i, name in enumerate(sorted(outputs))}
    nodes = _in_order(unfuse(model["modelTopology"]["node"], weights))
    for i, node in enumerate(node for node in nodes if node["name"] not in names):
        names[node["name"]] = f"n{i}"
    unused = [
        _placeholder(name, tensor)
        for name, tensor in sorted(inputs.items())
        if all(node["name"] != name for node in nodes)
    ]
    signature = {
        kind: {
            names[old]: {**tensor, "name": f"{names[old]}:0"}
            for old, tensor in sorted(tensors.items())
        }
        for kind, tensors in (("inputs", inputs), ("outputs", results))
    }
    renamed = [
        {**_stable(node), "name": names[node["name"]], **_inputs(node, names)}
        for node in [*unused, *nodes]
    ]
    topology = {"node": renamed, "versions": model["modelTopology"].get("versions", {})}
    header = {key: model[key] for key in ("format", "generatedBy", "convertedBy")}
    return {**header, "signature": signature, "modelTopology": topology}, {
        names[n["name"]]: weights[n["name"]] for n in nodes if n["name"] in weights
    }


def _placeholder(name: str, tensor: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": name,
        "op": "Placeholder",
        "attr": {"dtype": {"type": tensor["dtype"]}, "shape": {"shape": tensor["tensorShape"]}},
    }


def _node(reference: str) -> str:
    return reference.removeprefix("^").split(":")[0]


def _inputs(node: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, list[str]]:
    renamed = [
        reference.replace(_node(reference), names[_node(reference)], 1)
        for reference in node.get("input", [])
    ]
    return {"input": renamed} if renamed else {}


def _stable(node: Mapping[str, Any]) -> dict[str, Any]:
    """Return op and attributes, without the device and what only TensorFlow's runtime reads."""
    attributes = {
        key: value for key, value in sorted(node.get("attr", {}).items()) if not key.startswith("_")
    }
    return {"op": node["op"], **({"attr": attributes} if attributes else {})}


def _in_order(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Sort nodes after their inputs, otherwise by name, so that equal graphs are written alike."""
    by_name = {node["name"]: node for node in nodes}
    done: dict[str, dict[str, Any]] = {}

    def visit(name: str) -> None:
        if name not in done:
            for reference in by_name[name].get("input", []):
                visit(_node(reference))
            done[name] = by_name[name]

    for name in sorted(by_name):
        visit(name)
    return list(done.values())
