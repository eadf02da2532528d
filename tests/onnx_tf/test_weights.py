"""Weights are read from shards as tensorflowjs reads them."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from zlide.graph.evaluator.weights import read_weights

GRAPHS = sorted((Path(__file__).parents[1] / "golden").rglob("model.json"))


@pytest.mark.parametrize("path", GRAPHS, ids=lambda path: "/".join(path.parts[-4:-1]))
def test_reads_the_same_weights_as_tensorflowjs(path: Path) -> None:
    from tensorflowjs import read_weights as reader

    model = json.loads(path.read_text("utf-8"))
    theirs = {
        entry["name"]: entry["data"]
        for entry in reader.read_weights(model["weightsManifest"], str(path.parent), flatten=True)
    }
    ours = read_weights(path, model)
    assert ours.keys() == theirs.keys()
    assert ours
    for name, weight in ours.items():
        assert weight.dtype == theirs[name].dtype
        assert np.array_equal(weight, theirs[name]), name
