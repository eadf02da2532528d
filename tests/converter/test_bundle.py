"""Reading a bundle checks every file, its hash and its role."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors.numpy import save_file

from tests.refusal import refusal
from zlide.axes import fit_pca
from zlide.bundle.examples import read_examples, shortest_floats, write_examples
from zlide.bundle.folder import graph_nodes, list_files, read_bundle, sha256
from zlide.bundle.probe import read_probe
from zlide.bundle.roles import graphs_of
from zlide.site.build import write_site

GOLDEN = Path(__file__).parents[1] / "golden/text"


def refused(folder: Path, remedy: str) -> str:
    """Return the problem of a bundle that cannot be read."""
    error = refusal(read_bundle, folder)
    assert error.where == str(folder)
    assert remedy in error.remedy
    return error.problem


def test_reads_the_golden_bundle() -> None:
    manifest = read_bundle(GOLDEN)
    assert manifest.files == list_files(GOLDEN)
    assert len(graphs_of(manifest)) == 7
    for graph in graphs_of(manifest):
        nodes = graph_nodes(GOLDEN / graph.path)
        assert nodes["Placeholder"] == len(graph.inputs)
        assert "Const" not in nodes
    probe = read_probe(GOLDEN / manifest.probe, "tokens")
    assert len(probe.sliders) == len(probe.residual) == len(probe.z) == len(probe.samples) >= 20


def test_names_all_damaged_files_at_once(bundle: Path) -> None:
    weights = bundle / "decoder/step/group1-shard1of1.bin"
    changed = bytearray(weights.read_bytes())
    changed[7] ^= 1
    weights.write_bytes(changed)
    (bundle / "vocabulary.txt").write_text("the\n")
    (bundle / "examples.json").unlink()
    size = next(file.bytes for file in list_files(GOLDEN) if file.path == "vocabulary.txt")
    assert refused(bundle, "export").split("; ") == [
        "decoder/step/group1-shard1of1.bin does not match its hash",
        "examples.json is missing",
        f"vocabulary.txt has 4 bytes, expected {size}",
    ]


def test_refuses_graphs_that_the_manifest_does_not_list(bundle: Path) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    manifest["files"] = [
        file for file in manifest["files"] if file["path"] != "decoder/step/model.json"
    ]
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    assert refused(bundle, "export") == "decoder/step/model.json is not in the manifest"


@pytest.mark.parametrize(
    "name", ["vocabulary.txt", "manifest.json", "decoder/step/model.json", "axes/pca", "encoder"]
)
@pytest.mark.parametrize("inside", [True, False], ids=["inside", "outside"])
def test_refuses_links_in_a_bundle(name: str, inside: bool, bundle: Path, tmp_path: Path) -> None:
    to = bundle / "kept" if inside else tmp_path / "kept"
    shutil.move(bundle / name, to)
    (bundle / name).symlink_to(to)
    assert refused(bundle, "replace it") == f"{name} is a link"


def test_reads_a_bundle_through_a_link(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(bundle)
    assert read_bundle(tmp_path / "link").name == "text"


@pytest.mark.parametrize(
    "name",
    ["index.html", "decoder/step/evil.js", "notes.json", "axes/pca/points.bin.svg", "more.bin"],
)
def test_refuses_listed_files_without_a_role(
    name: str, bundle: Path, damage: Callable[..., None]
) -> None:
    (bundle / name).write_text("<script>alert(1)</script>")
    damage(bundle)  # lists it, with its hash
    assert refused(bundle, "export") == f"{name} has no role in a bundle"


@pytest.mark.parametrize("kind", ["JPEG", "EPS", "PNG"])
def test_refuses_pictures_that_are_not_a_png_of_the_examples(
    kind: str, tmp_path: Path, damage: Callable[..., None]
) -> None:
    folder = Path(shutil.copytree(GOLDEN.parent / "image", tmp_path / "image"))
    Image.new("RGB", (8, 8)).save(folder / "pictures.png", kind)  # a PNG of another size
    damage(folder)  # lists it, with its hash
    error = refusal(read_bundle, folder)
    assert error.where == str(folder / "pictures.png")
    assert "export" in error.remedy


@pytest.mark.parametrize(
    ("at", "name", "role"),
    [
        (["examples"], "examples.html", "the examples in a file of type .json"),
        (["probe"], "probe.js", "the probe in a file of type .safetensors"),
        (["tokens", "vocabulary"], "words.svg", "the vocabulary in a file of type .txt"),
        (["axes", 0, "points", "path"], "axes/points.xhtml", "the points in a file of type .bin"),
        (
            ["decoder", "start", "path"],
            "decoder/start/model.html",
            "a graph in a file of type .json",
        ),
    ],
)
def test_refuses_files_whose_suffix_does_not_fit_their_role(
    at: list[str | int], name: str, role: str, bundle: Path, damage: Callable[..., None]
) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    for key in at:
        manifest = manifest[key]
    (bundle / manifest).rename(bundle / name)
    damage(bundle, {"file": "manifest.json", "at": at, "to": name})
    assert refused(bundle, "export") == f"expected {role}, found {name}"


@pytest.mark.parametrize(
    ("name", "expected"),
    [("weights.html", "a file of type .bin"), (".hidden/w.bin", "plain names")],
)
def test_refuses_shards_with_other_suffixes_and_hidden_names(
    name: str, expected: str, bundle: Path, damage: Callable[..., None]
) -> None:
    step = bundle / "decoder/step"
    (step / name).parent.mkdir(exist_ok=True)
    model = json.loads((step / "model.json").read_text("utf-8"))
    (step / model["weightsManifest"][0]["paths"][0]).rename(step / name)
    paths = ["weightsManifest", 0, "paths"]
    damage(bundle, {"file": "decoder/step/model.json", "at": paths, "to": [name]})
    problem = refused(bundle, "export")
    assert expected in problem
    assert problem.endswith(f"found decoder/step/{name}")


def test_refuses_folders_without_a_manifest(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        error = refusal(read_bundle, folder)
        assert error.where == str(folder / "manifest.json")
        assert "No such file or directory" in error.problem
        assert "zlide export" in error.remedy


def test_refuses_checkpoints_and_sites(checkpoint: Path, bundle: Path, tmp_path: Path) -> None:
    assert refused(checkpoint, "zlide export") == "expected a bundle, found a checkpoint"
    (tmp_path / "page").mkdir()
    (tmp_path / "page/index.html").touch()
    write_site([bundle], tmp_path / "site", tmp_path / "page")
    assert refused(tmp_path / "site", "models/<name>") == "expected a bundle, found a site"
    assert read_bundle(tmp_path / "site/models/text").name == "text"


def test_reads_the_examples_that_it_wrote(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    axes = fit_pca(rng.normal(size=(50, 6)), 3)
    rows = rng.normal(size=(4, 6)).astype(np.float32)
    latents = {f"example {i}": row for i, row in enumerate(rows)}
    write_examples(tmp_path, latents, axes)
    read = read_examples(tmp_path / "examples.json", axes)
    assert list(read) == list(latents)
    for text, z in latents.items():
        sliders, residual = axes.from_z(z[None])
        assert np.array_equal(read[text], axes.to_z(sliders, residual)[0])
        assert np.allclose(read[text], z, atol=1e-6)
    written = json.loads((tmp_path / "examples.json").read_text("utf-8"))["examples"]
    sliders, _ = axes.from_z(latents["example 1"][None])
    assert np.array_equal(np.array(written[1]["sliders"], np.float32), sliders[0])


def test_shortest_floats_keep_every_float32() -> None:
    values = np.random.default_rng(4).normal(size=300).astype(np.float32)
    assert np.array_equal(
        np.array(json.loads(json.dumps(shortest_floats(values))), np.float32), values
    )
    assert shortest_floats(np.array([0.1, 1.5], np.float32)) == [0.1, 1.5]


NOT_NUMBERS = "of 'a' is not an array of numbers"

INVALID_EXAMPLES = {
    b"": "invalid JSON at line 1, column 1",
    b'{"examples": [\n{"text": ]}': "invalid JSON at line 2, column 10",
    b'{"examples": [{"text": "caf\xe9"}]}': "not valid UTF-8",
    b"[]": "an array without",
    b"null": "null without",
    b'{"examples": 3}': "an object without",
    b'{"examples": [[]]}': "example 1 is an array",
    b'{"examples": [{"text": null}]}': "example 1 has no text",
    b'{"examples": [{"text": "a"}]}': f"sliders {NOT_NUMBERS}",
    b'{"examples": [{"text": "a", "sliders": [0, 1, "b"]}]}': f"sliders {NOT_NUMBERS}",
    b'{"examples": [{"text": "a", "sliders": [0, 1, 2], "residual": [[]]}]}': (
        f"residual {NOT_NUMBERS}"
    ),
    b'{"examples": [{"text": "a", "sliders": [1], "residual": [2]}]}': (
        "'a' has 1 sliders and a residual of 1, expected 3 and 6"
    ),
    b'{"examples": [{"text": "a", "sliders": [0, 0, 1%s], "residual": [0, 0, 0, 0, 0, 0]}]}'
    % (b"0" * 400): "'a' has 3 sliders and a residual of 6, expected 3 and 6 finite",
}


@pytest.mark.parametrize(("content", "found"), INVALID_EXAMPLES.items(), ids=range(13))
def test_refuses_invalid_examples(content: bytes, found: str, tmp_path: Path) -> None:
    axes = fit_pca(np.random.default_rng(2).normal(size=(50, 6)), 3)
    path = tmp_path / "examples.json"
    path.write_bytes(content)
    error = refusal(read_examples, path, axes)
    assert error.where == str(path)
    assert error.problem.partition("found: ")[2].startswith(found)
    assert "examples" in error.remedy


INVALID_PROBES: list[tuple[Callable[[Path], object], str]] = [
    (lambda _: None, "No such file or directory"),
    (lambda path: path.write_bytes(b"nothing"), "a damaged file"),
    (lambda path: save_file({}, path), "none"),
    (lambda path: save_file({"z": np.zeros(1), "words": np.zeros(1)}, path), "words, z"),
]


@pytest.mark.parametrize(
    ("read", "names"),
    [
        (partial(read_probe, name="tokens"), "sliders, residual, z and tokens"),
        (partial(read_probe, name="pixels"), "sliders, residual, z and pixels"),
    ],
)
@pytest.mark.parametrize(
    ("write", "found"), INVALID_PROBES, ids=["missing", "text", "empty", "other tensors"]
)
def test_refuses_invalid_probes(
    read: Callable[[Path], object],
    names: str,
    write: Callable[[Path], object],
    found: str,
    tmp_path: Path,
) -> None:
    path = tmp_path / "probe.safetensors"
    write(path)
    error = refusal(read, path)
    assert error.where == str(path)
    assert names in error.problem
    assert error.problem.partition("found: ")[2].startswith(found)
    assert "export" in error.remedy


def test_sha256_hashes_the_bytes_of_a_file(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
