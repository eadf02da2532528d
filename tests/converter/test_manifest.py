"""The manifest is one contract for two languages: every key, and no other."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from zlide.bundle.manifest import FORMAT, read_manifest, schema
from zlide.errors import ZlideError

ROOT = Path(__file__).parents[2]
GOLDEN = json.loads((ROOT / "tests/golden/text/manifest.json").read_text("utf-8"))


def refused(path: Path, data: Any) -> str:
    path.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
    with pytest.raises(ZlideError) as error:
        read_manifest(path)
    line = str(error.value)
    assert "\n" not in line
    assert line.startswith(f"{path}: ")
    return line.removeprefix(f"{path}: ")


def places(data: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Where every key of the manifest is, the first of each list for all."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield (*place, key)
            yield from places(value, (*place, key))
    elif isinstance(data, list) and data:
        yield from places(data[0], (*place, 0))


def inside(data: Any, place: tuple[str | int, ...]) -> Any:
    for key in place:
        data = data[key]
    return data


# What made a bundle is said in any words.
KEYS = [place for place in places(GOLDEN) if place[0] != "made" or len(place) == 1]


def test_the_golden_manifest_is_read_and_written_as_it_stands() -> None:
    text = (ROOT / "tests/golden/text/manifest.json").read_text("utf-8")
    assert read_manifest(ROOT / "tests/golden/text/manifest.json").write() == text
    assert len(KEYS) > 50


@pytest.mark.parametrize("place", KEYS, ids=lambda place: ".".join(map(str, place)))
def test_a_renamed_key_is_named(place: tuple[str | int, ...], tmp_path: Path) -> None:
    data = copy.deepcopy(GOLDEN)
    holder, key = inside(data, place[:-1]), place[-1]
    holder[f"{key}s"] = holder.pop(key)
    line = refused(tmp_path / "manifest.json", data)
    assert str(key) in line
    if place != ("format",):
        assert f"{key}s: Extra inputs are not permitted" in line or "kind" in line


def test_everything_wrong_is_named_at_once(tmp_path: Path) -> None:
    data = copy.deepcopy(GOLDEN)
    del data["title"]
    data["latent_size"] = 0
    data["axes"][0]["axes"][2]["stdev"] = -1
    line = refused(tmp_path / "manifest.json", data)
    assert line == (
        "title: Field required, latent: Input should be greater than or equal to 1, "
        "axes.0.axes.2.stdev: Input should be greater than 0; export the bundle again"
    )


@pytest.mark.parametrize("found", ["zlide-bundle/1", "other/2", None, 1])
def test_another_version_is_named(found: Any, tmp_path: Path) -> None:
    line = refused(tmp_path / "manifest.json", {**GOLDEN, "format": found})
    assert (
        line
        == f"expected format {FORMAT}, found {found!r}; export the bundle again with this version of zlide"
    )


@pytest.mark.parametrize(
    "path",
    ["../outside.bin", "/etc/passwd", "a/../../b", "C:\\x", "http://elsewhere/x", "a//b", ""],
)
def test_a_path_that_leaves_the_bundle(path: str, tmp_path: Path) -> None:
    data = copy.deepcopy(GOLDEN)
    data["files"][0]["path"] = path
    assert refused(tmp_path / "manifest.json", data).startswith("files.0.path: ")


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"tokens": None}, "tokens are needed for text"),
        ({"name": "My Model"}, "name: String should match pattern"),
        ({"checkpoint": "abc"}, "checkpoint: String should match pattern"),
        ({"precision": "uint2"}, "rounding: Input should be 'float32', 'float16' or 'uint8'"),
        ({"axes": []}, "axes: List should have at least 1 item"),
    ],
)
def test_values_that_mean_nothing(change: dict[str, Any], says: str, tmp_path: Path) -> None:
    assert says in refused(tmp_path / "manifest.json", {**GOLDEN, **change})


@pytest.mark.parametrize("text", ["", "{", "[]", "null", '"zlide"'])
def test_what_is_no_manifest(text: str, tmp_path: Path) -> None:
    assert refused(tmp_path / "manifest.json", text).startswith(
        ("cannot be read: no JSON, from line 1, column ", f"expected format {FORMAT}, found None")
    )


def test_no_manifest_and_another_encoding(tmp_path: Path) -> None:
    with pytest.raises(
        ZlideError, match=r"manifest.json: cannot be read: No such file or directory; export"
    ):
        read_manifest(tmp_path / "manifest.json")
    (tmp_path / "manifest.json").write_bytes(b'{"title": "caf\xe9"}')
    with pytest.raises(
        ZlideError, match=r"manifest.json: cannot be read: no text in UTF-8; export"
    ):
        read_manifest(tmp_path / "manifest.json")


def test_the_schema_that_the_page_is_typed_from_is_this_one() -> None:
    assert (ROOT / "webapp/manifest.schema.json").read_text("utf-8") == schema(), (
        "run `make schema`"
    )
