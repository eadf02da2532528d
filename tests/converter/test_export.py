"""Export writes a whole bundle or nothing, the same bytes every time, and refuses in one line."""

from __future__ import annotations

import errno
import gzip
import json
import re
import runpy
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

import zlide
from zlide.bundle.folder import graph_nodes, read_bundle
from zlide.bundle.points import read_points
from zlide.bundle.probe import read_probe
from zlide.checkpoint.networks.sentence import SentenceConfig, SentenceVAE
from zlide.cli.tables import format_report
from zlide.decoders.greedy import decode_greedily
from zlide.exporter.model import POSITIONS
from zlide.exporter.pipeline import Report
from zlide.graph.evaluator.weights import read_weights
from zlide.quantization import quantize_weights

pytestmark = pytest.mark.needs_conversion

V, E, H, Z = 12, 6, 9, 5
WORDS = ["<begin>", "<end>", *"abcdefghij"]
GOLDEN = Path(__file__).parents[1] / "golden"


class Small(nn.Module):
    """A GRU with z in its first state."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(V, E)
        self.first = nn.Linear(Z, H)
        self.cell = nn.GRUCell(E, H)
        self.out = nn.Linear(H, V)

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        return (torch.tanh(self.first(z)),)

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        h = self.cell(self.embedding(token), state[0])
        return self.out(h), (h,)


def small(decoder_type: type[Small] = Small) -> Small:
    torch.manual_seed(8)
    decoder = decoder_type()
    with torch.no_grad():
        for parameter in decoder.parameters():
            parameter.mul_(3.0)
    return decoder


def latents() -> NDArray[np.float64]:
    return np.random.default_rng(8).normal(size=(100, Z))


AXES = zlide.fit_pca(latents(), 4)
VOCABULARY = zlide.Vocabulary(WORDS, max_length=6)


def contents(folder: Path) -> dict[str, bytes]:
    return {
        p.relative_to(folder).as_posix(): p.read_bytes()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report, list[str]]:
    to = tmp_path_factory.mktemp("bundles") / "small"
    stages: list[str] = []
    raw = zlide.raw_dimensions(latents().mean(0), latents().std(0), [1, 3])
    examples = {"a b c": latents()[0], "d e f": latents()[1], "g": latents()[2]}
    report = zlide.export(
        small(),
        [AXES, raw],
        to=to,
        vocabulary=VOCABULARY,
        examples=examples,
        title="Small",
        progress=stages.append,
    )
    return to, report, stages


def test_writes_a_whole_bundle(exported: tuple[Path, Report, list[str]]) -> None:
    to, report, stages = exported
    manifest = read_bundle(to)
    assert manifest == report.manifest
    assert (
        manifest.name,
        manifest.title,
        manifest.latent_size,
        manifest.encoder,
        manifest.precision,
    ) == ("small", "Small", Z, None, "float16")
    assert [(s.name, s.default_count, len(s.axes)) for s in manifest.axes] == [
        ("pca", 4, 4),
        ("raw", 2, 2),
    ]
    assert [poster.text for poster in manifest.posters] == ["a b c", "d e f"]
    assert (to / "vocabulary.txt").read_text().splitlines() == WORDS
    assert stages[0] == "checking the contract"
    assert stages.index("choosing the precision") < stages.index("lowering")
    assert list(report.seconds) == stages
    assert report.positions == POSITIONS
    assert max(graph.difference for graph in report.graphs.graphs.values()) < 1e-5
    assert sorted(p.name for p in to.parent.iterdir()) == ["small", "small.reference.safetensors"]


def test_probe_and_posters_are_what_pytorch_decodes(
    exported: tuple[Path, Report, list[str]],
) -> None:
    to, report, _ = exported
    decoder = small().eval()
    quantize_weights(decoder, "float16")
    probe = read_probe(to / report.manifest.probe, "tokens")
    assert np.allclose(AXES.to_z(probe.sliders, probe.residual), probe.z, atol=1e-6)
    settings = {"begin": 0, "end": 1, "max_length": 6}
    decoded = decode_greedily(decoder, torch.from_numpy(probe.z), **settings)
    assert [[t for t in row if t != 1] for row in probe.samples.tolist()] == decoded
    assert len({tuple(ids) for ids in decoded}) > 5
    first = decode_greedily(decoder, torch.tensor(latents()[:1], dtype=torch.float32), **settings)[
        0
    ]
    assert report.manifest.posters[0].decoded == VOCABULARY.text(first)


def test_takes_latents_as_tensors_arrays_and_lists(
    tmp_path: Path, exported: tuple[Path, Report, list[str]]
) -> None:
    rows = torch.tensor(latents(), requires_grad=True)
    examples: dict[str, Any] = {
        "a b c": rows[0],
        "d e f": rows.T.contiguous()[:, 1],
        "g": latents()[2].tolist(),
    }
    zlide.export(
        small(),
        AXES,
        to=tmp_path / "small",
        vocabulary=VOCABULARY,
        examples=examples,
        title="Small",
    )
    assert (tmp_path / "small/examples.json").read_bytes() == (
        exported[0] / "examples.json"
    ).read_bytes()


def test_leaves_the_decoder_unchanged(tmp_path: Path) -> None:
    decoder = small().train()
    before = {name: value.clone() for name, value in decoder.state_dict().items()}
    zlide.export(decoder, AXES, to=tmp_path / "same", vocabulary=VOCABULARY)
    assert decoder.training
    assert all(p.requires_grad for p in decoder.parameters())
    assert all(torch.equal(value, before[name]) for name, value in decoder.state_dict().items())


def test_float32_changes_no_sample(tmp_path: Path) -> None:
    report = zlide.export(
        small(),
        AXES,
        to=tmp_path / "exact",
        vocabulary=VOCABULARY,
        precision="float32",
    )
    assert report.changed_by_quantization[0] == 0
    assert report.changed_by_quantization[1] >= 1000


class Larger(Small):
    """Has tables large enough for whole numbers and scales."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(V, 32)
        self.cell = nn.GRUCell(32, H)


