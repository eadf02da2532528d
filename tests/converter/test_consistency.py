"""A bundle whose parts contradict each other is refused in one line, by every command that reads one."""

from __future__ import annotations

import json
import shutil
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from zlide.bundle.consistency import _bytes_in
from zlide.bundle.folder import read_bundle
from zlide.cli.commands import main
from zlide.errors import ZlideError
from zlide.site.build import write_site

GOLDEN = Path(__file__).parents[1] / "golden"

Damage = Callable[..., None]


def refused(bundle: Path) -> str:
    with pytest.raises(ZlideError) as error:
        read_bundle(bundle)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_what_contradicts_itself_is_named(
    bundle: Path, damage: Damage, misfit: dict[str, Any]
) -> None:
    damage(bundle, *misfit["changes"])
    assert misfit["says"] in refused(bundle)


@pytest.mark.parametrize(
    ("decoded", "found"),
    [
        (lambda whole: whole[:-4], 573),
        (lambda whole: whole + "AAAA", 579),
        (lambda whole: "no*base64", 0),  # noqa: ARG005
        (lambda whole: "", 0),  # noqa: ARG005
    ],
)
def test_a_poster_holds_as_many_bytes_as_its_picture(
    decoded: Callable[[str], str], found: int, damage: Damage, tmp_path: Path
) -> None:
    bundle = Path(shutil.copytree(GOLDEN / "image", tmp_path / "image"))
    whole = read_bundle(bundle).posters[0].decoded
    damage(bundle, {"file": "manifest.json", "at": ["posters", 0, "decoded"], "to": decoded(whole)})
    assert (
        refused(bundle)
        == f"{bundle}: posters.0.decoded: expected 576 of them, found {found}; export the bundle again"
    )


@pytest.mark.parametrize(
    ("text", "count"),
    [("QUJD", 3), ("QUI=", 2), ("QUI", 2), ("QQ", 1), ("QR==", 1), (" Q\tU\nJD\r", 3), ("", 0)]
    + [
        (text, 0)
        for text in (
            "Q",
            "QQ=",
            "QUI==",
            "QUJD=",
            "QQ==QQ==",
            "QUJD====",
            "QU-_",
            "QU\u00a0JD",
            "größe",
        )
    ],
)
def test_base64_is_what_a_browser_takes_for_it(text: str, count: int) -> None:
    assert _bytes_in(text) == count


def test_a_width_of_nothing_is_a_contradiction(bundle: Path, damage: Damage) -> None:
    step = bundle / "decoder/step/model.json"
    model = json.loads(step.read_text("utf-8"))
    model["signature"]["outputs"]["logits"]["tensorShape"]["dim"][1]["size"] = "0"
    step.write_text(json.dumps(model), "utf-8")
    damage(bundle)
    assert (
        "vocabulary.txt: expected 0 words, as many as decoder/step/model.json has logits, found 39"
        in refused(bundle)
    )


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
def test_an_input_whose_width_is_not_declared_is_no_contradiction(
    at: list[str | int], to: object, bundle: Path, damage: Damage
) -> None:
    damage(
        bundle,
        {"file": "decoder/start/model.json", "at": ["modelTopology", "node", 0, *at], "to": to},
    )
    assert read_bundle(bundle).latent_size == 8


@pytest.mark.parametrize("content", ["{", "[]", "3", '{"modelTopology": {"node": 3}}'])
def test_what_is_no_graph_is_told_without_a_word_of_python(
    content: str, bundle: Path, damage: Damage
) -> None:
    damage(bundle, {"file": "axes/pca/to/model.json", "at": [], "to": content})
    assert (
        refused(bundle)
        == f"{bundle}: axes/pca/to/model.json: this is no graph that TensorFlow.js can load; export the bundle again"
    )


IMAGE = "decoder/image/model.json"
SHARD = "decoder/image/group1-shard1of1.bin"


@pytest.fixture
def pictures(tmp_path: Path) -> Path:
    """A copy of the golden bundle of pictures, whose weights travel in eight bits."""
    return Path(shutil.copytree(GOLDEN / "image", tmp_path / "image"))


def weights_of(bundle: Path) -> list[dict[str, Any]]:
    (group,) = json.loads((bundle / IMAGE).read_text("utf-8"))["weightsManifest"]
    return list(group["weights"])


def place_of(bundle: Path, name: str) -> int:
    """The number of the weight, in the order of model.json."""
    return [weight["name"] for weight in weights_of(bundle)].index(name)


