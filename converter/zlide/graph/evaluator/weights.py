"""Read the weights of a graph from its shards, as the page loads them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from zlide.bundle import Weight, lay_out_weights, weight_inconsistencies
from zlide.errors import ZlideError
from zlide.graph.evaluator.operation import Array

_STORED = {
    "float32": "<f4",
    "int32": "<i4",
    "float16": "<f2",
    "uint16": "<u2",
    "uint8": "u1",
    "bool": "?",
}
"""The form of a number in a shard."""


def read_weights(path: Path, model: Mapping[str, Any]) -> dict[str, Array]:
    """Return the weights by name, for the content of the model.json at `path`.

    Numbers of float16 and whole numbers with a scale and a minimum become float32. Raises
    ZlideError if shards and model.json contradict each other, and OSError for a missing shard.
    """
    groups = model.get("weightsManifest") or []
    shards = {shard: path.parent / shard for group in groups for shard in group["paths"]}
    if problems := weight_inconsistencies(path.name, model, shards):
        raise ZlideError(path.parent, problems[0], "export the model again")
    data = b"".join(shard.read_bytes() for shard in shards.values())
    weights = lay_out_weights([spec for group in groups for spec in group["weights"]])
    return {name: _read(weight, data) for name, weight in weights.items()}


def _read(weight: Weight, data: bytes) -> Array:
    stored = np.frombuffer(
        data[weight.begin : weight.end], _STORED[weight.quantized or weight.dtype]
    )
    values = stored.reshape(weight.shape)
    if weight.quantized in {"uint8", "uint16"}:
        scale, minimum = weight.factors
        values = values * scale + minimum
        values = np.rint(values) if weight.dtype == "int32" else values
    return values.astype(weight.dtype)