def quantized_dtypes(graph: Path) -> set[str]:
    (group,) = json.loads((graph / "model.json").read_text("utf-8"))["weightsManifest"]
    return {entry["quantization"]["dtype"] for entry in group["weights"] if "quantization" in entry}


def test_chooses_uint8_for_a_decoder_quantized_before(tmp_path: Path) -> None:
    decoder = small(Larger)
    quantize_weights(decoder, "uint8")
    report = zlide.export(decoder, AXES, to=tmp_path / "eight", vocabulary=VOCABULARY)
    assert report.manifest.precision == "uint8"
    assert report.changed_by_quantization == (0, report.changed_by_quantization[1])
    assert report.changed_by_quantization[1] >= 1000
    assert max(graph.difference for graph in report.graphs.graphs.values()) < 1e-5
    step = tmp_path / "eight/decoder/step"
    assert "uint8" in quantized_dtypes(step)
    # Products of constants are computed when the graph is loaded, and do not count as nodes.
    nodes, counted = (
        json.loads((step / "model.json").read_text("utf-8"))["modelTopology"]["node"],
        graph_nodes(step / "model.json"),
    )
    assert counted == report.graphs.graphs["decoder/step"].ops
    assert sum(node["op"] == "Mul" for node in nodes) > counted.get("Mul", 0)
    found = weights(step)
    table = decoder.state_dict()["embedding.weight"].numpy()
    products = [
        found[node["input"][0]] * found[node["input"][1]]
        for node in nodes
        if node["op"] == "Mul" and set(node["input"]) <= found.keys()
    ]
    assert any(
        product.shape == table.shape and np.array_equal(product, table) for product in products
    )


@pytest.mark.parametrize("part", ["decoder", "encoder"])
def test_chooses_float32_for_a_weight_beyond_float16(part: str, tmp_path: Path) -> None:
    parts: dict[str, Any] = (
        {"decoder": huge()}
        if part == "decoder"
        else {"decoder": small(), "encoder": huge_encoder()}
    )
    report = zlide.export(**parts, axes=AXES, to=tmp_path / "there", vocabulary=VOCABULARY)
    assert report.manifest.precision == read_bundle(tmp_path / "there").precision == "float32"
    assert (
        report.overflow
        == ("decoder.cell.bias_hh" if part == "decoder" else "encoder.mean.bias")
        + " holds 1e+06, beyond float16"
    )
    assert report.changed_by_quantization[0] == 0
    assert any(f"; {report.overflow}" in str(line) for line in format_report(report))


