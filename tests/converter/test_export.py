"""An export writes a whole bundle or nothing, the same bytes every time, and says in one line why it will not."""

from __future__ import annotations

import errno
import gzip
import json
import runpy
import subprocess
import sys
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
from zlide.cli.tables import of_report
from zlide.decoders.greedy import decode_greedily
from zlide.exporter.pipeline import Report
from zlide.exporter.text_modality import POSITIONS
from zlide.quantization import quantize_weights

pytestmark = pytest.mark.needs_conversion

V, E, H, Z = 12, 6, 9, 5
WORDS = ["<begin>", "<end>", *"abcdefghij"]
GOLDEN = Path(__file__).parents[1] / "golden"


class Small(nn.Module):
    """A GRU that sees z in its first state."""

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


def small(kind: type[Small] = Small) -> Small:
    torch.manual_seed(8)
    decoder = kind()
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


def test_the_bundle_is_whole_and_says_what_it_is(exported: tuple[Path, Report, list[str]]) -> None:
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
    assert list(report.seconds) == stages
    assert report.positions == POSITIONS
    assert max(graph.difference for graph in report.graphs.graphs.values()) < 1e-5
    assert [p.name for p in to.parent.iterdir()] == ["small"]


def test_the_probe_and_the_posters_are_what_pytorch_decodes(
    exported: tuple[Path, Report, list[str]],
) -> None:
    to, report, _ = exported
    decoder = small().eval()
    quantize_weights(decoder, "float16")
    probe = read_probe(to / report.manifest.probe)
    assert np.allclose(AXES.to_z(probe.sliders, probe.residual), probe.z, atol=1e-6)
    settings = {"begin": 0, "end": 1, "max_length": 6}
    decoded = decode_greedily(decoder, torch.from_numpy(probe.z), **settings)
    assert [[t for t in row if t != 1] for row in probe.tokens.tolist()] == decoded
    assert len({tuple(ids) for ids in decoded}) > 5
    first = decode_greedily(decoder, torch.tensor(latents()[:1], dtype=torch.float32), **settings)[
        0
    ]
    assert report.manifest.posters[0].decoded == VOCABULARY.text(first)


