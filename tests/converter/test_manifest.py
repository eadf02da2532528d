"""The manifest is read strictly, and its schema is the one that the page uses."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.refusal import refusal
from zlide.bundle.manifest import FORMAT, read_manifest, schema
from zlide.errors import ZlideError

ROOT = Path(__file__).parents[2]
GOLDEN = json.loads((ROOT / "tests/golden/text/manifest.json").read_text("utf-8"))


def refused(path: Path, data: Any) -> ZlideError:
    path.write_text(data if isinstance(data, str) else json.dumps(data), "utf-8")
    error = refusal(read_manifest, path)
    assert error.where == str(path)
    return error


def key_paths(data: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Yield the path of every key; of a list, only those of its first item."""
    if isinstance(data, dict):
        for key, value in data.items():
            yield (*path, key)
            yield from key_paths(value, (*path, key))
    elif isinstance(data, list) and data:
        yield from key_paths(data[0], (*path, 0))


def value_at(data: Any, path: tuple[str | int, ...]) -> Any:
    for key in path:
        data = data[key]
    return data


# `versions` may have any keys.
PATHS = [path for path in key_paths(GOLDEN) if path[0] != "versions" or len(path) == 1]


def test_writes_the_golden_manifest_unchanged() -> None:
    text = (ROOT / "tests/golden/text/manifest.json").read_text("utf-8")
    assert read_manifest(ROOT / "tests/golden/text/manifest.json").write() == text
    assert len(PATHS) > 50


@pytest.mark.parametrize("path", PATHS, ids=lambda path: ".".join(map(str, path)))
def test_names_a_misspelled_key(path: tuple[str | int, ...], tmp_path: Path) -> None:
    data = copy.deepcopy(GOLDEN)
    parent, key = value_at(data, path[:-1]), path[-1]
    parent[f"{key}s"] = parent.pop(key)
    problem = refused(tmp_path / "manifest.json", data).problem
    assert str(key) in problem
    if path != ("format",):
        assert re.search(rf"unknown key (\S+\.)?{key}s\b", problem) or "kind" in problem


def test_names_all_problems_at_once(tmp_path: Path) -> None:
    data = copy.deepcopy(GOLDEN)
    del data["title"]
    data["latent_size"] = 0
    data["axes"][0]["axes"][2]["stdev"] = -1
    error = refused(tmp_path / "manifest.json", data)
    problems = error.problem.split(", ")
    assert problems[0] == "missing key title"
    assert problems[1].startswith("latent_size: ")
    assert "found 0" in problems
    assert "axes.0.axes.2.stdev: expected greater than 0" in error.problem
    assert "found -1" in problems
    assert "export the bundle again" in error.remedy


@pytest.mark.parametrize("text", ["[" * 100_000, '{"latent_size": ' + "9" * 5000 + "}", "{"])
def test_what_is_not_json_cannot_be_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "manifest.json").write_text(text, "utf-8")
    error = refusal(read_manifest, tmp_path / "manifest.json")
    assert error.problem.startswith("cannot be read: ")
    assert error.remedy == "export the bundle again"


@pytest.mark.parametrize("found", ["zlide-bundle/1", "other/2", None, 1])
def test_another_format_version_says_how_to_rebuild(found: Any, tmp_path: Path) -> None:
    error = refused(tmp_path / "manifest.json", {**GOLDEN, "format": found})
    assert error.problem == f"expected format {FORMAT}, found {found!r}"
    assert "zlide export" in error.remedy
    assert "this version" in error.remedy


@pytest.mark.parametrize(
    "path",
    ["../outside.bin", "/etc/passwd", "a/../../b", "C:\\x", "http://elsewhere/x", "a//b", ""],
)
def test_refuses_paths_outside_the_bundle(path: str, tmp_path: Path) -> None:
    data = copy.deepcopy(GOLDEN)
    data["files"][0]["path"] = path
    assert refused(tmp_path / "manifest.json", data).problem.startswith("files.0.path: ")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"tokens": None}, "expected tokens for the kind text, found none"),
        ({"name": "My Model"}, r'name: .*, found "My Model"'),
        ({"checkpoint": "abc"}, r'checkpoint: .*, found "abc"'),
        ({"precision": "uint2"}, r"precision: .*'float32', 'float16' or 'uint8', found \"uint2\""),
        ({"axes": []}, r"axes: .* at least 1 item .*"),
    ],
)
def test_refuses_invalid_values(change: dict[str, Any], problem: str, tmp_path: Path) -> None:
    error = refused(tmp_path / "manifest.json", {**GOLDEN, **change})
    assert re.fullmatch(problem, error.problem)


@pytest.mark.parametrize("text", ["", "{"])
def test_refuses_invalid_json(text: str, tmp_path: Path) -> None:
    problem = refused(tmp_path / "manifest.json", text).problem
    assert "invalid JSON at line 1, column " in problem


@pytest.mark.parametrize("text", ["[]", "null", '"zlide"'])
def test_refuses_json_without_a_format(text: str, tmp_path: Path) -> None:
    problem = refused(tmp_path / "manifest.json", text).problem
    assert problem == f"expected format {FORMAT}, found None"


def test_refuses_unreadable_files(tmp_path: Path) -> None:
    error = refusal(read_manifest, tmp_path / "manifest.json")
    assert "No such file or directory" in error.problem
    (tmp_path / "manifest.json").write_bytes(b'{"title": "caf\xe9"}')
    error = refusal(read_manifest, tmp_path / "manifest.json")
    assert "not valid UTF-8" in error.problem
    assert "export" in error.remedy


def test_the_committed_schema_is_current() -> None:
    assert (ROOT / "webapp/manifest.schema.json").read_text("utf-8") == schema(), (
        "run `make schema`"
    )