@pytest.mark.parametrize("precision", ["uint8", "float16", "float32", None])
def test_uses_uint8_only_on_request_if_it_changes_too_many_samples(
    precision: Any, tmp_path: Path
) -> None:
    report = zlide.export(
        small(Larger),
        AXES,
        to=tmp_path / "there",
        vocabulary=VOCABULARY,
        precision=precision,
    )
    assert report.manifest.precision == (precision or "float16")
    changed, samples = report.changed_by_quantization
    assert (changed > 0.005 * samples) == (precision == "uint8")
    assert quantized_dtypes(tmp_path / "there/decoder/step") == {
        "uint8": {"uint8", "float16"},
        "float32": set(),
    }.get(precision, {"float16"})


def test_golden_bundle_is_up_to_date_and_the_same_in_another_process(tmp_path: Path) -> None:
    runpy.run_path(str(GOLDEN / "make.py"))["make"](tmp_path / "one/text")
    program = (
        "import runpy, sys; from pathlib import Path; "
        "runpy.run_path(sys.argv[1])['make'](Path(sys.argv[2]))"
    )
    subprocess.run(
        [sys.executable, "-c", program, str(GOLDEN / "make.py"), str(tmp_path / "two/text")],
        check=True,
        capture_output=True,
        timeout=300,
    )
    one, two, golden = (
        contents(tmp_path / "one/text"),
        contents(tmp_path / "two/text"),
        contents(GOLDEN / "text"),
    )
    assert one == two
    assert one.keys() == golden.keys()
    # Sums of floats, and with them PCA, may differ in the last digit on another machine.
    for name in (name for name in golden if name.endswith("model.json")):
        assert json.loads(one[name]) == json.loads(golden[name]), name
        ours, theirs = (
            weights((folder / name).parent) for folder in (tmp_path / "one/text", GOLDEN / "text")
        )
        assert ours.keys() == theirs.keys()
        assert all(np.allclose(ours[key], theirs[key], atol=1e-5) for key in ours), name
    one_probe, golden_probe = (
        read_probe(folder / "probe.safetensors", "tokens")
        for folder in (tmp_path / "one/text", GOLDEN / "text")
    )
    assert np.allclose(one_probe.z, golden_probe.z, atol=1e-5)
    assert np.array_equal(one_probe.samples, golden_probe.samples)
    assert one["vocabulary.txt"] == golden["vocabulary.txt"]
    path = "axes/pca/points.bin"
    assert np.allclose(
        read_points(tmp_path / "one/text" / path, 7),
        read_points(GOLDEN / "text" / path, 7),
        atol=0.002,
    )


def weights(graph: Path) -> dict[str, NDArray[Any]]:
    path = graph / "model.json"
    return read_weights(path, json.loads(path.read_text("utf-8")))


Change = Callable[[], dict[str, Any]]
"""Returns arguments of export that replace correct ones."""


class NoStep(nn.Module):
    def start(self, z: Tensor) -> Any:
        return (z,)


class Wider(Small):
    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        logits, after = super().step(token, state)
        return torch.cat([logits, logits], dim=1), after


class Seeing(Small):
    """Gets z at every step, and starts from zeros."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(E + Z, H)

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        return torch.zeros(len(z), H), z

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        h = self.cell(torch.cat([self.embedding(token), state[1]], dim=1), state[0])
        return self.out(h), (h, state[1])


class Shifted(Small):
    """Adds a learned vector to z."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.ones(1, Z))

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        return super().start(z + self.shift)


class Broken(Small):
    def start(self, z: Tensor) -> tuple[Tensor, ...]:  # noqa: ARG002
        raise RuntimeError("broken")


class Precise(Small):
    """Computes in float64, with float32 as input and output."""

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        return (super().start(z.double())[0].float(),)

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        logits, (h,) = super().step(token, (state[0].double(),))
        return logits.float(), (h.float(),)


class KeepsZ(Small):
    """Keeps z on itself, with the rows of the last start."""

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        self.first_z = self.first(z)
        return super().start(z)

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        h = self.cell(self.embedding(token), state[0])
        return self.out(h + self.first_z), (h,)


