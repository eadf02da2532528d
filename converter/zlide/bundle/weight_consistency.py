"""Consistency of a graph's weights: its shards hold the weights that its model.json specifies.

Weights must be finite, nodes must read only what exists, and scales must fit the weights.
The page checks most of this on loading, in `webapp/src/runtime/weights.ts`; TensorFlow.js checks
the rest.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

ITEM_SIZES = {"float32": 4, "int32": 4, "float16": 2, "uint16": 2, "uint8": 1, "bool": 1}
"""Bytes per number in a shard, by dtype."""

_MAX_NAMED = 5


@dataclass(frozen=True)
class Weight:
    """A weight as it is stored in the shards.

    dtype: of the loaded weight. quantized: of the stored numbers, if different.
    begin, end: its bytes in the concatenated shards.
    factors: scale and minimum of whole numbers, as TensorFlow.js applies them.
    """

    shape: tuple[int, ...]
    dtype: str
    quantized: str | None
    begin: int
    end: int
    factors: tuple[float, float]


def weight_inconsistencies(
    path: str, model: Mapping[str, Any], files: Mapping[str, Path]
) -> list[str]:
    """Return one line for each contradiction between a model.json and its shards.

    path: of the model.json in the bundle. model: its content. files: the bundle's files by path.
    Raises ValueError, KeyError, TypeError or AttributeError if `model` is not a model.json.
    """
    groups = model.get("weightsManifest") or []
    parent = PurePosixPath(path).parent
    shards = [str(parent / shard) for group in groups for shard in group["paths"]]
    if missing := [shard for shard in shards if shard not in files]:
        return [f"{path}: expected its shards in the manifest, did not find {', '.join(missing)}"]
    weights = lay_out_weights([spec for group in groups for spec in group["weights"]])
    data = b"".join(files[shard].read_bytes() for shard in shards)
    size = max((weight.end for weight in weights.values()), default=0)
    if size != len(data):
        return [f"{path}: expected {size} bytes of weights in its shards, found {len(data)}"]
    nodes = model["modelTopology"]["node"]
    problems = [*_node_problems(nodes, weights), *_number_problems(weights, data)]
    for node in nodes:
        problems += _scale_problems(node, weights)
    return [f"{path}: {problem}" for problem in problems]


def lay_out_weights(specs: list[Mapping[str, Any]]) -> dict[str, Weight]:
    """Return the weights by name, which follow each other in the shards."""
    weights, begin = {}, 0
    for spec in specs:
        shape, quantization = tuple(spec["shape"]), spec.get("quantization") or {}
        if not all(type(size) is int and size >= 0 for size in shape):
            raise ValueError(f"not a shape: {shape}")
        quantized = quantization.get("dtype")
        factors = (float(quantization.get("scale", 1)), float(quantization.get("min", 0)))
        end = begin + math.prod(shape) * ITEM_SIZES[quantized or spec["dtype"]]
        weights[spec["name"]] = Weight(shape, spec["dtype"], quantized, begin, end, factors)
        begin = end
    return weights


def _node_problems(nodes: list[Mapping[str, Any]], weights: Mapping[str, Weight]) -> Iterator[str]:
    """Yield constants without a weight, and nodes with inputs that do not exist."""
    constants = [node["name"] for node in nodes if node["op"] == "Const"]
    if missing := [name for name in constants if name not in weights]:
        found = ", ".join(missing[:_MAX_NAMED])
        yield f"expected a weight for each constant, found none for {found}"
    names = {node["name"] for node in nodes}
    for node in nodes:
        read = {name.removeprefix("^").partition(":")[0] for name in node.get("input") or []}
        if unknown := sorted(read - names):
            found = ", ".join(unknown[:_MAX_NAMED])
            yield f"{node['name']}: expected inputs that are nodes of the graph, found {found}"


def _number_problems(weights: Mapping[str, Weight], data: bytes) -> Iterator[str]:
    """Yield weights with numbers that are not finite."""
    dtypes = {("float32", None): "<f4", ("float32", "float16"): "<f2"}
    for name, weight in weights.items():
        values = np.array(weight.factors)
        if dtype := dtypes.get((weight.dtype, weight.quantized)):
            values = np.frombuffer(data[weight.begin : weight.end], dtype)
        if len(bad := values[~np.isfinite(values)]):
            yield f"{name}: expected finite numbers, found {bad[0]}"


def _scale_problems(node: Mapping[str, Any], weights: Mapping[str, Weight]) -> Iterator[str]:
    """Yield a product of an 8-bit weight with scales that vary along more than one dimension."""
    factors = [weights.get(name) for name in node.get("input") or []] if node["op"] == "Mul" else []
    match factors:
        case [Weight(quantized="uint8") as whole, Weight(dtype="float32", quantized=None) as scale]:
            varying = [i for i, size in enumerate(scale.shape) if size != 1]
            fitting = tuple(size if i in varying else 1 for i, size in enumerate(whole.shape))
            if len(varying) > 1 or scale.shape != fitting:
                yield (
                    f"{node['name']}: expected scales for a weight {whole.shape} along one "
                    f"dimension and of size 1 in the others, found {scale.shape}"
                )
