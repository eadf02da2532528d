"""Rooms have one door each, imports have no cycles, and heavy packages stay where they are named."""

import ast
import graphlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "converter" / "zlide"
MODULES = {
    ".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path
    for path in sorted(PACKAGE.rglob("*.py"))
}
CONVERTERS = {
    "onnx",
    "onnx_tf",
    "tensorflow",
    "tensorflow_addons",
    "tensorflow_probability",
    "tensorflowjs",
}


def imports(path: Path) -> set[str]:
    """Every module that a file imports, also inside functions: `from a import b` gives both a and a.b."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: a relative import hides what it imports"
            names |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def loaded_by(program: str) -> set[str]:
    """The top-level packages that a fresh Python has loaded after `program`."""
    report = "import json, sys; sys.stderr.write(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{report}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_no_cycles() -> None:
    graph = {
        name: {other for other in imports(path) if other in MODULES and other != name}
        for name, path in MODULES.items()
    }
    assert any(graph.values())
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the modules


ROOMS = {f"zlide.{path.parent.name}" for path in PACKAGE.glob("*/__init__.py")} | {
    "zlide.recipes.sentences",
    "zlide.recipes.worlds",
}
"""A folder of the package is a room; so are the folders of the recipes. Outsiders use what its `__init__` names."""


def room_of(module: str) -> str | None:
    """The innermost room that holds a module."""
    return max(
        (room for room in ROOMS if f"{module}.".startswith(f"{room}.")), key=len, default=None
    )


@pytest.mark.parametrize("name", MODULES)
def test_modules_use_other_rooms_by_their_doors(name: str) -> None:
    past = [
        other
        for other in imports(MODULES[name]) & MODULES.keys()
        if other not in ROOMS and not f"{name}.".startswith(f"{room_of(other) or 'zlide'}.")
    ]
    assert past == []


@pytest.mark.parametrize("room", sorted(ROOMS - {"zlide.recipes"}))
def test_doors_name_what_they_offer(room: str) -> None:
    offered = ast.parse(MODULES[room].read_text("utf-8"))
    imported = {
        alias.asname or alias.name
        for node in offered.body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for alias in node.names
    }
    (names,) = [
        node.value
        for node in offered.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    assert sorted(imported) == sorted(ast.literal_eval(names))
    assert imported


@pytest.mark.parametrize("name", MODULES)
def test_only_the_graph_knows_onnx_and_tensorflow(name: str) -> None:
    if name.split(".")[:2] != ["zlide", "graph"]:
        assert not {other.partition(".")[0] for other in imports(MODULES[name])} & CONVERTERS


@pytest.mark.parametrize(
    "program",
    [
        "import zlide",
        "import zlide.bundle, zlide.site, zlide.files",
        "from zlide.tokenize import tokenize",
        "from zlide.cli import main\nmain(['--help'], standalone_mode=False)",
    ],
)
def test_neither_torch_nor_tensorflow_is_needed_for(program: str) -> None:
    assert not loaded_by(program) & (CONVERTERS | {"torch", "sklearn"})


def test_exporting_imports_tensorflow_only_when_it_converts() -> None:
    loaded = loaded_by("import zlide.exporter.pipeline")
    assert "torch" in loaded
    assert not loaded & (CONVERTERS - {"onnx"})


def test_only_the_runtime_of_the_page_knows_tfjs() -> None:
    sources = sorted((ROOT / "webapp" / "src").rglob("*.ts"))
    knowing = [
        path
        for path in sources
        if re.search(r"""(from|import)\s*\(?\s*['"]@tensorflow/""", path.read_text("utf-8"))
    ]
    assert knowing
    assert [
        path for path in knowing if "runtime" not in path.relative_to(ROOT / "webapp" / "src").parts
    ] == []


def test_public_names_stay_what_they_are_whatever_is_imported_first() -> None:
    modules = ", ".join(
        name for name in MODULES if not name.startswith(("zlide.graph", "zlide.cli"))
    )
    asked = "assert not [name for name in zlide.__all__ if isinstance(getattr(zlide, name), type(zlide))]"
    assert loaded_by(f"import {modules}\n{asked}") >= {"torch"}
