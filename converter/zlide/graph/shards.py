"""Write a graph to disk: model.json, and its weights in shards, losslessly and compactly.

A weight may be whole numbers from −127 to 127 times a scale, one scale for each index along one
dimension. It is stored as these factors, in 8 bits a number. Sums of up to four such weights, as
kernels of enlarged pictures have, take 16 bits. A Mul in the graph restores them, which any
TensorFlow.js can run, and which the page runs once, when it loads. If two weights are transposes
of each other, as in a text model with tied embeddings, only one is stored.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.graph.shard_files import StoredWeight, write_shards
from zlide.quantization import LEVELS

MIN_SIZE = 256
"""Smallest size of a weight that is stored as factors, or only once."""

WHOLE, SCALE = "/whole", "/scale"
"""Suffixes of the names of the two factors of a weight."""

MAX_SUM = 4 * LEVELS
"""Largest whole number of a weight that is stored as factors."""

_TRIED = 4
"""Rows to try before all others: weights that are not quantized fail there."""

Weights = Mapping[str, NDArray[Any]]


def write_graph(model: Mapping[str, Any], weights: Weights, to: Path) -> int:
    """Write model.json and shards into the folder `to`, and return the bytes of the shards."""
    nodes, weights = _without_transposes(model["modelTopology"]["node"], weights)
    factors = {
        name: found for name, data in weights.items() if (found := take_apart(data)) is not None
    }
    nodes = [part for node in nodes for part in _parts(node, factors)]
    to.mkdir(parents=True, exist_ok=True)
    manifest = write_shards(list(_stored(weights, factors)), to)
    written = {
        **model,
        "modelTopology": {**model["modelTopology"], "node": nodes},
        "weightsManifest": manifest,
    }
    (to / "model.json").write_text(json.dumps(written, separators=(",", ":")) + "\n", "utf-8")
    return sum((to / path).stat().st_size for part in manifest for path in part["paths"])


def take_apart(data: NDArray[Any]) -> tuple[NDArray[np.float32], NDArray[np.float32]] | None:
    """Return whole numbers and scales whose product is `data` to the last bit.

    The scales have the shape of `data`, but 1 in all dimensions but one. Returns None if there are
    no such numbers.
    """
    if data.dtype != np.float32 or data.ndim < 2 or data.size < MIN_SIZE:
        return None
    for axis in reversed(range(data.ndim)):
        rows = np.moveaxis(data, axis, 0).reshape(data.shape[axis], -1)
        if _scales(rows[:_TRIED]) is not None and (scale := _scales(rows)) is not None:
            scale = scale.reshape([-1 if i == axis else 1 for i in range(data.ndim)])
            return np.rint(data / scale), scale
    return None


def _without_transposes(
    nodes: Sequence[Mapping[str, Any]], weights: Weights
) -> tuple[list[Mapping[str, Any]], Weights]:
    """Leave out weights whose readers can all multiply by the transpose of another weight."""
    readers = {name: [node for node in nodes if name in node.get("input", [])] for name in weights}
    transposes = {
        name: other
        for name, data in weights.items()
        if data.ndim == 2
        and data.size >= MIN_SIZE
        and all(_multiplies_by(node, name) for node in readers[name])
        for other, other_data in weights.items()
        if other != name
        and data.dtype == other_data.dtype
        and np.array_equal(data.T, other_data)
        and not all(_multiplies_by(n, other) for n in readers[other])
    }
    kept = [_by_transposes(node, transposes) for node in nodes if node["name"] not in transposes]
    return kept, {name: data for name, data in weights.items() if name not in transposes}


def _multiplies_by(node: Mapping[str, Any], name: str) -> bool:
    return (
        node["op"] in {"MatMul", "_FusedMatMul"}
        and node["input"].index(name) == 1
        and node["input"].count(name) == 1
    )


def _by_transposes(node: Mapping[str, Any], transposes: Mapping[str, str]) -> Mapping[str, Any]:
    if node["op"] not in {"MatMul", "_FusedMatMul"} or node["input"][1] not in transposes:
        return node
    x, weight, *bias = node["input"]
    return {
        **node,
        "input": [x, transposes[weight], *bias],
        "attr": {**node["attr"], "transpose_b": {"b": not node["attr"]["transpose_b"]["b"]}},
    }


def _scales(rows: NDArray[np.float32]) -> NDArray[np.float32] | None:
    """Return the scales (N,) of rows (N, M), or None if a row has none.

    The scale of a row is the largest of which all its numbers are whole multiples.
    """
    if len(rows) > 1 and _scales(rows[:1]) is None:
        return None  # soon known of weights that are not quantized
    largest = np.abs(rows).max(1)
    found = np.where(largest > 0, np.float32(0), np.float32(1))  # (N,), 0 until found
    for multiple in range(1, MAX_SUM + 1):
        left = np.flatnonzero(found == 0)
        if not left.size:
            break
        scale = (largest[left] / np.float32(multiple))[:, None]
        exact = (np.rint(rows[left] / scale) * scale == rows[left]).all(1)
        found[left[exact]] = scale[exact, 0]
    return found if found.all() else None


def _parts(node: Mapping[str, Any], factors: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a node, or the factors of a constant and their product."""
    name = node["name"]
    if node["op"] != "Const" or name not in factors:
        yield node
        return
    for suffix, data in zip((WHOLE, SCALE), factors[name], strict=True):
        shape = {"dim": [{"size": str(size)} for size in data.shape]}
        tensor = {"dtype": "DT_FLOAT", "tensorShape": shape}
        yield {
            "op": "Const",
            "attr": {"dtype": {"type": "DT_FLOAT"}, "value": {"tensor": tensor}},
            "name": name + suffix,
        }
    yield {
        "op": "Mul",
        "attr": {"T": {"type": "DT_FLOAT"}},
        "name": name,
        "input": [name + WHOLE, name + SCALE],
    }


def _stored(weights: Weights, factors: Mapping[str, Any]) -> Iterator[StoredWeight]:
    for name, data in weights.items():
        if name in factors:
            whole, scale = factors[name]
            yield _stored_whole(name + WHOLE, whole)
            yield StoredWeight(name + SCALE, scale)
        elif _is_half(data):
            yield StoredWeight(name, data.astype(np.float16), {"original_dtype": "float32"})
        else:
            yield StoredWeight(name, data)


def _stored_whole(name: str, whole: NDArray[np.float32]) -> StoredWeight:
    """Return whole numbers in as few bits as hold them."""
    dtype, limit = (np.uint8, LEVELS) if np.abs(whole).max() <= LEVELS else (np.uint16, MAX_SUM)
    quantization = {"scale": 1, "min": -limit - 1, "original_dtype": "float32"}
    return StoredWeight(name, (whole + limit + 1).astype(dtype), quantization)


def _is_half(data: NDArray[Any]) -> bool:
    with np.errstate(over="ignore"):
        whole = data.dtype == np.float32 and data.size > 1
        return whole and bool((data.astype(np.float16).astype(np.float32) == data).all())
