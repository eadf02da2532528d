"""A third kind of output, registered from outside: curves are exported, checked and described."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from torch import Tensor, nn

import zlide
from tests.curve.curve import CurveDecoder, CurveModality, CurveSpec
from tests.refusal import refusal
from zlide.bundle import DecoderSpec, EncoderSpec, Graph, Widths, read_bundle, read_probe
from zlide.bundle.manifest import schema
from zlide.cli import main
from zlide.cli.tables import format_report
from zlide.decoders import decode_values
from zlide.describe import describe
from zlide.exporter import Report
from zlide.exporter.check_bundle import check_bundle
from zlide.modalities import ValuesModality, modality_of
from zlide.quantization import quantize_weights

Z, T = 4, 16
LATENTS = np.random.default_rng(3).normal(size=(60, Z)).astype(np.float32)
AXES = zlide.fit_pca(LATENTS, 3)

Damage = Callable[..., None]


@pytest.fixture(autouse=True)
def _registered() -> None:
    zlide.register_modality(CurveModality)


def create() -> CurveDecoder:
    torch.manual_seed(3)
    return CurveDecoder(Z, T).eval()


def export(to: Path, decoder: nn.Module | None = None, **more: Any) -> Report:
    arguments: dict[str, Any] = {"modality": CurveModality(), **more}
    return zlide.export(decoder or create(), AXES, to=to, **arguments)


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="zlide")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Report]:
    zlide.register_modality(CurveModality)
    to = tmp_path_factory.mktemp("bundles") / "curve"
    return to, export(to, examples={"one": LATENTS[0], "two": LATENTS[1]})


@pytest.fixture
def curve(exported: tuple[Path, Report], tmp_path: Path) -> Path:
    """Return a copy of the bundle."""
    to = tmp_path / "curve"
    for path in exported[0].rglob("*"):
        if path.is_file():
            copy = to / path.relative_to(exported[0])
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    return to


@pytest.mark.needs_conversion
def test_the_bundle_holds_what_pytorch_decodes(exported: tuple[Path, Report]) -> None:
    to, report = exported
    manifest = read_bundle(to)
    assert manifest == report.manifest
    assert (manifest.tokens, manifest.pictures, manifest.encoder) == (None, None, None)
    assert isinstance(manifest.decoder, CurveSpec)
    assert manifest.decoder.length == T
    written = json.loads((to / "manifest.json").read_text("utf-8"))["decoder"]
    assert written.keys() == {"kind", "curve", "length"}
    decoder = create()
    quantize_weights(decoder, manifest.precision)
    probe = read_probe(to / manifest.probe, "values")
    assert np.allclose(probe.samples, decode_values(decoder, probe.z), atol=1e-6)
    poster, _ = manifest.posters
    found = np.frombuffer(base64.b64decode(poster.decoded), "<f4")
    assert np.allclose(found, decode_values(decoder, LATENTS[:1])[0], atol=1e-6)


@pytest.mark.needs_conversion
def test_the_command_line_and_the_report_speak_of_curves(exported: tuple[Path, Report]) -> None:
    to, report = exported
    shown = run("inspect", to)
    assert shown.exit_code == 0, shown.output
    assert re.search(r"^kind +curve *$", shown.stdout, re.MULTILINE)
    assert "decoder/curve" in shown.stdout
    lines = [str(part) for part in format_report(report)]
    assert "agree at 64 positions, point by point" in "\n".join(lines)
    assert re.search(r"\d+ of 1,002 curves differ", "\n".join(lines))


@pytest.mark.needs_conversion
@pytest.mark.parametrize(
    ("at", "to", "problem"),
    [
        (["decoder", "length"], T + 1, "posters.0.decoded: expected length 68, found 64"),
        (["posters", 0, "decoded"], "AAAA", "posters.0.decoded: expected length 64, found 3"),
        (["decoder", "curve", "outputs"], [], "decoder.curve.outputs: expected length 1, found 0"),
        (["decoder", "length"], 0, "decoder.length: expected greater than or equal to 2, found 0"),
        (["decoder", "kind"], "curl", "decoder: expected kind to be one of curve, image, text"),
        (["encoder"], {"kind": "curve"}, "encoder: expected kind to be one of image, text"),
    ],
)
def test_refuses_an_inconsistent_bundle(
    at: list[str | int], to: object, problem: str, curve: Path, damage: Damage
) -> None:
    damage(curve, {"file": "manifest.json", "at": at, "to": to})
    assert problem in refusal(read_bundle, curve).problem


@pytest.mark.needs_conversion
def test_the_graph_has_the_width_of_the_manifest(curve: Path, damage: Damage) -> None:
    damage(
        curve,
        {"file": "manifest.json", "at": ["decoder", "length"], "to": T + 1},
        {"file": "manifest.json", "at": ["posters"], "to": []},
    )
    problem = refusal(read_bundle, curve).problem
    assert problem.startswith("decoder/curve/model.json: expected values of width 17")
    assert problem.endswith("found width 16")


class OfAnotherKind(CurveSpec):
    kind: Any = "loop"


class MisspeltGraph(CurveSpec):
    def widths(self, latent_size: int) -> Mapping[str, tuple[Widths, Widths]]:
        return {"curves": ([latent_size], [self.length])}


class TwoOutputs(CurveSpec):
    def widths(self, latent_size: int) -> Mapping[str, tuple[Widths, Widths]]:
        return {"curve": ([latent_size], [self.length, None])}


class Wider(CurveSpec):
    def widths(self, latent_size: int) -> Mapping[str, tuple[Widths, Widths]]:
        return {"curve": ([latent_size], [7777])}


class PostersOfBytes(CurveSpec):
    def poster_bytes(self) -> int:
        return self.length


@pytest.mark.needs_conversion
@pytest.mark.parametrize(
    ("spec", "problem"),
    [
        (OfAnotherKind, "OfAnotherKind.kind to be 'curve'"),
        (MisspeltGraph, "MisspeltGraph.widths to have the graphs curve, found curves"),
        (TwoOutputs, "TwoOutputs.widths to have 1 outputs of curve, values, found 2"),
        (Wider, "expected values of width 7777, found width 16"),
        (PostersOfBytes, "PostersOfBytes.poster_bytes to be 64"),
    ],
)
def test_names_the_member_of_a_kind_that_contradicts_the_bundle(
    spec: type[CurveSpec], problem: str, curve: Path
) -> None:
    manifest = read_bundle(curve)
    check_bundle(curve, manifest, CurveModality())
    again = {"decoder_spec": spec, "__module__": CurveModality.__module__}
    zlide.register_modality(type("CurveModality", (CurveModality,), again))
    assert isinstance(manifest.decoder, CurveSpec)
    entry = spec(curve=manifest.decoder.curve, length=T)
    changed = manifest.model_copy(update={"decoder": entry})
    (curve / "manifest.json").write_text(changed.write(), "utf-8")
    error = refusal(check_bundle, curve, changed, CurveModality())
    assert error.where == "modality curve"
    assert problem in error.problem
    assert spec.__name__ in str(error)


class CloudSpec(CurveSpec):
    """Points (B, T, 2); length: T."""

    kind: Any = "cloud"

    def widths(self, latent_size: int) -> Mapping[str, tuple[Widths, Widths]]:
        return {"curve": ([latent_size], [self.length])}


class CloudModality(CurveModality):
    kind: ClassVar[str] = "cloud"
    decoder_spec: ClassVar[type[DecoderSpec]] = CloudSpec

    def check_values(self, values: Tensor, rows: int) -> None:
        assert len(values) == rows

    def decoder_entry(self, graph: Graph, values: Tensor) -> CloudSpec:
        return CloudSpec(curve=graph, length=self.length_of(values))

    def length_of(self, values: Tensor) -> int:
        return values.shape[1]  # T, although there are two values for each point


class NegativeCloud(CloudModality):
    def length_of(self, _values: Tensor) -> int:
        return -1


@pytest.mark.needs_conversion
@pytest.mark.parametrize(
    ("modality", "problem"),
    [
        (CloudModality, "expected values of width 16, found width 32"),
        (NegativeCloud, "CloudSpec: length: expected greater than or equal to 2, found -1"),
    ],
)
def test_refuses_to_export_a_kind_that_contradicts_its_decoder(
    modality: type[CloudModality], problem: str, tmp_path: Path
) -> None:
    zlide.register_modality(CloudModality)
    decoder = Returns(lambda y: y.reshape(-1, T, 1).repeat(1, 1, 2))
    error = refusal(export, tmp_path / "cloud", decoder, modality=modality())
    assert error.where == "modality cloud"
    assert problem in error.problem
    assert list(tmp_path.iterdir()) == []


@pytest.mark.needs_conversion
def test_a_bundle_of_an_unknown_kind_tells_to_register_it(curve: Path, damage: Damage) -> None:
    damage(curve, {"file": "manifest.json", "at": ["decoder", "kind"], "to": "curl"})
    assert "zlide.register_modality" in refusal(read_bundle, curve).remedy


@pytest.mark.needs_conversion
def test_compares_what_a_page_posts_with_the_probe(exported: tuple[Path, Report]) -> None:
    to, _ = exported
    manifest = read_bundle(to)
    modality = modality_of(manifest.decoder.kind).read(to, manifest)
    probe = read_probe(to / manifest.probe, modality.tensor).first(5)
    reference = modality.reference_from_probe(probe)
    posted = probe.samples.astype("<f4")
    same = reference.compare({}, [posted[:2].tobytes(), posted[2:].tobytes()])
    assert same.equal
    assert same.rows()[0] == ("curves that agree point by point", "5 of 5")
    posted = posted.copy()
    posted[3, 7] += 0.1
    other = reference.compare({}, [posted.tobytes()])
    assert not other.equal
    assert other.rows()[0][1] == "4 of 5"
    error = refusal(reference.compare, {}, [posted[1:].tobytes()])
    assert error.problem == "expected 5 curves of (16,), the page sent 64 numbers"
    assert "page's spec of curve" in error.remedy


@pytest.mark.needs_conversion
@pytest.mark.needs_page
def test_builds_a_site_that_verify_accepts(
    exported: tuple[Path, Report], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    built = run("build", exported[0], "--output", tmp_path / "site")
    assert built.exit_code == 0, built.output
    monkeypatch.setenv("ZLIDE_BROWSER", "/nowhere/chromium")
    verified = run("verify", tmp_path / "site")
    assert verified.stderr.startswith("ZLIDE_BROWSER: ")  # the reference comes before the browser


def test_describes_what_changes_along_an_axis() -> None:
    decoder = create()
    with torch.no_grad():
        decoder.out.weight[:] = 0.5  # all points rise and fall together
    axes = describe(AXES, CurveModality().features(decoder), np.zeros((0, Z), np.float32))
    named = [axis.name for axis in axes if axis.name]
    assert "lower ↔ higher" in named or "higher ↔ lower" in named


class Scalars(nn.Linear):
    """z → (B,), which is not a curve."""

    def __init__(self) -> None:
        super().__init__(Z, 1)

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z)[:, 0]


class MixesRows(CurveDecoder):
    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z - z.mean(0, keepdim=True))


class Returns(CurveDecoder):
    """A decoder of curves whose values are changed."""

    def __init__(self, change: Callable[[Tensor], Tensor]) -> None:
        super().__init__(Z, T)
        self.change = change

    def forward(self, z: Tensor) -> Tensor:
        return self.change(super().forward(z))


class Unregistered(CurveModality):
    kind = "loop"


@pytest.mark.parametrize(
    ("change", "where", "problem"),
    [
        ({"decoder": Scalars()}, "decoder", "expected curves (5, T), found (5,)"),
        ({"decoder": MixesRows(Z, T)}, "decoder", "values of one row depend on the other rows"),
        ({"decoder": Returns(lambda y: y / 0)}, "decoder", "found infinity for z (5, 4)"),
        ({"decoder": Returns(lambda y: y / 0 * 0)}, "decoder", "found NaN for z (5, 4)"),
        ({"decoder": Returns(Tensor.half)}, "decoder", "float32, found (5, 16) float16"),
        ({"decoder": Returns(Tensor.bfloat16)}, "decoder", "float32, found (5, 16) bfloat16"),
        ({"decoder": Returns(lambda y: y[:, :0])}, "decoder", "found (5, 0)"),
        (
            {"decoder": Returns(lambda y: (y - y.mean(0)) * 1e38)},
            "decoder",
            "values of one row depend on the other rows",
        ),
        ({"decoder": CurveDecoder(Z + 1, T)}, "axes pca", "latent size, 5, found axes of 4"),
        ({"encoder": nn.Linear(T, Z)}, "encoder", "expected none for a decoder of curves"),
        ({"vocabulary": ["a", "b"]}, "export", "found modality and vocabulary"),
        ({"modality": Unregistered()}, "modality", "found 'loop'"),
        ({"modality": CurveModality}, "modality", "expected an object"),
    ],
)
def test_refuses_bad_input(
    change: dict[str, Any], where: str, problem: str, tmp_path: Path
) -> None:
    error = refusal(export, tmp_path / "new", **change)
    assert error.where.partition(" (")[0] == where  # a line of the module may follow
    assert problem in error.problem
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("bad", [np.inf, -np.inf, np.nan])
def test_refuses_values_that_are_not_finite_at_other_positions(bad: float) -> None:
    curves = np.zeros((6, T), np.float32)
    curves[3, 5] = bad
    modality, z = CurveModality(), np.zeros((6, Z), np.float32)
    compared = refusal(modality.compare, "TensorFlow", create(), z, (curves, curves))
    assert (compared.where, "at one of 6 positions" in compared.problem) == ("decoder", True)
    assert "examples" in refusal(modality.poster_texts, curves).problem


class Duplicate(CurveModality):
    kind = "text"


class Spaced(CurveModality):
    kind = "a curve"


class NotText(CurveModality):
    kind: ClassVar[Any] = 3


def test_refuses_to_register_a_kind_with_a_long_name() -> None:
    long = type("Long", (CurveModality,), {"kind": "a" * 300})
    assert "at most 40 characters, found 300" in refusal(zlide.register_modality, long).problem


@pytest.mark.parametrize("modality", [Duplicate, Spaced, NotText])
def test_refuses_to_register_a_kind(modality: type[CurveModality]) -> None:
    error = refusal(zlide.register_modality, modality)
    assert error.where == "modality"
    assert repr(modality.kind) in error.problem


class WithoutSpec(ValuesModality):
    kind = "loop"


class SpecOfAnotherType(CurveModality):
    kind = "loop"
    encoder_spec: ClassVar[Any] = CurveSpec


@pytest.mark.parametrize(
    ("modality", "key"), [(WithoutSpec, "decoder_spec"), (SpecOfAnotherType, "encoder_spec")]
)
def test_refuses_a_kind_without_specs_and_registers_nothing(modality: Any, key: str) -> None:
    error = refusal(zlide.register_modality, modality)
    assert error.where == "modality loop"
    assert key in error.problem
    assert "found 'loop'" in refusal(modality_of, "loop").problem


class Forgetful(ValuesModality):
    kind = "loop"
    decoder_spec = CurveSpec


class BareSpec(DecoderSpec):
    kind: str = "loop"


class BareModality(CurveModality):
    kind = "loop"
    decoder_spec = BareSpec


class LoopEncoderSpec(EncoderSpec):
    kind: str = "loop"

    def widths(self, latent_size: int) -> Mapping[str, tuple[Widths, Widths]]:
        return {"loop": ([None], [latent_size])}


class WithoutEncoderEntry(CurveModality):
    kind = "loop"
    encoder_spec = LoopEncoderSpec


class NotAModality:
    kind = "loop"
    decoder_spec = CurveSpec
    encoder_spec = None


@pytest.mark.parametrize(
    ("modality", "missing"),
    [
        (Forgetful, ["check_values", "decoder_entry", "features", "visible_difference"]),
        (BareModality, [f"BareSpec.{name}" for name in ("samples", "agreement", "poster_bytes")]),
        (BareModality, ["BareSpec.widths"]),
        (WithoutEncoderEntry, ["encoder_entry"]),
        (NotAModality, ["check_decoder", "pack", "probe_count", "reference", "tensor"]),
    ],
)
def test_names_the_members_that_a_kind_lacks_and_registers_nothing(
    modality: Any, missing: list[str]
) -> None:
    error = refusal(zlide.register_modality, modality)
    assert error.where == "modality loop"
    assert [name for name in missing if name not in error.problem] == []
    assert "found 'loop'" in refusal(modality_of, "loop").problem


def test_a_class_that_is_defined_again_replaces_the_first() -> None:
    def define(least: int) -> type[CurveModality]:
        class Loop(CurveModality):
            kind = "loop"
            poster_count = least

        return Loop

    zlide.register_modality(define(1))
    again = define(2)
    zlide.register_modality(again)
    assert modality_of("loop") is again


def test_a_registered_kind_is_not_in_the_schema_of_the_page() -> None:
    assert "curve" not in schema()
    own = CurveSpec.model_json_schema(mode="serialization")
    assert own["required"] == ["kind", "curve", "length"]
