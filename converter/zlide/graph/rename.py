"""A converted graph with names that mean something, and that are the same every time.

TensorFlow's names carry counters and the path through its own wrappers. Here inputs and outputs get the names of the contract,
all other nodes a number in the order in which they run.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from zlide.graph.unfuse import unfuse


def rename(model: Mapping[str, Any], weights: Mapping[str, np.ndarray]) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """model.json and its weights, renamed by its signature; a placeholder that the optimizer dropped as unused is put back."""
    signature = model["signature"]
    nodes = _in_order(unfuse(model["modelTopology"]["node"]))
    ends = {kind: {_node(tensor["name"]): key for key, tensor in signature.get(kind, {}).items()} for kind in ("inputs", "outputs")}
    names = {**ends["inputs"], **ends["outputs"]}
    for i, node in enumerate(node for node in nodes if node["name"] not in names):
        names[node["name"]] = f"n{i}"
    present = {node["name"] for node in nodes}
    unused = [
        {"name": old, "op": "Placeholder", "attr": {"dtype": {"type": signature["inputs"][key]["dtype"]}, "shape": {"shape": signature["inputs"][key]["tensorShape"]}}}
        for old, key in ends["inputs"].items()
        if old not in present
    ]
    renamed = [{**_stable(node), "name": names[node["name"]], **_inputs(node, names)} for node in [*unused, *nodes]]
    topology = {"node": renamed, "versions": model["modelTopology"].get("versions", {})}
    ports = {kind: {key: {**t, "name": f"{key}:0"} for key, t in sorted(signature.get(kind, {}).items())} for kind in ("inputs", "outputs")}
    head = {key: model[key] for key in ("format", "generatedBy", "convertedBy")}
    return {**head, "signature": ports, "modelTopology": topology}, {names[n["name"]]: weights[n["name"]] for n in nodes if n["name"] in weights}


def _node(reference: str) -> str:
    return reference.removeprefix("^").split(":")[0]


def _inputs(node: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, list[str]]:
    renamed = [reference.replace(_node(reference), names[_node(reference)], 1) for reference in node.get("input", [])]
    return {"input": renamed} if renamed else {}


def _stable(node: Mapping[str, Any]) -> dict[str, Any]:
    """Without the device and without attributes that only TensorFlow's runtime reads."""
    attributes = {key: value for key, value in sorted(node.get("attr", {}).items()) if not key.startswith("_")}
    return {"op": node["op"], **({"attr": attributes} if attributes else {})}


def _in_order(nodes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Inputs before their readers, otherwise in the order of their names, so that the same graph is always written the same way."""
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
