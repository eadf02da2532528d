"""A bundle is read whole: every file there, every byte as it was written."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from zlide.axes import fit_pca
from zlide.bundle import graph_nodes, graphs_of, list_files, read_bundle, read_examples, read_probe, sha256, shortest, write_examples
from zlide.errors import ZlideError

GOLDEN = Path(__file__).parents[1] / "golden/text"


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return Path(shutil.copytree(GOLDEN, tmp_path / "text"))


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
    manifest["files"] = [file for file in manifest["files"] if file["path"] != "decoder/step/model.json"]
    (bundle / "manifest.json").write_text(json.dumps(manifest))
    assert refused(bundle) == f"{bundle}: decoder/step/model.json is not in the manifest; export the bundle again"


def test_a_link_that_leaves_the_bundle_is_as_good_as_missing(bundle: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.txt"
    shutil.copy(bundle / "vocabulary.txt", outside)
    (bundle / "vocabulary.txt").unlink()
    (bundle / "vocabulary.txt").symlink_to(outside)
    assert refused(bundle) == f"{bundle}: vocabulary.txt is missing; export the bundle again"


def test_a_folder_that_is_no_bundle(tmp_path: Path) -> None:
    assert refused(tmp_path).startswith(f"{tmp_path / 'manifest.json'}: cannot be read: ")


def test_examples_come_back_bit_by_bit(tmp_path: Path) -> None:
    random = np.random.default_rng(2)
    axes = fit_pca(random.normal(size=(50, 6)), 3)
    latents = {f"example {i}": row for i, row in enumerate(random.normal(size=(4, 6)).astype(np.float32))}
    write_examples(tmp_path, latents, axes)
    again = read_examples(tmp_path / "examples.json", axes)
    assert list(again) == list(latents)
    for text, z in latents.items():
        sliders, residual = axes.from_z(z[None])
        assert np.array_equal(again[text], axes.to_z(sliders, residual)[0])
        assert np.allclose(again[text], z, atol=1e-6)
    rows = json.loads((tmp_path / "examples.json").read_text("utf-8"))["examples"]
    assert np.array_equal(np.array(rows[1]["sliders"], np.float32), axes.from_z(latents["example 1"][None])[0][0])


def test_the_shortest_spelling_of_a_float32_is_that_float32() -> None:
    values = np.random.default_rng(4).normal(size=300).astype(np.float32)
    assert np.array_equal(np.array(json.loads(json.dumps(shortest(values))), np.float32), values)
    assert shortest(np.array([0.1, 1.5], np.float32)) == [0.1, 1.5]


def test_files_that_are_no_examples_and_no_probe(tmp_path: Path) -> None:
    axes = fit_pca(np.random.default_rng(2).normal(size=(50, 6)), 3)
    path = tmp_path / "examples.json"
    for text in ("", "[]", '{"examples": [{"text": "a"}]}', '{"examples": 3}', '{"examples": [{"text": "a", "sliders": [1], "residual": [2]}]}'):
        path.write_text(text)
        with pytest.raises(
            ZlideError, match=r"examples.json: expected examples of text, sliders and residual, found: .*; choose the examples again$"
        ):
            read_examples(path, axes)
    probe = tmp_path / "probe.safetensors"
    probe.write_bytes(b"nothing")
    with pytest.raises(ZlideError, match=r"probe.safetensors: expected sliders, residual, z and tokens, found: "):
        read_probe(probe)


def test_the_hash_is_of_the_bytes(tmp_path: Path) -> None:
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    assert sha256(path) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