def test_latents_of_examples_come_as_people_have_them(
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


def test_the_decoder_that_was_given_is_left_as_it_was(tmp_path: Path) -> None:
    decoder = small().train()
    before = {name: value.clone() for name, value in decoder.state_dict().items()}
    zlide.export(decoder, AXES, to=tmp_path / "same", vocabulary=VOCABULARY)
    assert decoder.training
    assert all(p.requires_grad for p in decoder.parameters())
    assert all(torch.equal(value, before[name]) for name, value in decoder.state_dict().items())


def test_float32_keeps_every_bit(tmp_path: Path) -> None:
    report = zlide.export(
        small(),
        AXES,
        to=tmp_path / "exact",
        vocabulary=VOCABULARY,
        metadata=zlide.Metadata(precision="float32"),
    )
    assert report.changed_by_rounding[0] == 0
    assert report.changed_by_rounding[1] >= 1000


class Larger(Small):
    """Its tables are large enough to be taken apart."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding = nn.Embedding(V, 32)
        self.cell = nn.GRUCell(32, H)


def of_bytes(graph: Path) -> set[str]:
    (group,) = json.loads((graph / "model.json").read_text("utf-8"))["weightsManifest"]
    return {entry["quantization"]["dtype"] for entry in group["weights"] if "quantization" in entry}


def test_a_decoder_that_was_rounded_before_travels_in_eight_bits(tmp_path: Path) -> None:
    decoder = small(Larger)
    quantize_weights(decoder, "uint8")
    report = zlide.export(decoder, AXES, to=tmp_path / "eight", vocabulary=VOCABULARY)
    assert report.manifest.precision == "uint8"
    assert report.changed_by_rounding == (0, report.changed_by_rounding[1])
    assert report.changed_by_rounding[1] >= 1000
    assert max(graph.difference for graph in report.graphs.graphs.values()) < 1e-5
    step = tmp_path / "eight/decoder/step"
    assert "uint8" in of_bytes(step)
    # What is made of constants alone, when the graph is loaded, is no node of it.
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


@pytest.mark.parametrize("of", ["decoder", "encoder"])
def test_a_weight_beyond_float16_travels_as_float32_where_no_rounding_was_asked_for(
    of: str, tmp_path: Path
) -> None:
    parts: dict[str, Any] = (
        {"decoder": huge()} if of == "decoder" else {"decoder": small(), "encoder": huge_encoder()}
    )
    report = zlide.export(**parts, axes=AXES, to=tmp_path / "there", vocabulary=VOCABULARY)
    assert report.manifest.precision == read_bundle(tmp_path / "there").precision == "float32"
    assert (
        report.overflow
        == ("decoder.cell.bias_hh" if of == "decoder" else "encoder.mean.bias")
        + " holds 1e+06, beyond float16"
    )
    assert report.changed_by_rounding[0] == 0
    assert any(f"; {report.overflow}" in str(line) for line in of_report(report))


@pytest.mark.parametrize("precision", ["uint8", "float16", "float32", None])
def test_a_decoder_that_eight_bits_change_travels_so_only_where_that_is_asked_for(
    precision: Any, tmp_path: Path
) -> None:
    report = zlide.export(
        small(Larger),
        AXES,
        to=tmp_path / "there",
        vocabulary=VOCABULARY,
        metadata=zlide.Metadata(precision=precision),
    )
    assert report.manifest.precision == (precision or "float16")
    changed, of = report.changed_by_rounding
    assert (changed > 0.005 * of) == (precision == "uint8")
    assert of_bytes(tmp_path / "there/decoder/step") == {
        "uint8": {"uint8", "float16"},
        "float32": set(),
    }.get(precision, {"float16"})


def test_the_golden_bundle_is_what_is_exported_now_and_in_another_process(tmp_path: Path) -> None:
    runpy.run_path(str(GOLDEN / "make.py"))["make"](tmp_path / "one/text")
    program = "import runpy, sys; from pathlib import Path; runpy.run_path(sys.argv[1])['make'](Path(sys.argv[2]))"
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
    # On another machine sums of floats may differ in the last digit, and PCA with them.
    for name in (name for name in golden if name.endswith("model.json")):
        assert json.loads(one[name]) == json.loads(golden[name]), name
        ours, theirs = (
            weights((folder / name).parent) for folder in (tmp_path / "one/text", GOLDEN / "text")
        )
        assert ours.keys() == theirs.keys()
        assert all(np.allclose(ours[key], theirs[key], atol=1e-5) for key in ours), name
    one_probe, golden_probe = (
        read_probe(folder / "probe.safetensors")
        for folder in (tmp_path / "one/text", GOLDEN / "text")
    )
    assert np.allclose(one_probe.z, golden_probe.z, atol=1e-5)
    assert np.array_equal(one_probe.tokens, golden_probe.tokens)
    assert one["vocabulary.txt"] == golden["vocabulary.txt"]
    path = "axes/pca/points.bin"
    assert np.allclose(
        read_points(tmp_path / "one/text" / path, 7),
        read_points(GOLDEN / "text" / path, 7),
        atol=0.002,
    )


def weights(graph: Path) -> dict[str, NDArray[Any]]:
    from tensorflowjs.read_weights import read_weights

    manifest = json.loads((graph / "model.json").read_text("utf-8"))["weightsManifest"]
    return {
        entry["name"]: entry["data"] for entry in read_weights(manifest, str(graph), flatten=True)
    }


Break = Callable[[], dict[str, Any]]


class NoStep(nn.Module):
    def start(self, z: Tensor) -> Any:
        return (z,)


class Wider(Small):
    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        logits, after = super().step(token, state)
        return torch.cat([logits, logits], dim=1), after


class Plain(Small):
    def __init__(self) -> None:
        super().__init__()
        self.reader = nn.RNNCell(E, H)


class TopK(Small):
    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        logits, after = super().step(token, state)
        return torch.where(logits < logits.topk(3)[0][:, -1:], logits - 9, logits), after


class Seeing(Small):
    """Sees z at every step, and begins with nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.cell = nn.GRUCell(E + Z, H)

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        return torch.zeros(len(z), H), z

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        h = self.cell(torch.cat([self.embedding(token), state[1]], dim=1), state[0])
        return self.out(h), (h, state[1])


class Shifted(Small):
    """Adds to z what was learned."""

    def __init__(self) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.ones(1, Z))

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        return super().start(z + self.shift)


class Broken(Small):
    def start(self, z: Tensor) -> tuple[Tensor, ...]:  # noqa: ARG002
        raise RuntimeError("broken")


class Precise(Small):
    """Computes in float64 and takes and gives float32."""

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        return (super().start(z.double())[0].float(),)

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        logits, (h,) = super().step(token, (state[0].double(),))
        return logits.float(), (h.float(),)