class Branching(Small):
    """Branches on a word that most sentences do not have."""

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        logits, after = super().step(token, state)
        return (logits.flip(1) if (token == 7).any() else logits), after


def trained() -> nn.Module:
    decoder = small(KeepsZ)
    decoder.start(torch.zeros(3, Z))
    return decoder


def spoiled() -> nn.Module:
    decoder = small()
    with torch.no_grad():
        decoder.out.weight[0, 0] = float("nan")
    return decoder


def huge() -> nn.Module:
    decoder = small()
    with torch.no_grad():
        decoder.cell.bias_hh[0] = 1e6
    return decoder


def huge_encoder() -> nn.Module:
    encoder = SentenceVAE(
        SentenceConfig(vocabulary=V, embedding=E, encoder=H, latent_size=Z)
    ).encoder
    with torch.no_grad():
        encoder.mean.bias[0] = 1e6
    return encoder


def locked() -> nn.Module:
    """Return a decoder that keeps a lock, which Python cannot copy."""
    decoder = small()
    decoder.lock = threading.Lock()  # type: ignore[assignment]
    return decoder


class Settings(dict[str, int]):
    """Settings by attribute; one that is missing raises KeyError, where Python asks, too."""

    def __getattr__(self, name: str) -> int:
        return self[name]


def with_settings() -> nn.Module:
    decoder = small()
    decoder.settings = Settings(width=8)  # type: ignore[assignment]
    return decoder


def hooked() -> nn.Module:
    """Return a decoder with the old weight norm, a hook: copy.deepcopy refuses it after a call."""
    decoder = small()
    torch.nn.utils.weight_norm(decoder.out)
    decoder.step(torch.tensor([1]), decoder.start(torch.zeros(1, Z)))
    return decoder


DOUBLE = "RuntimeError: mat1 and mat2 must have the same dtype, but got Float and Double"
"""PyTorch's message."""

