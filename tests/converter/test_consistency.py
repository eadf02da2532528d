"""Every command that reads a bundle refuses an inconsistent one in one line."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.refusal import refusal
from zlide.bundle.consistency import _base64_length
from zlide.bundle.folder import read_bundle
from zlide.cli import main
from zlide.site.build import write_site

GOLDEN = Path(__file__).parents[1] / "golden"
BASE64 = json.loads((GOLDEN / "base64.json").read_text("utf-8"))

Damage = Callable[..., None]


def refused(bundle: Path) -> str:
    """Return the problem of an inconsistent bundle."""
    error = refusal(read_bundle, bundle)
    assert error.where == str(bundle)
    assert error.remedy == "export the bundle again"
    return error.problem


def test_names_each_inconsistency(
    bundle: Path, damage: Damage, inconsistency: dict[str, Any]
) -> None:
    damage(bundle, *inconsistency["changes"])
    assert inconsistency["problem"] in refused(bundle)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda decoded: decoded[:-4], 573),
        (lambda decoded: decoded + "AAAA", 579),
        (lambda _: "no*base64", 0),
        (lambda _: "", 0),
    ],
    ids=["short", "long", "not base64", "empty"],
)
def test_a_poster_has_the_bytes_of_a_picture(
    change: Callable[[str], str], found: int, damage: Damage, tmp_path: Path
) -> None:
    bundle = Path(shutil.copytree(GOLDEN / "image", tmp_path / "image"))
    decoded = change(read_bundle(bundle).posters[0].decoded)
    damage(bundle, {"file": "manifest.json", "at": ["posters", 0, "decoded"], "to": decoded})
    assert refused(bundle) == f"posters.0.decoded: expected length 576, found {found}"


@pytest.mark.parametrize("case", BASE64["cases"], ids=lambda case: repr(case["text"]))
def test_measures_base64_by_the_rules_of_browsers(case: dict[str, Any]) -> None:
    assert _base64_length(case["text"]) == case["bytes"]


def test_a_declared_width_of_0_is_inconsistent(bundle: Path, damage: Damage) -> None:
    step = bundle / "decoder/step/model.json"
    model = json.loads(step.read_text("utf-8"))
    model["signature"]["outputs"]["logits"]["tensorShape"]["dim"][1]["size"] = "0"
    step.write_text(json.dumps(model), "utf-8")
    damage(bundle)
    problem = refused(bundle)
    assert problem.startswith("vocabulary.txt: expected 0 words")
    assert "decoder/step/model.json" in problem
    assert "found 39" in problem


@pytest.mark.parametrize(
    ("at", "to"),
    [
        (["attr"], {}),
        (["attr", "shape"], {}),
        (["attr", "shape", "shape"], None),
        (["attr", "shape", "shape"], {"unknownRank": True}),
        (["attr", "shape", "shape", "dim", 1], {}),
        (["attr", "shape", "shape", "dim", 1, "size"], "-1"),
    ],
)
def test_an_input_may_have_no_declared_width(
    at: list[str | int], to: object, bundle: Path, damage: Damage
) -> None:
    damage(
        bundle,
        {"file": "decoder/start/model.json", "at": ["modelTopology", "node", 0, *at], "to": to},
    )
    assert read_bundle(bundle).latent_size == 8


@pytest.mark.parametrize("content", ["{", "[]", "3", '{"modelTopology": {"node": 3}}'])
def test_refuses_files_that_are_not_graphs(content: str, bundle: Path, damage: Damage) -> None:
    damage(bundle, {"file": "axes/pca/to/model.json", "at": [], "to": content})
    assert refused(bundle) == f"axes/pca/to/model.json: {NOT_A_GRAPH}"


NOT_A_GRAPH = "not a graph that TensorFlow.js can load"


IMAGE = "decoder/image/model.json"
SHARD = "decoder/image/group1-shard1of1.bin"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """Return a copy of the golden image bundle, whose weights have uint8 precision."""
    return Path(shutil.copytree(GOLDEN / "image", tmp_path / "image"))


def weights_of(bundle: Path) -> list[dict[str, Any]]:
    (group,) = json.loads((bundle / IMAGE).read_text("utf-8"))["weightsManifest"]
    return list(group["weights"])


def index_of(bundle: Path, name: str) -> int:
    """Return the index of a weight in model.json."""
    return [weight["name"] for weight in weights_of(bundle)].index(name)


@pytest.mark.parametrize(
    ("change", "difference"),
    [(lambda old: old[:-1], -1), (lambda old: old + bytes(4), 4), (lambda _: b"", None)],
    ids=["short", "long", "empty"],
)
def test_shards_have_the_size_of_their_weights(
    change: Callable[[bytes], bytes], difference: int | None, pictures: Path, damage: Damage
) -> None:
    shard = pictures / SHARD
    whole = shard.read_bytes()
    shard.write_bytes(change(whole))
    damage(pictures)
    found = 0 if difference is None else len(whole) + difference
    problem = refused(pictures)
    assert problem.startswith(f"{IMAGE}: expected {len(whole)} bytes of weights")
    assert problem.endswith(f"found {found}")


@pytest.mark.parametrize(
    ("name", "key", "to", "more"),
    [("n0/whole", "shape", [8, 97], 8), ("n1", "quantization", None, 192)],
)
def test_shards_fit_the_shapes_and_dtypes_of_their_weights(
    name: str, key: str, to: object, more: int, pictures: Path, damage: Damage
) -> None:
    size = (pictures / SHARD).stat().st_size
    damage(
        pictures,
        {
            "file": IMAGE,
            "at": ["weightsManifest", 0, "weights", index_of(pictures, name), key],
            "to": to,
        },
    )
    problem = refused(pictures)
    assert problem.startswith(f"{IMAGE}: expected {size + more} bytes of weights")
    assert problem.endswith(f"found {size}")


@pytest.mark.parametrize("shape", [[96, 1], [96], [1, 1, 96], [2, 48], [4, 24]])
def test_scales_vary_along_one_dimension_of_their_weight(
    shape: list[int], pictures: Path, damage: Damage
) -> None:
    damage(
        pictures,
        {
            "file": IMAGE,
            "at": ["weightsManifest", 0, "weights", index_of(pictures, "n0/scale"), "shape"],
            "to": shape,
        },
    )
    problem = refused(pictures)
    assert problem.startswith(f"{IMAGE}: n0: ")
    assert "(8, 96)" in problem
    assert problem.endswith(f"found {tuple(shape)}")


def test_a_weight_may_have_a_single_scale(pictures: Path, damage: Damage) -> None:
    index = index_of(pictures, "n0/scale")
    before = sum(_bytes_of(weight) for weight in weights_of(pictures)[:index])
    shard = (pictures / SHARD).read_bytes()
    (pictures / SHARD).write_bytes(shard[: before + 4] + shard[before + 4 * 96 :])
    damage(
        pictures,
        {"file": IMAGE, "at": ["weightsManifest", 0, "weights", index, "shape"], "to": [1, 1]},
    )
    assert read_bundle(pictures).precision == "uint8"


@pytest.mark.parametrize("scale", ["nan", "inf", "-inf"])
def test_refuses_scales_that_are_not_finite(scale: str, pictures: Path, damage: Damage) -> None:
    index = index_of(pictures, "n5/scale")
    at = sum(_bytes_of(weight) for weight in weights_of(pictures)[:index]) + 12
    shard = (pictures / SHARD).read_bytes()
    (pictures / SHARD).write_bytes(shard[:at] + struct.pack("<f", float(scale)) + shard[at + 4 :])
    damage(pictures)
    assert refused(pictures) == f"{IMAGE}: n5/scale: expected finite numbers, found {scale}"


def test_refuses_weights_that_are_not_finite(pictures: Path, damage: Damage) -> None:
    index, name = next(
        (i, w["name"])
        for i, w in enumerate(weights_of(pictures))
        if (w.get("quantization") or {}).get("dtype") == "float16"
    )
    at = sum(_bytes_of(weight) for weight in weights_of(pictures)[:index])
    shard = (pictures / SHARD).read_bytes()
    (pictures / SHARD).write_bytes(shard[:at] + struct.pack("<e", float("nan")) + shard[at + 2 :])
    damage(pictures)
    assert refused(pictures) == f"{IMAGE}: {name}: expected finite numbers, found nan"


def test_refuses_a_quantization_scale_that_is_not_finite(pictures: Path, damage: Damage) -> None:
    index = index_of(pictures, "n0/whole")
    damage(
        pictures,
        {
            "file": IMAGE,
            "at": ["weightsManifest", 0, "weights", index, "quantization", "scale"],
            "to": float("inf"),
        },
    )
    assert "n0/whole: expected finite numbers, found inf" in refused(pictures)


def test_refuses_nodes_with_unknown_inputs(pictures: Path, damage: Damage) -> None:
    nodes = json.loads((pictures / IMAGE).read_text("utf-8"))["modelTopology"]["node"]
    index = next(i for i, node in enumerate(nodes) if node["op"] == "_FusedMatMul")
    damage(
        pictures,
        {"file": IMAGE, "at": ["modelTopology", "node", index, "input", 1], "to": "nowhere"},
    )
    problem = refused(pictures)
    assert f"{nodes[index]['name']}: expected inputs" in problem
    assert "found nowhere" in problem


def test_refuses_constants_without_a_weight(pictures: Path, damage: Damage) -> None:
    index = index_of(pictures, "n0/scale")
    damage(
        pictures,
        {"file": IMAGE, "at": ["weightsManifest", 0, "weights", index, "name"], "to": "other"},
    )
    assert "found none for n0/scale" in refused(pictures)


def _bytes_of(weight: dict[str, Any]) -> int:
    count = 1
    for size in weight["shape"]:
        count *= size
    dtype = (weight.get("quantization") or weight)["dtype"]
    return count * {"uint8": 1, "float16": 2, "float32": 4, "int32": 4}[dtype]


def test_refuses_shards_that_the_manifest_does_not_list(pictures: Path, damage: Damage) -> None:
    damage(
        pictures,
        {
            "file": IMAGE,
            "at": ["weightsManifest", 0, "paths"],
            "to": ["group1-shard1of1.bin", "../none.bin"],
        },
    )
    problem = refused(pictures)
    assert problem.startswith(f"{IMAGE}: expected its shards in the manifest")
    assert problem.endswith(" decoder/image/../none.bin")


@pytest.mark.parametrize(
    ("at", "to"),
    [
        (["weights", 0, "shape"], [8, -96]),
        (["weights", 0, "shape"], None),
        (["weights", 0, "quantization", "dtype"], "uint3"),
        (["paths"], 3),
    ],
)
def test_refuses_invalid_specifications_of_weights(
    at: list[str | int], to: object, pictures: Path, damage: Damage
) -> None:
    damage(pictures, {"file": IMAGE, "at": ["weightsManifest", 0, *at], "to": to})
    assert refused(pictures) == f"{IMAGE}: {NOT_A_GRAPH}"


@pytest.mark.needs_page
def test_inspect_build_and_verify_refuse_an_inconsistent_bundle(
    bundle: Path, damage: Damage, tmp_path: Path
) -> None:
    write_site([bundle], tmp_path / "site")
    for folder in (bundle, tmp_path / "site/models/text"):
        damage(folder, {"file": "manifest.json", "at": ["tokens", "begin"], "to": 39})
    for words in (
        ["inspect", bundle],
        ["build", bundle, "--output", tmp_path / "other"],
        ["verify", tmp_path / "site"],
    ):
        result = CliRunner().invoke(main, [str(word) for word in words], prog_name="zlide")
        assert result.exit_code == 1
        assert result.stderr.count("\n") == 1
        for part in ("tokens.begin", "below 39", "found 39", "export the bundle again"):
            assert part in result.stderr
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("key", "numbers"),
    [("sliders", [0.5] * 8), ("residual", [0.5] * 7), ("sliders", [0.5] * 6 + [float("inf")])],
)
def test_refuses_examples_that_do_not_fit_the_axes(
    bundle: Path, damage: Damage, key: str, numbers: list[float]
) -> None:
    damage(bundle, {"file": "examples.json", "at": ["examples", 1, key], "to": numbers})
    error = refusal(read_bundle, bundle)
    assert error.where == str(bundle / "examples.json")
    assert "expected 7 and 8 finite numbers" in error.problem
    assert "choose the examples" in error.remedy


def test_names_all_problems_of_a_kind_at_once(bundle: Path, damage: Damage) -> None:
    damage(
        bundle,
        *({"file": "manifest.json", "at": ["tokens", end], "to": 40} for end in ("begin", "end")),
    )
    begin, end = refused(bundle).split("; ")
    for problem, name in ((begin, "begin"), (end, "end")):
        assert problem.startswith(f"tokens.{name}: expected an id below 39")
        assert problem.endswith("found 40")


def test_an_output_may_have_no_declared_width(bundle: Path, damage: Damage) -> None:
    step = bundle / "decoder/step/model.json"
    model = json.loads(step.read_text("utf-8"))
    model["signature"]["outputs"]["logits"]["tensorShape"]["dim"][1]["size"] = "-1"
    step.write_text(json.dumps(model), "utf-8")
    damage(bundle)
    assert read_bundle(bundle).name == "text"