@pytest.mark.parametrize(
    ("change", "difference"),
    [(lambda old: old[:-1], -1), (lambda old: old + bytes(4), 4), (lambda old: b"", None)],
)  # noqa: ARG005
def test_shards_hold_the_weights_to_the_byte(
    change: Callable[[bytes], bytes], difference: int | None, pictures: Path, damage: Damage
) -> None:
    shard = pictures / SHARD
    whole = shard.read_bytes()
    shard.write_bytes(change(whole))
    damage(pictures)
    found = 0 if difference is None else len(whole) + difference
    says = f"{IMAGE}: expected shards of {len(whole)} bytes, as its weights take, found {found}; export the bundle again"
    assert refused(pictures) == f"{pictures}: {says}"


@pytest.mark.parametrize(
    ("name", "key", "to", "more"),
    [("n0/whole", "shape", [8, 97], 8), ("n1", "quantization", None, 192)],
)
def test_weights_fit_the_shards_by_shape_and_type(
    name: str, key: str, to: object, more: int, pictures: Path, damage: Damage
) -> None:
    size = (pictures / SHARD).stat().st_size
    damage(
        pictures,
        {
            "file": IMAGE,
            "at": ["weightsManifest", 0, "weights", place_of(pictures, name), key],
            "to": to,
        },
    )
    assert (
        f"{IMAGE}: expected shards of {size + more} bytes, as its weights take, found {size}; export"
        in refused(pictures)
    )


@pytest.mark.parametrize("shape", [[96, 1], [96], [1, 1, 96], [2, 48], [4, 24]])
def test_scales_fit_what_they_scale(shape: list[int], pictures: Path, damage: Damage) -> None:
    damage(
        pictures,
        {
            "file": IMAGE,
            "at": ["weightsManifest", 0, "weights", place_of(pictures, "n0/scale"), "shape"],
            "to": shape,
        },
    )
    says = f"n0: expected scales as wide as a weight of (8, 96) in one dimension and 1 in the others, found {tuple(shape)}"
    assert refused(pictures) == f"{pictures}: {IMAGE}: {says}; export the bundle again"


def test_one_scale_for_a_whole_weight_is_no_contradiction(pictures: Path, damage: Damage) -> None:
    place = place_of(pictures, "n0/scale")
    before = sum(_bytes_of(weight) for weight in weights_of(pictures)[:place])
    shard = (pictures / SHARD).read_bytes()
    (pictures / SHARD).write_bytes(shard[: before + 4] + shard[before + 4 * 96 :])
    damage(
        pictures,
        {"file": IMAGE, "at": ["weightsManifest", 0, "weights", place, "shape"], "to": [1, 1]},
    )
    assert read_bundle(pictures).precision == "uint8"


@pytest.mark.parametrize("scale", ["nan", "inf", "-inf"])
def test_scales_are_finite(scale: str, pictures: Path, damage: Damage) -> None:
    place = place_of(pictures, "n5/scale")
    at = sum(_bytes_of(weight) for weight in weights_of(pictures)[:place]) + 12
    shard = (pictures / SHARD).read_bytes()
    (pictures / SHARD).write_bytes(shard[:at] + struct.pack("<f", float(scale)) + shard[at + 4 :])
    damage(pictures)
    assert (
        refused(pictures)
        == f"{pictures}: {IMAGE}: n5/scale: expected finite numbers, found {scale} among them; export the bundle again"
    )


def test_every_number_of_a_weight_is_finite(pictures: Path, damage: Damage) -> None:
    place, name = next(
        (i, w["name"])
        for i, w in enumerate(weights_of(pictures))
        if (w.get("quantization") or {}).get("dtype") == "float16"
    )
    at = sum(_bytes_of(weight) for weight in weights_of(pictures)[:place])
    shard = (pictures / SHARD).read_bytes()
    (pictures / SHARD).write_bytes(shard[:at] + struct.pack("<e", float("nan")) + shard[at + 2 :])
    damage(pictures)
    assert (
        refused(pictures)
        == f"{pictures}: {IMAGE}: {name}: expected finite numbers, found nan among them; export the bundle again"
    )


def test_what_whole_numbers_are_multiplied_by_is_finite(pictures: Path, damage: Damage) -> None:
    place = place_of(pictures, "n0/whole")
    damage(
        pictures,
        {
            "file": IMAGE,
            "at": ["weightsManifest", 0, "weights", place, "quantization", "scale"],
            "to": float("inf"),
        },
    )
    assert "n0/whole: expected finite numbers, found inf among them" in refused(pictures)


