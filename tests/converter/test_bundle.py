"""A bundle is read whole: every file there, every byte as it was written."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import save_file

from zlide.axes import fit_pca
from zlide.bundle.examples import read_examples, shortest_floats, write_examples
from zlide.bundle.folder import graph_nodes, list_files, read_bundle, sha256
from zlide.bundle.probe import read_picture_probe, read_probe
from zlide.bundle.roles import graphs_of
from zlide.errors import ZlideError
from zlide.site.build import write_site

GOLDEN = Path(__file__).parents[1] / "golden/text"


def refused(folder: Path) -> str:
    with pytest.raises(ZlideError) as error:
        read_bundle(folder)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_the_golden_bundle_is_whole() -> None:
    manifest = read_bundle(GOLDEN)
    assert manifest.files == list_files(GOLDEN)
    assert len(graphs_of(manifest)) == 7
    for graph in graphs_of(manifest):
        nodes = graph_nodes(GOLDEN / graph.path)
        assert nodes["Placeholder"] == len(graph.inputs)
        assert "Const" not in nodes
    probe = read_probe(GOLDEN / manifest.probe)
    assert len(probe.sliders) == len(probe.residual) == len(probe.z) == len(probe.tokens) >= 20


def test_all_that_is_wrong_is_named_at_once(bundle: Path) -> None:
    weights = bundle / "decoder/step/group1-shard1of1.bin"
    changed = bytearray(weights.read_bytes())
    changed[7] ^= 1
    weights.write_bytes(changed)
    (bundle / "vocabulary.txt").write_text("the\n")
    (bundle / "examples.json").unlink()
    size = next(file.bytes for file in list_files(GOLDEN) if file.path == "vocabulary.txt")
    assert refused(bundle) == (
        f"{bundle}: decoder/step/group1-shard1of1.bin does not match its hash; examples.json is missing; "
        f"vocabulary.txt has 4 bytes, expected {size}; export the bundle again"
    )


def test_a_file_that_nobody_vouches_for_is_not_read(bundle: Path) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    manifest["files"] = [
        file for file in manifest["files"] if file["path"] != "decoder/step/model.json"
    ]
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    assert (
        refused(bundle)
        == f"{bundle}: decoder/step/model.json is not in the manifest; export the bundle again"
    )


@pytest.mark.parametrize(
    "name", ["vocabulary.txt", "manifest.json", "decoder/step/model.json", "axes/pca", "encoder"]
)
@pytest.mark.parametrize("inside", [True, False], ids=["inside", "outside"])
def test_a_link_in_a_bundle_is_refused(
    name: str, inside: bool, bundle: Path, tmp_path: Path
) -> None:
    to = bundle / "kept" if inside else tmp_path / "kept"
    shutil.move(bundle / name, to)
    (bundle / name).symlink_to(to)
    assert (
        refused(bundle) == f"{bundle}: {name} is a link; put the file or folder itself in its place"
    )


def test_a_bundle_may_be_given_by_a_link(bundle: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(bundle)
    assert read_bundle(tmp_path / "link").name == "text"


@pytest.mark.parametrize(
    "name",
    ["index.html", "decoder/step/evil.js", "notes.json", "axes/pca/points.bin.svg", "more.bin"],
)
def test_what_a_manifest_lists_has_a_role_or_is_refused(
    name: str, bundle: Path, damage: Callable[..., None]
) -> None:
    (bundle / name).write_text("<script>alert(1)</script>")
    damage(bundle)  # which lists it, with its hash
    assert refused(bundle) == f"{bundle}: {name} has no role in a bundle; export the bundle again"


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
def test_a_role_has_a_type_of_file(
    at: list[str | int], name: str, role: str, bundle: Path, damage: Callable[..., None]
) -> None:
    manifest = json.loads((bundle / "manifest.json").read_text("utf-8"))
    for key in at:
        manifest = manifest[key]
    (bundle / manifest).rename(bundle / name)
    damage(bundle, {"file": "manifest.json", "at": at, "to": name})
    assert refused(bundle) == f"{bundle}: expected {role}, found {name}; export the bundle again"


def test_a_shard_has_a_type_and_a_plain_name(bundle: Path, damage: Callable[..., None]) -> None:
    step = bundle / "decoder/step"
    for name, says in [
        (
            "weights.html",
            "expected the shard of a graph in a file of type .bin, found decoder/step/weights.html",
        ),
        (".hidden/w.bin", "expected plain names, found decoder/step/.hidden/w.bin"),
    ]:
        (step / name).parent.mkdir(exist_ok=True)
        shard = json.loads((step / "model.json").read_text("utf-8"))["weightsManifest"][0]["paths"][
            0
        ]
        (step / shard).rename(step / name)
        damage(
            bundle,
            {
                "file": "decoder/step/model.json",
                "at": ["weightsManifest", 0, "paths"],
                "to": [name],
            },
        )
        assert refused(bundle) == f"{bundle}: {says}; export the bundle again"


def test_a_folder_that_is_no_bundle(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / "none"):
        assert (
            refused(folder)
            == f"{folder / 'manifest.json'}: cannot be read: No such file or directory; make a bundle with `zlide export`"
        )


def test_a_checkpoint_and_a_site_are_no_bundles(
    checkpoint: Path, bundle: Path, tmp_path: Path
) -> None:
    assert (
        refused(checkpoint)
        == f"{checkpoint}: expected a bundle, found a checkpoint; make a bundle of it with `zlide export`"
    )
    (tmp_path / "page").mkdir()
    (tmp_path / "page/index.html").touch()
    write_site([bundle], tmp_path / "site", tmp_path / "page")
    says = f"{tmp_path / 'site'}: expected a bundle, found a site; give the folder of one of its bundles, models/<name>"
    assert refused(tmp_path / "site") == says
    assert read_bundle(tmp_path / "site/models/text").name == "text"


def test_examples_come_back_bit_by_bit(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    axes = fit_pca(random.normal(size=(50, 6)), 3)
    latents = {
        f"example {i}": row for i, row in enumerate(random.normal(size=(4, 6)).astype(np.float32))
    }
    write_examples(tmp_path, latents, axes)
    again = read_examples(tmp_path / "examples.json", axes)
    assert list(again) == list(latents)
    for text, z in latents.items():
        sliders, residual = axes.from_z(z[None])
        assert np.array_equal(again[text], axes.to_z(sliders, residual)[0])
        assert np.allclose(again[text], z, atol=1e-6)
    rows = json.loads((tmp_path / "examples.json").read_text("utf-8"))["examples"]
    assert np.array_equal(
        np.array(rows[1]["sliders"], np.float32), axes.from_z(latents["example 1"][None])[0][0]
    )


def test_the_shortest_spelling_of_a_float32_is_that_float32() -> None:
    values = np.random.default_rng(4).normal(size=300).astype(np.float32)
    assert np.array_equal(np.array(json.loads(json.dumps(shortest_floats(values))), np.float32), values)
    assert shortest_floats(np.array([0.1, 1.5], np.float32)) == [0.1, 1.5]


def test_files_that_are_no_examples_and_no_probe(tmp_path: Path) -> None:
    axes = fit_pca(np.random.default_rng(2).normal(size=(50, 6)), 3)
    path = tmp_path / "examples.json"
    for content, found in NO_EXAMPLES.items():
        path.write_bytes(content)
        with pytest.raises(ZlideError) as error:
            read_examples(path, axes)
        assert (
            str(error.value)
            == f"{path}: expected examples of text, sliders and residual, found: {found}; choose the examples again"
        )


@pytest.mark.parametrize(
    ("read", "names"),
    [
        (read_probe, "sliders, residual, z and tokens"),
        (read_picture_probe, "sliders, residual, z and pixels"),
    ],
)
def test_files_that_are_no_probe(
    read: Callable[[Path], object], names: str, tmp_path: Path
) -> None:
    probe = tmp_path / "probe.safetensors"
    for write, found in NO_PROBES:
        probe.unlink(missing_ok=True)
        write(probe)
        with pytest.raises(ZlideError) as error:
            read(probe)
        assert (
            str(error.value)
            == f"{probe}: expected {names}, found: {found}; export the bundle again"
        )


NO_EXAMPLES = {
    b"": "no JSON, from line 1, column 1 on",
    b'{"examples": [\n{"text": ]}': "no JSON, from line 2, column 10 on",
    b'{"examples": [{"text": "caf\xe9"}]}': "no text in UTF-8",
    b"[]": "a list without a list of examples",
    b"null": "null without a list of examples",
    b'{"examples": 3}': "an object without a list of examples",
    b'{"examples": [[]]}': "example 1 is a list",
    b'{"examples": [{"text": null}]}': "example 1 has no text",
    b'{"examples": [{"text": "a"}]}': "'a' has no list of numbers as sliders",
    b'{"examples": [{"text": "a", "sliders": [0, 1, "b"]}]}': "'a' has no list of numbers as sliders",
    b'{"examples": [{"text": "a", "sliders": [0, 1, 2], "residual": [[]]}]}': "'a' has no list of numbers as residual",
    b'{"examples": [{"text": "a", "sliders": [1], "residual": [2]}]}': "'a' has (1,) sliders and (1,) residuals, expected 3 and 6, finite",
    b'{"examples": [{"text": "a", "sliders": [0, 0, 1'
    + b"0" * 400
    + b'], "residual": [0, 0, 0, 0, 0, 0]}]}': (
        "'a' has (3,) sliders and (6,) residuals, expected 3 and 6, finite"
    ),
}

NO_PROBES: list[tuple[Callable[[Path], object], str]] = [
    (lambda path: None, "No such file or directory"),  # noqa: ARG005
    (lambda path: path.write_bytes(b"nothing"), "a damaged file, or one of another kind"),
    (lambda path: save_file({}, path), "none"),
    (lambda path: save_file({"z": np.zeros(1), "words": np.zeros(1)}, path), "words, z"),
]


def test_the_hash_is_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