REFUSALS: dict[str, tuple[Change, str, list[str], str]] = {
    "decoder without methods": (
        lambda: {"decoder": 3},
        "decoder",
        ["start and step", "found a int "],
        "contracts.py",
    ),
    "decoder without step": (
        lambda: {"decoder": NoStep()},
        "decoder",
        ["start and step", "found a NoStep "],
        "contracts.py",
    ),
    "encoder without methods": (
        lambda: {"encoder": NoStep()},
        "encoder",
        ["start, read and finish", "found a NoStep "],
        "contracts.py",
    ),
    "too many logits": (
        lambda: {"decoder": small(Wider)},
        "decoder.step",
        ["expected logits (5, 12)", "found (5, 24)"],
        "vocabulary",
    ),
    "too few words": (
        lambda: {"vocabulary": WORDS[:-1]},
        "decoder.step",
        ["expected logits (5, 11)", "found (5, 12)"],
        "vocabulary",
    ),
    "narrow axes": (
        lambda: {"axes": zlide.fit_pca(latents()[:, :4], 2)},
        "axes pca",
        ["latent size, 5, found axes of 4"],
        "latents of this decoder",
    ),
    "wide axes": (
        lambda: {"axes": zlide.fit_pca(np.hstack([latents(), latents()[::-1]]), 2)},
        "axes pca",
        ["latent size, 5, found axes of 10"],
        "latents of this decoder",
    ),
    "narrow axes, z at every step": (
        lambda: {"decoder": small(Seeing), "axes": zlide.fit_pca(latents()[:, :4], 2)},
        "axes pca",
        ["latent size, 5, found axes of 4"],
        "latents of this decoder",
    ),
    "narrow axes, z broadcast by a sum": (
        lambda: {"decoder": small(Shifted), "axes": zlide.fit_pca(latents()[:, :4], 2)},
        "axes pca",
        ["latent size, 5, found axes of 4"],
        "latents of this decoder",
    ),
    "narrow axes and another vocabulary": (
        lambda: {"axes": zlide.fit_pca(latents()[:, :4], 2), "vocabulary": WORDS[:-1]},
        "axes pca",
        ["latent size, 5, found axes of 4"],
        "latents of this decoder",
    ),
    "fails at any latent size": (
        lambda: {"decoder": small(Broken), "axes": zlide.fit_pca(latents()[:, :4], 2)},
        "decoder.start",
        ["batch of 5: RuntimeError: broken"],
        "contracts.py",
    ),
    "float16": (
        lambda: {"decoder": small().half()},
        "decoder",
        ["expected weights of float32, found float16"],
        "decoder.float()",
    ),
    "bfloat16": (
        lambda: {"decoder": small().bfloat16()},
        "decoder",
        ["expected weights of float32, found bfloat16"],
        "decoder.float()",
    ),
    "float64": (
        lambda: {"decoder": small().double()},
        "decoder.start",
        [f"batch of 5: {DOUBLE}"],
        "decoder.float()",
    ),
    "axes of two latent sizes": (
        lambda: {"axes": [AXES, zlide.raw_dimensions(np.zeros(4), np.ones(4), [0])]},
        "axes",
        ["found 5 for pca, 4 for raw"],
        "same latents",
    ),
    "axes of one name": (
        lambda: {"axes": [AXES, AXES]},
        "axes",
        ["different names, found pca, pca"],
        "dataclasses.replace",
    ),
    "no sets of axes": (lambda: {"axes": []}, "axes", ["found none"], "zlide.fit_pca"),
    "axes as an array": (
        lambda: {"axes": latents()},
        "axes",
        ["expected zlide.Axes", "found ndarray"],
        "zlide.fit_pca",
    ),
    "axes left out": (
        lambda: {"axes": None},
        "axes",
        ["expected zlide.Axes", "found NoneType"],
        "zlide.fit_pca",
    ),
    "a set of axes by its name": (
        lambda: {"axes": [AXES, "raw"]},
        "axes",
        ["expected zlide.Axes", "found str"],
        "zlide.fit_pca",
    ),
    "narrow example": (
        lambda: {"examples": {"a b": latents()[0, :3]}},
        "examples, 'a b'",
        ["expected a latent (5,)", "axes pca", "found (3,)"],
        "z (5,)",
    ),
    "example with a batch": (
        lambda: {"examples": {"a b": latents()[:1]}},
        "examples, 'a b'",
        ["expected a latent (5,)", "found (1, 5)"],
        "z (5,)",
    ),
    "number as an example": (
        lambda: {"examples": {"a b": torch.tensor(1.0)}},
        "examples, 'a b'",
        ["expected a latent (5,)", "found ()"],
        "z (5,)",
    ),
    "text as an example": (
        lambda: {"examples": {"a b": "a b"}},
        "examples, 'a b'",
        ["expected numbers, found 'a b'"],
        "",
    ),
    "None as an example": (
        lambda: {"examples": {"a b": None}},
        "examples, 'a b'",
        ["expected numbers, found None"],
        "",
    ),
    "example without data": (
        lambda: {"examples": {"a b": torch.empty(Z, device="meta")}},
        "examples, 'a b'",
        ["expected numbers, found Tensor: "],
        "",
    ),
    "NaN as an example": (
        lambda: {"examples": {"a b": np.full(Z, np.nan)}},
        "examples, 'a b'",
        ["found NaN or infinity"],
        "encode",
    ),
    "examples as a list": (
        lambda: {"examples": [latents()[0]]},
        "examples",
        ["expected a mapping", "found list"],
        "posterior mean",
    ),
    "number as the text of an example": (
        lambda: {"examples": {3: latents()[0]}},
        "examples",
        ["expected text", "found 3"],
        "posterior mean",
    ),
    "number as to": (lambda: {"to": 5}, "to", ["expected the path", "found 5"], "pathlib.Path"),
    "bytes as to": (
        lambda: {"to": b"there"},
        "to",
        ["expected the path", "found b'there'"],
        "pathlib.Path",
    ),
    "empty to": (lambda: {"to": ""}, "to", ["expected the path", "found ''"], "pathlib.Path"),
    "empty title": (
        lambda: {"title": ""},
        "title",
        ["expected text, found ''"],
        "name of the folder",
    ),
    "blank title": (
        lambda: {"title": " \n"},
        "title",
        ["expected text, found ' \\n'"],
        "name of the folder",
    ),
    "half a character as title": (
        lambda: {"title": "\ud800"},
        "title",
        ["expected text, found '\\ud800'"],
        "name of the folder",
    ),
    "zero byte in to": (
        lambda: {"to": "a\0b"},
        "to",
        ["expected the path", "found 'a\\x00b'"],
        "pathlib.Path",
    ),
    "number as title": (
        lambda: {"title": 3},
        "title",
        ["expected text, found 3"],
        "name of the folder",
    ),
    "metadata": (
        lambda: {"metadata": {"license": "MIT"}},
        "metadata",
        ["expected zlide.Metadata(…), found dict"],
        "zlide.Metadata(license=",
    ),
    "precision": (
        lambda: {"precision": "int8"},
        "precision",
        ["expected float32 or float16 or uint8, found 'int8'"],
        "leave it out",
    ),
    "precision that cannot be hashed": (
        lambda: {"precision": ["uint8"]},
        "precision",
        ["expected float32 or float16 or uint8, found ['uint8']"],
        "leave it out",
    ),
    "checkpoint": (
        lambda: {"metadata": zlide.Metadata(checkpoint="not a hash")},
        "metadata",
        ["expected checkpoint as a SHA-256", "found 'not a hash'"],
        "sha256sum",
    ),
    "license": (
        lambda: {"metadata": zlide.Metadata(license=3)},  # type: ignore[arg-type]
        "metadata",
        ["expected license as text, found 3"],
        "SPDX",
    ),
    "words as text": (
        lambda: {"vocabulary": "abcdefghijkl"},
        "vocabulary",
        ["expected a list of words, found str"],
        "",
    ),
    "a word twice": (
        lambda: {"vocabulary": [*WORDS[:-1], "a"]},
        "vocabulary, line 12",
        ["'a'", "line 3"],
        "",
    ),
    "z kept on self": (
        lambda: {"decoder": small(KeepsZ)},
        "decoder.step",
        ["another call of start", "batch of 5: RuntimeError: The size of tensor a (5) must "],
        "in the state",
    ),
    "z kept on self in training": (
        lambda: {"decoder": trained()},
        "decoder.step",
        ["another call of start", "batch of 5: RuntimeError: The size of tensor a (5) must "],
        "in the state",
    ),
    "lock": (
        lambda: {"decoder": locked()},
        "decoder",
        ["copied", "TypeError: cannot pickle '_thread.lock' object"],
        "copy.deepcopy",
    ),
    "settings that Python cannot copy": (
        lambda: {"decoder": with_settings()},
        "decoder",
        ["copied", "KeyError: '__deepcopy__'"],
        "copy.deepcopy",
    ),
    "rare branch": (
        lambda: {"decoder": small(Branching)},
        "decoder.step",
        [f"{Path(__file__).name}, line "],
        "torch.where",
    ),
    "NaN in a weight": (
        lambda: {"decoder": spoiled()},
        "decoder",
        ["NaN or infinity in out.weight"],
        "learning rate",
    ),
    "overflow": (
        lambda: {"decoder": huge(), "precision": "uint8"},
        "decoder.cell.bias_hh",
        ["holds 1e+06, beyond float16"],
        "--precision float32",
    ),
}


