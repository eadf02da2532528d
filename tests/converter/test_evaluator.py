"""The evaluator computes from the files of a graph what PyTorch computes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

import zlide
from tests.golden import make
from tests.onnx_tf.op_cases import TESTED
from zlide.axes import Axes
from zlide.bundle import AxesSet, Graph, Manifest, read_bundle, read_probe
from zlide.contract import freeze
from zlide.decoders import decode_greedily, encode_sentences
from zlide.errors import ZlideError
from zlide.graph.audit import PORTABLE
from zlide.graph.evaluator.table import OPERATIONS
from zlide.graph.evaluator.tensors import Run, on_tensors
from zlide.graph.evaluator.written_graph import read_graph
from zlide.graph.shards import write_graph
from zlide.graph.text import WrittenDecoder, WrittenEncoder
from zlide.quantization import quantize_per_channel

GOLDEN = Path(__file__).parents[1] / "golden"

INPUTS = {"Placeholder", "Const"}  # ops without a computation


def test_computes_every_portable_op() -> None:
    assert OPERATIONS.keys() >= PORTABLE - INPUTS
    assert TESTED.keys() == OPERATIONS.keys()


def run_of(kind: str, graph: Graph) -> Run:
    return on_tensors(read_graph(GOLDEN / kind / graph.path, graph.inputs, graph.outputs))


def difference(ours: Any, theirs: Any) -> float:
    return float(np.abs(np.asarray(ours) - np.asarray(theirs)).max())


def exported(kind: str, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any, list[Axes], Manifest]:
    """Return decoder and encoder of a golden bundle in PyTorch, its axes and its manifest."""
    found: dict[str, Any] = {}

    def keep(decoder: object, axes: object, **others: object) -> None:
        found.update(others, decoder=decoder, axes=axes)

    monkeypatch.setattr(zlide, "export", keep)
    {"text": make.make, "image": make.make_image}[kind](GOLDEN / kind)
    manifest = read_bundle(GOLDEN / kind)
    decoder, encoder = (
        freeze(found[role], role, manifest.precision) for role in ("decoder", "encoder")
    )
    axes = found["axes"] if isinstance(found["axes"], list) else [found["axes"]]
    return decoder, encoder, axes, manifest


@pytest.mark.parametrize("kind", ["text", "image"])
def test_golden_axes_give_z_and_sliders(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    _, _, sets, manifest = exported(kind, monkeypatch)
    rng = np.random.default_rng(5)
    for axes, written in zip(sets, manifest.axes, strict=True):
        assert isinstance(written, AxesSet)
        sliders, z = (
            rng.normal(size=(batch, size)).astype(np.float32)
            for batch, size in ((5, axes.count), (5, axes.latent_size))
        )
        to, back = run_of(kind, written.to), run_of(kind, written.from_)
        (found,) = to(torch.from_numpy(sliders), torch.from_numpy(z))
        assert difference(found, axes.to_z(sliders, z)) < 1e-5
        for ours, theirs in zip(back(torch.from_numpy(z)), axes.from_z(z), strict=True):
            assert difference(ours, theirs) < 1e-5


@torch.no_grad()
def test_golden_pictures_are_those_of_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder, encoder, _, manifest = exported("image", monkeypatch)
    probe = read_probe(GOLDEN / "image" / manifest.probe, "pixels")
    written: Any = manifest.decoder
    for batch in (1, 7):
        z = torch.randn(batch, 8, generator=torch.Generator().manual_seed(batch))
        (pixels,) = run_of("image", written.image)(z)
        assert difference(pixels, decoder(z)) < 1e-6
        (mean,) = run_of("image", manifest.encoder.image)(pixels)  # type: ignore[union-attr]
        assert difference(mean, encoder(pixels)) < 1e-5
    (pixels,) = run_of("image", written.image)(torch.from_numpy(probe.z))
    assert difference(pixels * 255, probe.samples) <= 0.5 + 1e-3


@torch.no_grad()
def test_golden_sentences_are_those_of_pytorch(monkeypatch: pytest.MonkeyPatch) -> None:
    decoder, encoder, _, manifest = exported("text", monkeypatch)
    probe = read_probe(GOLDEN / "text" / manifest.probe, "tokens")
    written: Any = manifest
    ours = WrittenDecoder(*(run_of("text", graph) for _, graph in graphs_in(written.decoder)))
    state, token = decoder.start(torch.from_numpy(probe.z)), torch.arange(len(probe.z))
    (logits, after), (expected, following) = (d.step(token, state) for d in (ours, decoder))
    assert difference(logits, expected) < 1e-4
    assert difference(after[0], following[0]) < 1e-5
    z, settings = torch.from_numpy(probe.z), {"begin": 0, "end": 1, "max_length": 8}
    found = [[*ids, *[1] * (8 - len(ids))] for ids in decode_greedily(ours, z, **settings)]
    assert found == probe.samples.tolist()
    theirs = WrittenEncoder(*(run_of("text", graph) for _, graph in graphs_in(written.encoder)))
    words = torch.from_numpy(probe.samples).long()
    means: list[Tensor] = [encode_sentences(each, words) for each in (theirs, encoder)]
    assert difference(*means) < 1e-5


def graphs_in(spec: Any) -> list[tuple[str, Graph]]:
    return [(name, value) for name, value in spec if isinstance(value, Graph)]


def weight(*shape: int) -> Any:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(3))


@pytest.mark.needs_conversion
def test_reads_weights_of_every_precision_to_the_last_bit(tmp_path: Path) -> None:
    weights = {
        "eight": quantize_per_channel(weight(40, 30), 1).numpy(),
        "sixteen": weight(40, 30).half().float().numpy(),
        "exact": weight(40, 30).numpy(),
        "scalar": np.array(0.1, np.float32),
    }
    nodes: list[dict[str, Any]] = [{"name": name, "op": "Const"} for name in weights]
    nodes += [
        {"name": f"{name}_out", "op": "Identity", "input": [name], "attr": {}} for name in weights
    ]
    write_graph({"modelTopology": {"node": nodes}}, weights, tmp_path)
    (group,) = json.loads((tmp_path / "model.json").read_text("utf-8"))["weightsManifest"]
    assert [each.get("quantization", {}).get("dtype") for each in group["weights"]] == [
        "uint8",
        None,
        "float16",
        None,
        None,
    ]
    graph = read_graph(tmp_path / "model.json", [], [f"{name}_out" for name in weights])
    for found, expected in zip(graph.run(), weights.values(), strict=True):
        assert found.dtype == np.float32
        assert np.array_equal(found, expected)


Change = Callable[[Path, dict[str, Any]], None]


def cut(graph: Path, _model: dict[str, Any]) -> None:
    shard = graph / "group1-shard1of1.bin"
    shard.write_bytes(shard.read_bytes()[:-1])


def infinite(graph: Path, _model: dict[str, Any]) -> None:
    shard = graph / "group1-shard1of1.bin"
    shard.write_bytes(b"\xff" * len(shard.read_bytes()))


def node(op: str, model: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = next(n for n in model["modelTopology"]["node"] if n["op"] == op)
    return found


def first_weight(model: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = model["weightsManifest"][0]["weights"][0]
    return found


def quantized(scale: float) -> Change:
    return lambda _graph, model: first_weight(model).update(
        dtype="float32", quantization={"dtype": "float16", "scale": scale, "min": 0}
    )


DAMAGES: dict[str, tuple[Change, str]] = {
    "too short": (cut, "bytes of weights in its shards, found"),
    "not a number": (infinite, "expected finite numbers, found nan"),
    "no shard": (lambda graph, _: (graph / "group1-shard1of1.bin").unlink(), "No such file"),
    "other dtype": (
        lambda _, model: first_weight(model).update(dtype="int32"),
        "expected float32 (8,), found int32 (8,)",
    ),
    "unknown dtype": (lambda _, model: first_weight(model).update(dtype="float8"), "float8"),
    "smaller dtype": (quantized(1), "bytes of weights in its shards, found"),
    "other shape": (
        lambda _, model: first_weight(model).update(shape=[4, 2]),
        "expected float32 (8,), found float32 (4, 2)",
    ),
    "no weight": (
        lambda _, model: first_weight(model).update(name="other"),
        "expected a weight for each constant",
    ),
    "unknown op": (lambda _, model: node("MatMul", model).update(op="Einsum"), "unknown op Einsum"),
    "unknown attribute": (
        lambda _, model: node("MatMul", model)["attr"].update(rounded={"b": True}),
        "(MatMul): unknown attribute rounded",
    ),
    "unknown input": (
        lambda _, model: node("MatMul", model).update(input=["z", "nothing"]),
        "found nothing",
    ),
    "a cycle": (lambda _, model: node("Sub", model).update(input=["sliders", "residual"]), "cycle"),
    "other input": (lambda _, model: node("Placeholder", model).update(name="n9"), "found z"),
    "other output": (
        lambda _, model: model["signature"]["outputs"]["sliders"].update(name="gone:0"),
        "did not find gone",
    ),
    "other result": (
        lambda _, model: model["signature"]["outputs"]["sliders"].update(name="residual:0"),
        "expected float32 (-1, 7), found float32 (2, 8)",
    ),
    "no graph": (lambda _, model: model.clear(), "modelTopology"),
}


@pytest.mark.parametrize("name", DAMAGES)
def test_refuses_a_damaged_graph_in_one_line(name: str, tmp_path: Path) -> None:
    graph = Path(shutil.copytree(GOLDEN / "text/axes/pca/from", tmp_path / "graph"))
    change, problem = DAMAGES[name]
    model = json.loads((graph / "model.json").read_text("utf-8"))
    change(graph, model)
    (graph / "model.json").write_text(json.dumps(model), "utf-8")
    with pytest.raises(ZlideError) as error:
        read_graph(graph / "model.json", ["z"], ["sliders", "residual"]).run(
            np.zeros((2, 8), np.float32)
        )
    assert problem in str(error.value)
    assert "\n" not in str(error.value)


def test_refuses_a_scale_that_is_not_a_number(tmp_path: Path) -> None:
    data = {"name": "x", "shape": [2], "dtype": "float32"}
    quantization = {"dtype": "uint8", "scale": float("nan"), "min": 0}
    model = {
        "modelTopology": {"node": [{"name": "x", "op": "Const"}]},
        "weightsManifest": [
            {"paths": ["x.bin"], "weights": [{**data, "quantization": quantization}]}
        ],
    }
    (tmp_path / "model.json").write_text(json.dumps(model), "utf-8")
    (tmp_path / "x.bin").write_bytes(b"ab")
    with pytest.raises(ZlideError, match="x: expected finite numbers, found nan"):
        read_graph(tmp_path / "model.json", [], ["x"])


@pytest.mark.parametrize(
    "z", [np.zeros((2, 7), np.float32), np.zeros((2, 8), np.float64), np.zeros(8, np.float32)]
)
def test_refuses_inputs_that_a_graph_does_not_declare(z: Any) -> None:
    graph = read_graph(GOLDEN / "text/axes/pca/from/model.json", ["z"], ["sliders", "residual"])
    with pytest.raises(ZlideError, match=r"z: expected float32 \(-1, 8\)"):
        graph.run(z)


def test_refuses_inputs_of_different_batches() -> None:
    graph = read_graph(GOLDEN / "text/axes/pca/to/model.json", ["sliders", "residual"], ["z"])
    with pytest.raises(ZlideError, match=r"one batch, found \[1, 2\]"):
        graph.run(np.zeros((1, 7), np.float32), np.zeros((2, 8), np.float32))
