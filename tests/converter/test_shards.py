"""Quantized weights are stored as whole numbers and scales, and restored to the last bit."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from zlide.bundle.folder import count_ops
from zlide.graph.evaluator.weights import read_weights
from zlide.graph.shards import SCALE, WHOLE, take_apart, write_graph
from zlide.quantization import quantize_per_channel

pytestmark = pytest.mark.needs_conversion

Weight = NDArray[np.float32]


def quantized_weights(*shape: int, axis: int = 0) -> Weight:
    weights = torch.randn(*shape, generator=torch.Generator().manual_seed(3)) * 0.1
    return np.asarray(quantize_per_channel(weights, axis).numpy())


TRANSFORMED: dict[str, Callable[[], Weight]] = {
    "unchanged": lambda: quantized_weights(40, 30),
    "scales of the second dimension": lambda: quantized_weights(40, 30, axis=1),
    "slice": lambda: quantized_weights(120, 30)[40:80],
    "columns": lambda: quantized_weights(40, 60)[:, 10:40],
    "transpose": lambda: quantized_weights(40, 30).T,
    "concatenation": lambda: np.concatenate(
        [quantized_weights(40, 30), quantized_weights(50, 30) * 3]
    ),
    "HWIO kernel": lambda: quantized_weights(16, 8, 3, 3).transpose(2, 3, 1, 0),
    "HWOI kernel": lambda: quantized_weights(8, 16, 4, 4, axis=1).transpose(2, 3, 1, 0),
    "sums of four weights": lambda: quantized_weights(16, 90, 4).sum(2, dtype=np.float32),
    "with rows of zeros": lambda: (
        quantized_weights(40, 30) * (np.arange(40) % 3 > 0).astype(np.float32)[:, None]
    ),
}


@pytest.mark.parametrize("name", TRANSFORMED)
def test_factors_restore_the_weight_to_the_last_bit(name: str) -> None:
    weight = TRANSFORMED[name]()
    factors = take_apart(weight)
    assert factors is not None
    whole, scale = factors
    assert np.array_equal(whole, np.rint(whole))
    assert np.abs(whole).max() <= (508 if name == "sums of four weights" else 127)
    assert whole.dtype == scale.dtype == np.float32
    assert (whole.shape, scale.ndim) == (weight.shape, weight.ndim)
    assert sum(size > 1 for size in scale.shape) <= 1
    assert np.array_equal(whole * scale, weight)


UNFACTORED: dict[str, Callable[[], NDArray[Any]]] = {
    "not quantized": lambda: np.random.default_rng(3).normal(size=(40, 30)).astype(np.float32),
    "float16": lambda: (
        np.random.default_rng(3).normal(size=(40, 30)).astype(np.float16).astype(np.float32)
    ),
    "one number off": lambda: (
        quantized_weights(40, 30) + np.eye(40, 30, 7, dtype=np.float32) * 1e-4
    ),
    "small": lambda: quantized_weights(15, 17),
    "a vector": lambda: np.arange(300, dtype=np.float32),
    "whole numbers": lambda: np.arange(300, dtype=np.int32).reshape(20, 15),
}


@pytest.mark.parametrize("name", UNFACTORED)
def test_other_weights_have_no_factors(name: str) -> None:
    assert take_apart(UNFACTORED[name]()) is None


def test_sums_of_weights_take_16_bits(tmp_path: Path) -> None:
    weight = TRANSFORMED["sums of four weights"]()
    node = {"name": "w", "op": "Const", "attr": {"dtype": {"type": "DT_FLOAT"}}}
    size = write_graph({"modelTopology": {"node": [node]}}, {"w": weight}, tmp_path)
    assert size == 2 * weight.size + 4 * len(weight)
    model = json.loads((tmp_path / "model.json").read_text("utf-8"))
    whole, scale = (
        read_weights(tmp_path / "model.json", model)[f"w{suffix}"] for suffix in (WHOLE, SCALE)
    )
    assert np.array_equal(whole * scale, weight)


def test_writes_a_graph_losslessly_in_a_third_of_the_bytes(tmp_path: Path) -> None:
    halves = np.random.default_rng(4).normal(size=50).astype(np.float16).astype(np.float32)
    weights = {
        "table": quantized_weights(200, 64),
        "kernel": TRANSFORMED["HWIO kernel"](),
        "halves": halves,
        "exact": np.random.default_rng(3).normal(size=50).astype(np.float32),
        "shape": np.array([2, 3], np.int32),
    }
    nodes = [{"name": name, "op": "Const", "attr": {}} for name in weights] + [
        {"name": "x", "op": "Placeholder", "attr": {}},
        {"name": "y", "op": "MatMul", "input": ["x", "table"]},
    ]
    size = write_graph(
        {"format": "graph-model", "modelTopology": {"node": nodes}}, weights, tmp_path / "graph"
    )
    model = json.loads((tmp_path / "graph/model.json").read_text("utf-8"))
    read = read_weights(tmp_path / "graph/model.json", model)
    products = {
        node["name"]: np.multiply(*(read[name] for name in node["input"]))
        for node in model["modelTopology"]["node"]
        if node["op"] == "Mul"
    }
    assert products.keys() == {"table", "kernel"}
    found = {
        **{name: data for name, data in read.items() if not name.endswith((WHOLE, SCALE))},
        **products,
    }
    assert found.keys() == weights.keys()
    for name, data in weights.items():
        assert (found[name].dtype, found[name].shape) == (data.dtype, data.shape)
        assert np.array_equal(found[name], data), name
    assert sum(path.stat().st_size for path in (tmp_path / "graph").glob("*.bin")) == size
    quantized = weights["table"].size + weights["kernel"].size
    assert size == quantized + 4 * (200 + 16) + 2 * 50 + 4 * 50 + 4 * 2
    assert size < 0.3 * sum(data.nbytes for data in weights.values())
    # The products are computed once, when the graph is loaded.
    assert count_ops(model["modelTopology"]["node"]) == {"Placeholder": 1, "MatMul": 1}


def _matmuls(*weights: str) -> list[dict[str, Any]]:
    attr = {"transpose_a": {"b": False}, "transpose_b": {"b": False}}
    return [
        {"name": f"by_{name}", "op": "MatMul", "input": ["x", name], "attr": attr}
        for name in weights
    ]


def test_stores_tied_embeddings_once(tmp_path: Path) -> None:
    table = quantized_weights(200, 64)
    weights = {
        "table": table,
        "head": np.ascontiguousarray(table.T),
        "other": quantized_weights(64, 200, axis=1),
    }
    lookup = {"name": "row", "op": "GatherV2", "input": ["table", "token"]}
    nodes = [{"name": name, "op": "Const", "attr": {}} for name in weights] + [
        lookup,
        *_matmuls("head", "other"),
    ]
    size = write_graph({"modelTopology": {"node": nodes}}, weights, tmp_path)
    model = json.loads((tmp_path / "model.json").read_text("utf-8"))
    written = {node["name"]: node for node in model["modelTopology"]["node"]}
    assert size == 2 * table.size + 4 * (200 + 200)
    assert "head" not in written
    assert written["by_head"]["input"] == ["x", "table"]
    assert written["by_head"]["attr"]["transpose_b"] == {"b": True}
    assert written["by_other"]["input"] == ["x", "other"]
    assert written["by_other"]["attr"]["transpose_b"] == {"b": False}
    assert count_ops(model["modelTopology"]["node"]) == {"MatMul": 2, "GatherV2": 1}


def test_keeps_a_transpose_that_is_also_added(tmp_path: Path) -> None:
    table = quantized_weights(200, 64)
    weights = {"table": table, "head": np.ascontiguousarray(table.T)}
    others = [
        {"name": "row", "op": "GatherV2", "input": ["table", "token"]},
        {"name": "sum", "op": "AddV2", "input": ["y", "head"]},
    ]
    nodes = [{"name": name, "op": "Const", "attr": {}} for name in weights] + [
        *others,
        *_matmuls("head"),
    ]
    size = write_graph({"modelTopology": {"node": nodes}}, weights, tmp_path)
    assert size == 2 * table.size + 2 * 4 * 200