def test_exports_a_decoder_whose_hook_keeps_computed_weights(tmp_path: Path) -> None:
    decoder: Any = hooked()
    zlide.export(decoder, AXES, to=tmp_path / "hooked", vocabulary=WORDS, precision="uint8")
    assert decoder.out.weight.grad_fn is not None  # the author's module is as it was


@pytest.mark.parametrize("name", REFUSALS)
def test_refuses_in_one_line_and_changes_no_file(
    name: str, tmp_path: Path, exported: tuple[Path, Report, list[str]]
) -> None:
    change, where, problems, remedy = REFUSALS[name]
    to = tmp_path / "there"
    to.mkdir()
    for path, data in contents(exported[0]).items():
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        (to / path).write_bytes(data)
    before = contents(tmp_path)
    for target in (to, tmp_path / "new"):
        arguments: dict[str, Any] = {
            "decoder": small(),
            "axes": AXES,
            "to": target,
            "vocabulary": VOCABULARY,
        }
        with pytest.raises(zlide.ZlideError) as error:
            zlide.export(**{**arguments, **change()})
        assert error.value.where == where
        assert all(problem in error.value.problem for problem in problems)
        assert remedy in error.value.remedy
        assert "\n" not in str(error.value)
        assert contents(tmp_path) == before
        assert [p.name for p in tmp_path.iterdir()] == ["there"]


