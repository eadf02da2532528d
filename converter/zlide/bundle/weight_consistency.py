"""Whether the shards of a graph hold the weights that its model.json specifies, finite ones, that its nodes read nothing else, and that
scales fit what they scale.

The page asks most of it where it loads a graph, in `webapp/src/runtime/weights.ts`, and TensorFlow.js the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

WIDTHS = {"float32": 4, "int32": 4, "float16": 2, "uint16": 2, "uint8": 1, "bool": 1}
"""Bytes of a number that travels."""

_MOST_NAMED = 5


@dataclass(frozen=True)
class Weight:
    """A weight as it travels: its numbers are bytes `begin` to `end` of the shards, and `quantized` is their type where it is not `dtype`.

    factors: by which they are multiplied, and what is added, where they are whole."""

    shape: tuple[int, ...]
    dtype: str
    quantized: str | None
    begin: int
    end: int
    factors: tuple[float, float]


def weight_inconsistencies(
    path: str, model: Mapping[str, Any], files: Mapping[str, Path]
) -> list[str]:
    """Every contradiction between a model.json at `path`, whose content is `model`, and its shards, which are among `files`; one line each.

    Raises ValueError, KeyError, TypeError or AttributeError for what is no model.json.
    """
    groups = model.get("weightsManifest") or []
    shards = [
        str(PurePosixPath(path).parent / shard) for group in groups for shard in group["paths"]
    ]
    if missing := [shard for shard in shards if shard not in files]:
        return [f"{path}: expected its shards in the manifest, found no {', '.join(missing)}"]
    weights = _laid_out([spec for group in groups for spec in group["weights"]])
    data = b"".join(files[shard].read_bytes() for shard in shards)
    taken = max((weight.end for weight in weights.values()), default=0)
    if taken != len(data):
        return [f"{path}: expected shards of {taken} bytes, as its weights take, found {len(data)}"]
    nodes = model["modelTopology"]["node"]
    problems = [
        *_of_reading(nodes, weights),
        *_of_numbers(weights, data),
        *(problem for node in nodes for problem in _of_product(node, weights)),
    ]
    return [f"{path}: {problem}" for problem in problems]


def _laid_out(specs: list[Mapping[str, Any]]) -> dict[str, Weight]:
    """Weights by name, one after the other."""
    weights, at = {}, 0
    for spec in specs:
        shape, quantization = tuple(spec["shape"]), spec.get("quantization") or {}
        quantized, factors = (
            quantization.get("dtype"),
            (float(quantization.get("scale", 1)), float(quantization.get("min", 0))),
        )
        if not all(type(size) is int and size >= 0 for size in shape):
            raise ValueError(f"no shape: {shape}")
        end = at + math.prod(shape) * WIDTHS[quantized or spec["dtype"]]
        weights[spec["name"]] = Weight(shape, spec["dtype"], quantized, at, end, factors)
        at = end
    return weights


def _of_reading(nodes: list[Mapping[str, Any]], weights: Mapping[str, Weight]) -> Iterator[str]:
    """Constants without a weight, and nodes that read what is not there."""
    made = {node["name"] for node in nodes}
    if lacking := [
        node["name"] for node in nodes if node["op"] == "Const" and node["name"] not in weights
    ]:
        yield f"expected a weight for each constant, found none for {', '.join(lacking[:_MOST_NAMED])}"
    for node in nodes:
        read = {name.removeprefix("^").partition(":")[0] for name in node.get("input") or []}
        if lost := sorted(read - made):
            yield f"{node['name']}: expected inputs that the graph has, found {', '.join(lost[:_MOST_NAMED])}"


def _of_numbers(weights: Mapping[str, Weight], data: bytes) -> Iterator[str]:
    """Weights of which some number is none."""
    for name, weight in weights.items():
        kind = {("float32", None): "<f4", ("float32", "float16"): "<f2"}.get(
            (weight.dtype, weight.quantized)
        )
        values = (
            np.frombuffer(data[weight.begin : weight.end], kind)
            if kind
            else np.array(weight.factors)
        )
        if len(lost := values[~np.isfinite(values)]):
            yield f"{name}: expected finite numbers, found {lost[0]} among them"


def _of_product(node: Mapping[str, Any], weights: Mapping[str, Weight]) -> Iterator[str]:
    """Of a node that multiplies whole numbers of eight bits by scales, which differ along one dimension at most."""
    factors = [weights.get(name) for name in node.get("input") or []] if node["op"] == "Mul" else []
    match factors:
        case [Weight(quantized="uint8") as whole, Weight(dtype="float32", quantized=None) as scale]:
            along = [i for i, size in enumerate(scale.shape) if size != 1]
            if len(along) > 1 or scale.shape != tuple(
                size if i in along else 1 for i, size in enumerate(whole.shape)
            ):
                fits = f"expected scales as wide as a weight of {whole.shape} in one dimension and 1 in the others"
                yield f"{node['name']}: {fits}, found {scale.shape}"
