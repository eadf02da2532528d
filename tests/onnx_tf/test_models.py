"""The golden models and those that ship: both converters compute the same, and ours is small."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.onnx_tf.cases import MAX_DIFFERENCE
from tests.onnx_tf.models import GOLDEN, SHIPPED, convert, inputs_of, model_of
from zlide.converters import Converter
from zlide.graph import Parts, read_graph
from zlide.parity import relative_difference

NODES: dict[str, dict[str, int]] = json.loads(
    (Path(__file__).parent / "nodes.json").read_text("utf-8")
)
"""Nodes of the graphs of each model before zlide had a converter of its own."""

LARGER = {
    "golden pictures": {"decoder/image": 15},
    "doom": {"decoder/image": 26},
    "racing": {"decoder/image": 26},
}
"""Graphs with more nodes than before, by model.

A transposed convolution is now one convolution for each row phase, and a Concat. It was one and a
DepthToSpace, whose kernel on WebAssembly is slow.
"""

Both = dict[Converter, Parts]


@pytest.fixture(scope="module", params=[*GOLDEN, *SHIPPED])
def converted(request: pytest.FixtureRequest, tmp_path_factory: Any) -> tuple[str, Path, Both]:
    """Return the name of a model, the folder of its graphs, and these, by converter."""
    name, folder = request.param, tmp_path_factory.mktemp("both")
    model = model_of(name)
    parts = {converter: convert(model, folder / converter, converter) for converter in Converter}
    return name, folder, parts


@torch.no_grad()
def test_both_converters_compute_the_same(converted: tuple[str, Path, Both]) -> None:
    _, folder, parts = converted
    ours, theirs = parts[Converter.ZLIDE], parts[Converter.ONNX_TF]
    assert ours.graphs.keys() == theirs.graphs.keys()
    for path in ours.graphs:
        graph = ours.graph(path)
        inputs, outputs = sorted(graph.inputs), graph.outputs
        file = folder / Converter.ZLIDE / graph.path
        values = inputs_of(json.loads(file.read_text("utf-8")), words=30)
        results = [
            read_graph(folder / converter / graph.path, inputs, outputs).run(*values)
            for converter in Converter
        ]
        for name, one, other in zip(outputs, *results, strict=True):
            assert one.shape == other.shape, (path, name)
            assert one.dtype == other.dtype, (path, name)
            found = relative_difference(*(torch.from_numpy(x).double() for x in (one, other)))
            assert found <= MAX_DIFFERENCE, (path, name)


def test_our_graphs_have_no_more_nodes_than_before(converted: tuple[str, Path, Both]) -> None:
    name, _, parts = converted
    found = {path: sum(graph.ops.values()) for path, graph in parts[Converter.ZLIDE].graphs.items()}
    assert found.keys() == NODES[name].keys()
    limits = NODES[name] | LARGER.get(name, {})
    assert {path: count for path, count in found.items() if count > limits[path]} == {}
