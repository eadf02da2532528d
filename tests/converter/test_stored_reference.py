"""The file with PyTorch's samples: what export writes, and which files are refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file, save_file
from torch import Tensor

import zlide
from tests.converter import strangers
from tests.converter.strangers import AXES, EDGE, Pictures, Sentences, is_rare
from zlide.bundle import sha256, stored_reference
from zlide.cli.tables import format_report
from zlide.errors import ZlideError
from zlide.exporter import reference as exporter_reference
from zlide.quantization import quantize_weights
from zlide.verify.author_module import parse_module
from zlide.verify.plan_reference import Sources, plan_references

pytestmark = pytest.mark.needs_conversion


def beside(bundle: Path) -> Path:
    return bundle.with_name(f"{bundle.name}.reference.safetensors")


@pytest.mark.parametrize("precision", ["float32", "uint8"])
def test_stores_the_pictures_of_the_authors_module(tmp_path: Path, precision: Any) -> None:
    examples = {"one": np.full(strangers.Z, 0.5, np.float32)}
    frames = zlide.Pictures(np.zeros((1, 4, 5, 3), np.uint8))
    report = strangers.export_pictures(
        tmp_path / "mine", precision=precision, examples=examples, pictures=frames
    )
    path = beside(tmp_path / "mine")
    assert report.reference.path == path
    assert report.manifest.reference == sha256(path)
    tensors = load_file(path)
    assert tensors["pixels"].dtype == np.float32
    assert tensors["pixels"].shape == (1001, 4, 5, 3)
    assert np.allclose(AXES.to_z(tensors["sliders"], tensors["residual"]), tensors["z"], atol=1e-6)
    assert np.allclose(tensors["z"][-1], examples["one"])
    near_an_example = np.abs(tensors["residual"][:1000]).max(1) > 0
    assert near_an_example.sum() == 500
    assert is_rare(tensors["z"]).sum() >= 5
    decoder = Pictures()
    quantize_weights(decoder, precision)
    with torch.no_grad():
        expected = decoder(torch.from_numpy(tensors["z"])).numpy()
    assert np.abs(expected - tensors["pixels"]).max() < 1e-6


def test_stores_tokens_and_the_margins_of_the_likeliest(tmp_path: Path) -> None:
    strangers.export_sentences(tmp_path / "mine")
    tensors = load_file(beside(tmp_path / "mine"))
    decoder, z = Sentences(), torch.from_numpy(tensors["z"])
    token, state = torch.zeros(len(z), dtype=torch.int64), decoder.start(z)
    ended = torch.zeros(len(z), dtype=torch.bool)
    for index in range(6):
        with torch.no_grad():
            logits, state = decoder.step(token, state)
        best = logits.topk(2)
        token = best.indices[:, 0].where(~ended, 1)
        assert tensors["tokens"][:, index].tolist() == token.tolist()
        margins = (best.values[:, 0] - best.values[:, 1]).masked_fill(ended, float("inf"))
        assert np.allclose(tensors["margins"][:, index], margins.numpy(), atol=1e-5)
        ended |= token == 1
    assert 0 < ended.sum() < len(z)


def test_decodes_no_more_to_write_the_reference(tmp_path: Path) -> None:
    rows: list[int] = []

    class Counting(Pictures):
        def forward(self, z: Tensor) -> Tensor:
            rows.append(len(z))
            return super().forward(z)

    counts = []
    for written in (False, True):
        rows.clear()
        zlide.export(Counting(), AXES, to=tmp_path / f"m{written:d}", reference=written)
        counts.append(sum(rows))
    assert counts[0] == counts[1] < 2300  # 1,000 in float32 and in uint8, and some for checks
    assert not beside(tmp_path / "m0").exists()


class Bright(Pictures):
    """Leaves [0, 1] at rare positions."""

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z) * (1 + torch.relu(20 * (z[:, :1] - EDGE))[:, :, None, None])


class Broken(Pictures):
    """Gives NaN at rare positions."""

    def forward(self, z: Tensor) -> Tensor:
        return super().forward(z) + 0 * torch.sqrt(EDGE - z[:, :1])[:, :, None, None]


class BrokenSentences(Sentences):
    """Gives NaN at rare positions."""

    def step(self, token: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, tuple[Tensor, ...]]:
        logits, (h, z) = super().step(token, state)
        return logits + 0 * torch.sqrt(EDGE - z[:, :1]), (h, z)


@pytest.mark.parametrize(
    ("decoder", "settings", "problem"),
    [
        (Bright, {}, "expected pixels from 0 to 1, found"),
        (Broken, {}, "expected numbers, found NaN"),
        (BrokenSentences, {"vocabulary": strangers.VOCABULARY}, "expected numbers, found NaN"),
    ],
)
def test_looks_for_bad_samples_at_all_positions(
    tmp_path: Path, decoder: Callable[[], Any], settings: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ZlideError) as error:
        zlide.export(decoder(), AXES, to=tmp_path / "mine", **settings)
    assert error.value.where.startswith("decoder")
    assert error.value.problem.startswith(problem)
    count = int(error.value.problem.split(" at ")[1].split(" of 1,000 positions")[0])
    assert 5 <= count < 50
    assert list(tmp_path.iterdir()) == []


def test_large_pictures_are_stored_in_float16_and_at_fewer_positions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = 1000 * 60 * 4
    for limit, dtype, kept in ((size, "float32", 1000), (size - 1, "float16", 1000)):
        _limit(monkeypatch, limit)
        report = strangers.export_pictures(tmp_path / "mine")
        assert (report.reference.dtype, report.reference.positions) == (dtype, kept)
    _limit(monkeypatch, size // 8)
    report = strangers.export_pictures(tmp_path / "mine")
    tensors = load_file(beside(tmp_path / "mine"))
    assert tensors["pixels"].dtype == np.float16
    assert len(tensors["z"]) == len(tensors["pixels"]) == 250
    with torch.no_grad():
        expected = Pictures()(torch.from_numpy(tensors["z"])).numpy()
    assert np.abs(expected - tensors["pixels"]).max() < 1 / 2000
    lines = [str(part) for part in format_report(report)]
    assert any("250 positions of 1,000" in line and "float16" in line for line in lines)
    ((reference, words),) = [plan() for plan in planned(tmp_path)]
    assert words.startswith("PyTorch at export, at 250 of the 250 positions in ")
    assert len(reference.positions.z) == 250


def _limit(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    for module in (stored_reference, exporter_reference):
        monkeypatch.setattr(module, "MAX_REFERENCE_BYTES", size)


def test_a_failed_export_keeps_the_reference_and_refuses_other_files(tmp_path: Path) -> None:
    bundle = tmp_path / "mine"
    strangers.export_pictures(bundle)
    before = beside(bundle).read_bytes()
    (bundle / "examples.json").write_text("of somebody else")
    examples = {"one": np.zeros(strangers.Z, np.float32)}
    frames = zlide.Pictures(np.zeros((1, 4, 5, 3), np.uint8))
    with pytest.raises(ZlideError, match=r"examples\.json in the way"):
        strangers.export_pictures(bundle, examples=examples, pictures=frames)
    assert beside(bundle).read_bytes() == before
    other = tmp_path / "other"
    beside(other).write_bytes(b"years of work")
    with pytest.raises(ZlideError) as error:
        strangers.export_pictures(other)
    assert error.value.where == str(beside(other))
    assert "found another file" in error.value.problem
    assert beside(other).read_bytes() == b"years of work"
    assert not other.exists()
    assert not list(tmp_path.glob("*.partial"))


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    strangers.export_pictures(folder / "image")
    strangers.export_sentences(folder / "text")
    return folder


def planned(folder: Path, *names: str, **sources: Any) -> Any:
    """Plan the references of bundles in a folder, as for a site."""
    names = names or ("mine",)
    return plan_references(folder, [f"{name}/" for name in names], Sources(**sources))


def refusal(folder: Path, name: str, **sources: Any) -> ZlideError:
    with pytest.raises(ZlideError) as error:
        described(folder, name, **sources)
    assert "\n" not in str(error.value)
    return error.value


def described(folder: Path, name: str, **sources: Any) -> str:
    """Compute the reference of a bundle, and return its description."""
    (plan,) = planned(folder, name, **sources)
    return str(plan()[1])


FORGERIES: dict[str, tuple[str, Callable[[dict[str, Any]], object], str]] = {
    "no samples": ("image", lambda t: t.pop("pixels"), "samples of N rows"),
    "no positions": ("image", lambda t: t.pop("z"), "z (N, 6)"),
    "other axes": ("image", lambda t: t.update(sliders=t["sliders"][:, :2]), "sliders (N, 3)"),
    "fewer samples": ("image", lambda t: t.update(pixels=t["pixels"][:9]), "samples of N rows"),
    "no rows": ("image", lambda t: t.update({k: v[:0] for k, v in t.items()}), "(0, 6)"),
    "a scalar": ("image", lambda t: t.update(more=np.array(1.0, np.float32)), "more ()"),
    "float64": ("image", lambda t: t.update(z=t["z"].astype(np.float64)), "z of F64"),
    "float16 positions": ("image", lambda t: t.update(z=t["z"].astype(np.float16)), "z of F16"),
    "bytes": ("image", lambda t: t.update(pixels=t["pixels"].astype(np.uint8)), "pixels of U8"),
    "NaN in z": ("image", lambda t: t["z"].__setitem__((0, 0), np.nan), "finite positions"),
    "NaN in pixels": ("image", lambda t: t["pixels"].__setitem__(0, np.nan), "finite pixels"),
    "other size": ("image", lambda t: t.update(pixels=t["pixels"][:, :3]), "60 bytes"),
    "other name": ("image", lambda t: t.update(tokens=t.pop("pixels")), "expected pixels"),
    "int32 pixels": ("image", lambda t: t.update(pixels=t["pixels"].astype(np.int32)), "int32"),
    "unknown word": ("text", lambda t: t["tokens"].__setitem__((0, 0), 20), "ids of 20 words"),
    "negative word": ("text", lambda t: t["tokens"].__setitem__((0, 0), -1), "ids of 20 words"),
    "longer": ("text", lambda t: t.update(tokens=np.tile(t["tokens"], 2)), "expected"),
    "no margins": ("text", lambda t: t.pop("margins"), "margins"),
    "NaN margin": ("text", lambda t: t["margins"].__setitem__((0, 0), np.nan), "margins"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_refuses_a_forged_file_in_one_line(exported: Path, tmp_path: Path, name: str) -> None:
    kind, forge, part = FORGERIES[name]
    tensors = load_file(exported / f"{kind}.reference.safetensors")
    forge(tensors)
    contiguous = {
        key: np.ascontiguousarray(tensor).reshape(tensor.shape) for key, tensor in tensors.items()
    }
    forged = tmp_path / f"{kind}.reference.safetensors"
    save_file(contiguous, forged, metadata={"format": "zlide-reference/1"})
    found = refusal_of(exported / kind, forged)
    assert found.where == str(forged)
    assert part in found.problem
    assert "export" in found.remedy


@pytest.mark.parametrize("content", [b"", b"\x80\x04K\x01.", b"PK\x03\x04", b'{"a": 1}' * 9])
def test_refuses_other_files_in_one_line(exported: Path, tmp_path: Path, content: bytes) -> None:
    forged = tmp_path / "image.reference.safetensors"
    forged.write_bytes(content)
    found = refusal_of(exported / "image", forged)
    assert found.where == str(forged)
    assert found.problem.startswith("expected a reference in safetensors, found: ")


def refusal_of(bundle: Path, reference: Path) -> ZlideError:
    """Return the error for a reference whose hash a forged manifest has."""
    manifest = bundle / "manifest.json"
    before = manifest.read_text("utf-8")
    facts = json.loads(before)
    manifest.write_text(json.dumps({**facts, "reference": sha256(reference)}), "utf-8")
    try:
        return refusal(bundle.parent, bundle.name, references=[reference])
    finally:
        manifest.write_text(before, "utf-8")


def test_refuses_a_truncated_file(exported: Path, tmp_path: Path) -> None:
    path = tmp_path / "image.reference.safetensors"
    path.write_bytes((exported / path.name).read_bytes()[:-1])
    found = refusal(exported, "image", references=[path])
    assert found.where == str(path)
    assert "a damaged one" in found.problem
    assert "build the site again" in found.remedy
    found = refusal_of(exported / "image", path)
    assert found.problem.startswith("expected a reference in safetensors, found: ")


def test_refuses_the_reference_of_another_export(exported: Path, tmp_path: Path) -> None:
    strangers.export_pictures(tmp_path / "image", precision="uint8")
    other = tmp_path / "image.reference.safetensors"
    assert refusal(exported, "image", references=[other]).where == str(other)
    missing = tmp_path / "none.safetensors"
    assert refusal(exported, "image", references=[missing]).where == str(missing)
    (plan,) = planned(exported, "image", references=[other, exported / other.name])
    assert str(exported / other.name) in plan()[1]


def test_a_bundle_without_reference_refuses_one(exported: Path, tmp_path: Path) -> None:
    strangers.export_pictures(tmp_path / "image", reference=False)
    found = refusal(tmp_path, "image", references=[exported / "image.reference.safetensors"])
    assert found.where == "image"
    assert "leave out --reference" in found.remedy


def test_compares_the_first_positions_and_refuses_more(exported: Path) -> None:
    (plan,) = planned(exported, "image", positions=7)
    reference, words = plan()
    assert words.startswith("PyTorch at export, at 7 of the 1,000 positions in ")
    expected = load_file(exported / "image.reference.safetensors")["z"][:7]
    assert np.array_equal(reference.positions.z, expected)
    found = refusal(exported, "image", positions=1001)
    assert found.where == "image, --positions"
    assert "at most 1,000 positions" in found.problem
    assert "found 1,001" in found.problem
    assert "--module" in found.remedy


def test_a_tie_is_tolerated_and_another_difference_is_not(exported: Path) -> None:
    (plan,) = planned(exported, "text")
    reference, _ = plan()
    tensors = load_file(exported / "text.reference.safetensors")
    sentences = [list(sentence) for sentence in reference.sentences]
    assert reference.compare({"tokens": sentences}, []).equal
    wide = int(tensors["margins"][:, 0].argmax())
    sentences[wide] = [5, *sentences[wide]]
    found = reference.compare({"tokens": sentences}, [])
    assert not found.equal
    assert [d.index for d in found.comparison.wrong] == [wide]
    assert found.comparison.wrong[0].gap == pytest.approx(tensors["margins"][wide, 0])


MAKERS = """
import torch
from tests.converter.strangers import Pictures

