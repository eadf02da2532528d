"""Whether the shards of a graph hold the weights that its model.json specifies, and scales fit what they scale.

The page asks the same where it loads a graph, in `webapp/src/runtime/weights.ts`.
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


@dataclass(frozen=True)
class Weight:
    """A weight as it travels: its numbers are bytes `begin` to `end` of the shards, and `quantized` is their type where it is not `dtype`."""

    shape: tuple[int, ...]
    dtype: str
    quantized: str | None
    begin: int
    end: int


def misfits_of_weights(path: str, model: Mapping[str, Any], files: Mapping[str, Path]) -> list[str]:
    """Every contradiction between a model.json at `path`, whose content is `model`, and its shards, which are among `files`; one line each.

    Raises ValueError, KeyError, TypeError or AttributeError for what is no model.json.
    """
    groups = model.get("weightsManifest") or []
    shards = [str(PurePosixPath(path).parent / shard) for group in groups for shard in group["paths"]]
    if missing := [shard for shard in shards if shard not in files]:
        return [f"{path}: expected its shards in the manifest, found no {', '.join(missing)}"]
    weights = _laid_out([spec for group in groups for spec in group["weights"]])
    data = b"".join(files[shard].read_bytes() for shard in shards)
    taken = max((weight.end for weight in weights.values()), default=0)
    if taken != len(data):
        return [f"{path}: expected shards of {taken} bytes, as its weights take, found {len(data)}"]
    return [f"{path}: {problem}" for node in model["modelTopology"]["node"] for problem in _of_product(node, weights, data)]


def _laid_out(specs: list[Mapping[str, Any]]) -> dict[str, Weight]:
    """Weights by name, one after the other."""
    weights, at = {}, 0
    for spec in specs:
        shape, quantized = tuple(spec["shape"]), (spec.get("quantization") or {}).get("dtype")
        if not all(type(size) is int and size >= 0 for size in shape):
            raise ValueError(f"no shape: {shape}")
        end = at + math.prod(shape) * WIDTHS[quantized or spec["dtype"]]
        weights[spec["name"]] = Weight(shape, spec["dtype"], quantized, at, end)
        at = end
    return weights


def _of_product(node: Mapping[str, Any], weights: Mapping[str, Weight], data: bytes) -> Iterator[str]:
    """Of a node that multiplies whole numbers of eight bits by scales, which differ along one dimension at most."""
    factors = [weights.get(name) for name in node.get("input") or []] if node["op"] == "Mul" else []
    match factors:
        case [Weight(quantized="uint8") as whole, Weight(dtype="float32", quantized=None) as scale]:
            name = node["name"]
            along = [i for i, size in enumerate(scale.shape) if size != 1]
            if len(along) > 1 or scale.shape != tuple(size if i in along else 1 for i, size in enumerate(whole.shape)):
                yield f"{name}: expected scales as wide as a weight of {whole.shape} in one dimension and 1 in the others, found {scale.shape}"
                return
            scales = np.frombuffer(data[scale.begin : scale.end], "<f4")
            if len(lost := scales[~np.isfinite(scales)]):
                yield f"{name}: expected finite scales, found {lost[0]} among them"