class Keeping(Small):
    """Keeps z on itself, which is as long as the batch that began last."""

    def start(self, z: Tensor) -> tuple[Tensor, ...]:
        self.first_z = self.first(z)
        return super().start(z)

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        h = self.cell(self.embedding(token), state[0])
        return self.out(h + self.first_z), (h,)


class Branching(Small):
    """Otherwise only after a word that most sentences never hold."""

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        logits, after = super().step(token, state)
        return (logits.flip(1) if (token == 7).any() else logits), after


def trained() -> nn.Module:
    decoder = small(Keeping)
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


def hooked() -> nn.Module:
    """With a weight that the old kind of weight norm computes in a hook: PyTorch cannot copy it once it has run."""
    decoder = small()
    torch.nn.utils.weight_norm(decoder.out)
    decoder.step(torch.tensor([1]), decoder.start(torch.zeros(1, Z)))
    return decoder


COPIED = "Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol at the moment"  # says PyTorch

AXES_OF_WIDTH = "axes pca: expected axes as wide as the z that the decoder takes, {}, found {}; fit them to latents of this decoder"

DOUBLE = (
    "RuntimeError: mat1 and mat2 must have the same dtype, but got Float and Double"  # says PyTorch
)

REFUSALS: dict[str, tuple[Break, str]] = {
    "no module": (
        lambda: {"decoder": 3},
        "decoder: expected the methods start and step, found a int without; ",
    ),
    "no step": (
        lambda: {"decoder": NoStep()},
        "decoder: expected the methods start and step, found a NoStep without; ",
    ),
    "encoder": (
        lambda: {"encoder": NoStep()},
        "encoder: expected the methods start, read and finish, found a NoStep without; ",
    ),
    "logits": (
        lambda: {"decoder": small(Wider)},
        "decoder.step: expected logits (5, 12), one for each word of the vocabulary, found (5, 24); ",
    ),
    "vocabulary": (
        lambda: {"vocabulary": WORDS[:-1]},
        "decoder.step: expected logits (5, 11), one for each word of the vocabulary, found (5, 12); ",
    ),
    "narrow axes": (
        lambda: {"axes": zlide.fit_pca(latents()[:, :4], 2)},
        AXES_OF_WIDTH.format(5, 4),
    ),
    "wide axes": (
        lambda: {"axes": zlide.fit_pca(np.hstack([latents(), latents()[::-1]]), 2)},
        AXES_OF_WIDTH.format(5, 10),
    ),
    "axes beside a step that sees z": (
        lambda: {"decoder": small(Seeing), "axes": zlide.fit_pca(latents()[:, :4], 2)},
        AXES_OF_WIDTH.format(5, 4),
    ),
    "axes beside a sum that stretches": (
        lambda: {"decoder": small(Shifted), "axes": zlide.fit_pca(latents()[:, :4], 2)},
        AXES_OF_WIDTH.format(5, 4),
    ),
    "axes, and another vocabulary": (
        lambda: {"axes": zlide.fit_pca(latents()[:, :4], 2), "vocabulary": WORDS[:-1]},
        AXES_OF_WIDTH.format(5, 4),
    ),
    "broken at any width": (
        lambda: {"decoder": small(Broken), "axes": zlide.fit_pca(latents()[:, :4], 2)},
        "decoder.start: fails on a batch of 5: RuntimeError: broken; see the contract in zlide/decoders.py",
    ),
    "half": (
        lambda: {"decoder": small().half()},
        "decoder: expected weights of float32, found float16; call decoder.float() first",
    ),
    "bfloat16": (
        lambda: {"decoder": small().bfloat16()},
        "decoder: expected weights of float32, found bfloat16; call decoder.float() first",
    ),
    "double": (
        lambda: {"decoder": small().double()},
        f"decoder.start: fails on a batch of 5: {DOUBLE}; its weights are float64: call decoder.float() ",
    ),
    "two widths": (
        lambda: {"axes": [AXES, zlide.raw_dimensions(np.zeros(4), np.ones(4), [0])]},
        "axes: expected sets of one latent space, found pca with 5, raw with 4 dimensions; fit them to the same latents",
    ),
    "same names": (
        lambda: {"axes": [AXES, AXES]},
        "axes: expected sets of different names, found pca, pca; ",
    ),
    "no axes": (lambda: {"axes": []}, "axes: expected at least one set of axes, found none; "),
    "axes as an array": (
        lambda: {"axes": latents()},
        "axes: expected zlide.Axes or a list of them, found ndarray; make them with zlide.fit_pca, ",
    ),
    "axes left out": (
        lambda: {"axes": None},
        "axes: expected zlide.Axes or a list of them, found NoneType; make them with zlide.fit_pca, ",
    ),
    "one of the axes": (
        lambda: {"axes": [AXES, "raw"]},
        "axes: expected zlide.Axes or a list of them, found str; make them with zlide.fit_pca, ",
    ),
    "examples": (
        lambda: {"examples": {"a b": latents()[0, :3]}},
        "examples, 'a b': expected a latent (5,), as wide as the axes pca, found (3,); give {\"a sentence\": z} with its posterior mean, z (5,)",
    ),
    "example of a batch": (
        lambda: {"examples": {"a b": latents()[:1]}},
        "examples, 'a b': expected a latent (5,), as wide as the axes pca, found (1, 5); ",
    ),
    "example of a number": (
        lambda: {"examples": {"a b": torch.tensor(1.0)}},
        "examples, 'a b': expected a latent (5,), as wide as the axes pca, found (); ",
    ),
    "example of text": (
        lambda: {"examples": {"a b": "a b"}},
        "examples, 'a b': expected numbers, found 'a b'; ",
    ),
    "example left out": (
        lambda: {"examples": {"a b": None}},
        "examples, 'a b': expected numbers, found None; ",
    ),
    "example without data": (
        lambda: {"examples": {"a b": torch.empty(Z, device="meta")}},
        "examples, 'a b': expected numbers, found Tensor: ",
    ),
    "lost example": (
        lambda: {"examples": {"a b": np.full(Z, np.nan)}},
        "examples, 'a b': its latent holds NaN or infinity; encode it again",
    ),
    "examples as a list": (
        lambda: {"examples": [latents()[0]]},
        "examples: expected a mapping from text to latent, found list; ",
    ),
    "example by number": (
        lambda: {"examples": {3: latents()[0]}},
        "examples: expected a text for each latent, found 3; ",
    ),
    "to": (
        lambda: {"to": 5},
        "to: expected the path of a folder, found 5; give it as text or as a pathlib.Path",
    ),
    "to as bytes": (
        lambda: {"to": b"there"},
        "to: expected the path of a folder, found b'there'; ",
    ),
    "to nowhere": (lambda: {"to": ""}, "to: expected the path of a folder, found ''; "),
    "empty title": (
        lambda: {"title": ""},
        "title: expected text, found ''; leave it out for the name of the folder",
    ),
    "blank title": (
        lambda: {"title": " \n"},
        "title: expected text, found ' \\n'; leave it out for the name of the folder",
    ),
    "title": (
        lambda: {"title": 3},
        "title: expected text, found 3; leave it out for the name of the folder",
    ),
    "about": (
        lambda: {"about": {"license": "MIT"}},
        "about: expected zlide.About(…), found dict; ",
    ),
    "precision": (
        lambda: {"about": zlide.Metadata(precision="int8")},  # type: ignore[arg-type]
        "about: expected rounding float32 or float16 or uint8, found 'int8'; leave it out for the best of them",
    ),
    "checkpoint": (
        lambda: {"about": zlide.Metadata(checkpoint="not a hash")},
        "about: expected checkpoint as a SHA-256, 64 digits in lower case, found 'not a hash'; ",
    ),
    "license": (
        lambda: {"about": zlide.Metadata(license=3)},
        "about: expected licence as text, found 3; ",
    ),  # type: ignore[arg-type]
    "words as text": (
        lambda: {"vocabulary": "abcdefghijkl"},
        "vocabulary: expected a list of words, found str; ",
    ),
    "words twice": (
        lambda: {"vocabulary": [*WORDS[:-1], "a"]},
        "vocabulary, line 12: 'a' stands already on line 3; ",
    ),
    "kept": (
        lambda: {"decoder": small(Keeping)},
        "decoder.step: cannot go on from a state once start has begun another (fails on a batch of 5: RuntimeError: The size of tensor a (5) must ",
    ),
    "kept from training": (
        lambda: {"decoder": trained()},
        f"decoder: cannot be copied: {COPIED}; keep no computed tensor on it (self.z = …), and take off hooks that compute weights ",
    ),
    "rare branch": (
        lambda: {"decoder": small(Branching)},
        "decoder.step: Python reads a value out of a tensor at test_export.py, line ",
    ),
    "nan": (
        lambda: {"decoder": spoiled()},
        "decoder: NaN or infinity in out.weight; train again with a lower learning rate",
    ),
    "overflow": (
        lambda: {"decoder": huge(), "about": zlide.Metadata(precision="uint8")},
        "decoder.cell.bias_hh: holds 1e+06, beyond float16; keep it with `zlide build … --precision float32`, or in Python with about=",
    ),
    "hook": (
        lambda: {"decoder": hooked()},
        f"decoder: cannot be copied: {COPIED}; keep no computed tensor on it ",
    ),
    "module": (
        lambda: {"decoder": small(Plain)},
        "decoder: cannot convert reader (RNNCell: plain recurrences are not supported); ",
    ),
    "op": (
        lambda: {"decoder": small(TopK)},
        "decoder.step: the graph holds TopKV2, which not every browser backend can run, from decoder.step (TopK); ",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_what_cannot_be_exported_is_one_line_and_leaves_everything_as_it_was(
    name: str, tmp_path: Path, exported: tuple[Path, Report, list[str]]
) -> None:
    change, says = REFUSALS[name]
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
        assert str(error.value).startswith(says)
        assert "\n" not in str(error.value)
        assert contents(tmp_path) == before
        assert [p.name for p in tmp_path.iterdir()] == ["there"]


def test_a_decoder_of_float64_that_takes_and_gives_float32_is_welcome(tmp_path: Path) -> None:
    zlide.export(small(Precise).double(), AXES, to=tmp_path / "precise", vocabulary=VOCABULARY)
    assert read_bundle(tmp_path / "precise").name == "precise"


def test_a_bundle_is_replaced_and_nothing_else_is(
    tmp_path: Path, exported: tuple[Path, Report, list[str]]
) -> None:
    to = tmp_path / "small"
    to.mkdir()
    (to / "thesis.txt").write_text("years of work")
    with pytest.raises(
        zlide.ZlideError,
        match=r"holds other files \(there is no manifest.json\); choose another folder, or empty it$",
    ):
        zlide.export(small(), AXES, to=to, vocabulary=VOCABULARY)
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
    own = dict.fromkeys(
        ("notes.txt", "axes/raw/why.txt", "decoder/step/group2-shard1of1.bin"), b"0"
    )
    for name, data in own.items():
        (to / name).write_bytes(data)
    zlide.export(small(), AXES, to=to, vocabulary=VOCABULARY)
    assert contents(to) == {**before, **own}  # what is not the bundle's stays
    assert [p.name for p in tmp_path.iterdir()] == ["small"]
    assert (
        contents(to)["decoder/step/model.json"] == contents(exported[0])["decoder/step/model.json"]
    )


@pytest.mark.parametrize("name", ["My Model", "größe", ".hidden", "a b"])
def test_names_that_no_manifest_takes(name: str, tmp_path: Path) -> None:
    with pytest.raises(
        zlide.ZlideError, match="expected a folder named in letters a to z, digits, - and _, found "
    ):
        zlide.export(small(), AXES, to=tmp_path / name, vocabulary=VOCABULARY)
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_one_line_and_nothing_stays_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, *_: object) -> None:
        path.write_bytes(b"half")
        raise OSError(errno.ENOSPC, "No space left on device", str(path))

    monkeypatch.setattr("zlide.exporter.text_modality.write_probe", full)
    with pytest.raises(
        zlide.ZlideError,
        match=r"full: no space left on the disk; free some and run the command again$",
    ):
        zlide.export(small(), AXES, to=tmp_path / "full", vocabulary=VOCABULARY)
    assert list(tmp_path.iterdir()) == []


def test_what_tensorflow_says_differently_is_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from zlide.graph.text import TensorFlowDecoder

    def wrong(
        self: TensorFlowDecoder, token: Tensor, state: tuple[Tensor, ...]
    ) -> tuple[Tensor, tuple[Tensor, ...]]:
        logits, *after = self._step.run(token, *state)
        return logits.flip(1), tuple(after[1:])

    monkeypatch.setattr(TensorFlowDecoder, "step", wrong)
    with pytest.raises(
        zlide.ZlideError,
        match=r"^export: TensorFlow differs from PyTorch at \d+ of 64 positions, first: expected '.*', found '.*'; ",
    ):
        zlide.export(small(), AXES, to=tmp_path / "wrong", vocabulary=VOCABULARY)
    assert list(tmp_path.iterdir()) == []


def test_json_holds_no_path_of_this_machine(exported: tuple[Path, Report, list[str]]) -> None:
    for name, data in contents(exported[0]).items():
        if name.endswith(".json"):
            json.loads(data)
        assert str(exported[0].parent).encode() not in data