def make(): return Pictures()
def fails(): return 1 / 0
def three(): return 1, 2, 3
def nothing(): return None
def both(): return Pictures(), Pictures()
def larger():
    decoder = Pictures()
    decoder.out = torch.nn.Linear(9, 60)
    return decoder
"""


@pytest.mark.parametrize(
    ("module", "where", "part"),
    [
        ("mine.py", "--module", "expected FILE.py:FUNCTION, found 'mine.py'"),
        ("mine:make", "--module", "FILE.py:FUNCTION"),
        ("none.py:make", "none.py", "expected a Python file"),
        ("mine.py:other", "mine.py:other", "AttributeError"),
        ("mine.py:fails", "mine.py:fails", "ZeroDivisionError"),
        ("mine.py:three", "mine.py:three", "found 3 values"),
        ("mine.py:nothing", "decoder", "expected an nn.Module, found NoneType"),
        ("mine.py:both", "image, --module", "a bundle without encoder"),
        ("mine.py:larger", "decoder", "fails on a batch of 5"),
        ("else=mine.py:make", "--module", "for else"),
    ],
)
def test_refuses_a_module_in_one_line(
    exported: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    where: str,
    part: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(MAKERS, "utf-8")
    with pytest.raises(ZlideError) as error:
        described_with(module, exported)
    assert error.value.where == where
    assert part in error.value.problem
    assert "\n" not in str(error.value)


def described_with(module: str, folder: Path) -> str:
    return described(folder, "image", modules=[parse_module(module)], positions=4)


def test_a_site_of_several_bundles_needs_the_name_of_a_module(
    exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(MAKERS, "utf-8")
    with pytest.raises(ZlideError, match="without a name") as error:
        planned(exported, "image", "text", modules=[parse_module("mine.py:make")])
    assert "NAME=FILE.py:FUNCTION" in error.value.remedy
    named = [parse_module("image=mine.py:make")]
    image, text = planned(exported, "image", "text", modules=named, positions=4)
    assert image()[1] == "PyTorch, from mine.py:make"
    assert text()[1].startswith("PyTorch at export, at 4 of ")