def test_nodes_read_what_the_graph_has(pictures: Path, damage: Damage) -> None:
    nodes = json.loads((pictures / IMAGE).read_text("utf-8"))["modelTopology"]["node"]
    place = next(i for i, node in enumerate(nodes) if node["op"] == "_FusedMatMul")
    damage(
        pictures,
        {"file": IMAGE, "at": ["modelTopology", "node", place, "input", 1], "to": "nowhere"},
    )
    assert f"{nodes[place]['name']}: expected inputs that the graph has, found nowhere" in refused(
        pictures
    )


def test_a_constant_has_a_weight(pictures: Path, damage: Damage) -> None:
    place = place_of(pictures, "n0/scale")
    damage(
        pictures,
        {"file": IMAGE, "at": ["weightsManifest", 0, "weights", place, "name"], "to": "other"},
    )
    assert "expected a weight for each constant, found none for n0/scale" in refused(pictures)


def _bytes_of(weight: dict[str, Any]) -> int:
    count = 1
    for size in weight["shape"]:
        count *= size
    return (
        count
        * {"uint8": 1, "float16": 2, "float32": 4, "int32": 4}[
            (weight.get("quantization") or weight)["dtype"]
        ]
    )


def test_a_shard_that_the_manifest_does_not_list(pictures: Path, damage: Damage) -> None:
    damage(
        pictures,
        {
            "file": IMAGE,
            "at": ["weightsManifest", 0, "paths"],
            "to": ["group1-shard1of1.bin", "../none.bin"],
        },
    )
    says = f"{IMAGE}: expected its shards in the manifest, found no decoder/image/../none.bin; export the bundle again"
    assert refused(pictures) == f"{pictures}: {says}"


@pytest.mark.parametrize(
    ("at", "to"),
    [
        (["weights", 0, "shape"], [8, -96]),
        (["weights", 0, "shape"], None),
        (["weights", 0, "quantization", "dtype"], "uint3"),
        (["paths"], 3),
    ],
)
def test_weights_that_nobody_can_load(
    at: list[str | int], to: object, pictures: Path, damage: Damage
) -> None:
    damage(pictures, {"file": IMAGE, "at": ["weightsManifest", 0, *at], "to": to})
    assert (
        refused(pictures)
        == f"{pictures}: {IMAGE}: this is no graph that TensorFlow.js can load; export the bundle again"
    )


@pytest.mark.needs_page
def test_inspect_build_and_verify_say_it(bundle: Path, damage: Damage, tmp_path: Path) -> None:
    write_site([bundle], tmp_path / "site")
    for one in (bundle, tmp_path / "site/models/text"):
        damage(one, {"file": "manifest.json", "at": ["tokens", "begin"], "to": 39})
    for words in (
        ["inspect", bundle],
        ["build", bundle, "--output", tmp_path / "other"],
        ["verify", tmp_path / "site"],
    ):
        result = CliRunner().invoke(main, [str(word) for word in words], prog_name="zlide")
        says = "tokens.begin: expected an id below 39, the words of vocabulary.txt, found 39; export the bundle again\n"
        assert (result.exit_code, result.stderr.partition(": ")[2]) == (1, says)
    assert not (tmp_path / "other").exists()


@pytest.mark.parametrize(
    ("key", "numbers"),
    [("sliders", [0.5] * 8), ("residual", [0.5] * 7), ("sliders", [0.5] * 6 + [float("inf")])],
)
def test_an_example_that_does_not_fit_the_axes(
    bundle: Path, damage: Damage, key: str, numbers: list[float]
) -> None:
    damage(bundle, {"file": "examples.json", "at": ["examples", 1, key], "to": numbers})
    line = refused(bundle)
    assert line.startswith(
        f"{bundle / 'examples.json'}: expected examples of text, sliders and residual, found: "
    )
    assert line.endswith("expected 7 and 8, finite; choose the examples again")


def test_every_problem_of_a_kind_is_named_at_once(bundle: Path, damage: Damage) -> None:
    damage(
        bundle,
        *({"file": "manifest.json", "at": ["tokens", end], "to": 40} for end in ("begin", "end")),
    )
    assert refused(bundle) == (
        f"{bundle}: tokens.begin: expected an id below 39, the words of vocabulary.txt, found 40; "
        "tokens.end: expected an id below 39, the words of vocabulary.txt, found 40; export the bundle again"
    )


def test_a_width_that_a_graph_leaves_open_is_no_contradiction(bundle: Path, damage: Damage) -> None:
    step = bundle / "decoder/step/model.json"
    model = json.loads(step.read_text("utf-8"))
    model["signature"]["outputs"]["logits"]["tensorShape"]["dim"][1]["size"] = "-1"
    step.write_text(json.dumps(model), "utf-8")
    damage(bundle)
    assert read_bundle(bundle).name == "text"