def test_accepts_float64_inside_with_float32_outside(tmp_path: Path) -> None:
    zlide.export(small(Precise).double(), AXES, to=tmp_path / "precise", vocabulary=VOCABULARY)
    assert read_bundle(tmp_path / "precise").name == "precise"


def test_replaces_a_bundle_and_no_other_files(
    tmp_path: Path, exported: tuple[Path, Report, list[str]]
) -> None:
    to = tmp_path / "small"
    to.mkdir()
    (to / "thesis.txt").write_text("years of work")
    with pytest.raises(zlide.ZlideError) as error:
        zlide.export(small(), AXES, to=to, vocabulary=VOCABULARY)
    assert error.value.where == str(to)
    assert "manifest.json" in error.value.problem
    assert "another folder" in error.value.remedy
    assert contents(tmp_path) == {"small/thesis.txt": b"years of work"}
    (to / "thesis.txt").unlink()
    zlide.export(small(), AXES, to=to, vocabulary=VOCABULARY)
    before = contents(to)
    raw = zlide.raw_dimensions(latents().mean(0), latents().std(0), [3, 1])
    zlide.export(small(), [AXES, raw], to=to, vocabulary=VOCABULARY, examples={"one": latents()[0]})
    assert {"examples.json", "axes/raw/to/model.json"} <= contents(to).keys()
    (to / "manifest.json.gz").write_bytes(
        gzip.compress((to / "manifest.json").read_bytes())
    )  # as in a site
    foreign = dict.fromkeys(
        ("notes.txt", "axes/raw/why.txt", "decoder/step/group2-shard1of1.bin"), b"0"
    )
    for name, data in foreign.items():
        (to / name).write_bytes(data)
    zlide.export(small(), AXES, to=to, vocabulary=VOCABULARY)
    assert contents(to) == {**before, **foreign}
    assert sorted(p.name for p in tmp_path.iterdir()) == ["small", "small.reference.safetensors"]
    assert (
        contents(to)["decoder/step/model.json"] == contents(exported[0])["decoder/step/model.json"]
    )


@pytest.mark.parametrize("name", ["My Model", "größe", ".hidden", "a b"])
def test_refuses_folder_names_that_a_url_cannot_have(name: str, tmp_path: Path) -> None:
    with pytest.raises(zlide.ZlideError) as error:
        zlide.export(small(), AXES, to=tmp_path / name, vocabulary=VOCABULARY)
    assert error.value.where == str(tmp_path / name)
    assert error.value.problem.endswith(f"found {name!r}")
    assert "name" in error.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_reports_a_full_disk_in_one_line_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *_: object) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr("zlide.exporter.pack.write_probe", full)
    with pytest.raises(zlide.ZlideError) as error:
        zlide.export(small(), AXES, to=tmp_path / "full", vocabulary=VOCABULARY)
    assert error.value.where == str(tmp_path / "full")
    assert "no space left" in error.value.problem
    assert "again" in error.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_writes_nothing_if_the_written_graph_decodes_otherwise(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zlide.graph.text import WrittenDecoder

    def wrong(
        self: WrittenDecoder, token: Tensor, state: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        logits, *after = self._step(token, *state)
        return logits.flip(1), tuple(after[1:])

    monkeypatch.setattr(WrittenDecoder, "step", wrong)
    with pytest.raises(zlide.ZlideError) as error:
        zlide.export(small(), AXES, to=tmp_path / "wrong", vocabulary=VOCABULARY)
    assert error.value.where == "export"
    assert re.match(r"the written graph .* at \d+ of 64 positions", error.value.problem)
    assert re.search(r"expected '.*', found '.*'$", error.value.problem)
    assert "report" in error.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_json_has_no_path_of_this_machine(exported: tuple[Path, Report, list[str]]) -> None:
    for name, data in contents(exported[0]).items():
        if name.endswith(".json"):
            json.loads(data)
        assert str(exported[0].parent).encode() not in data
