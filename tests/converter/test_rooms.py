"""Imports use the `__init__` of other rooms, without cycles; heavy packages stay in few rooms."""

import ast
import functools
import graphlib
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests" / "golden"
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
    """Return all modules that a file imports, also in functions.

    `from a import b` gives a.b if that is a module and not named by the door a, else a and a.b.
    """
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: expected absolute imports"
            offered = offered_by(str(node.module))
            full = {f"{node.module}.{a.name}" for a in node.names if a.name not in offered}
            names |= full
            if not full or full - MODULES.keys():
                names.add(str(node.module))
    return names


@functools.cache
def offered_by(module: str) -> frozenset[str]:
    """Return the names in the `__all__` of a module, if it has one."""
    path = MODULES.get(module)
    for node in ast.parse(path.read_text("utf-8")).body if path else []:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__":
            return frozenset(ast.literal_eval(node.value))
    return frozenset()


def loaded_by(program: str) -> set[str]:
    """Return the top-level packages that a new Python has loaded after `program`."""
    report = """
import json, sys
sys.stderr.write(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))
"""
    done = subprocess.run(
        [sys.executable, "-c", f"{program}\n{report}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_imports_have_no_cycles() -> None:
    graph = {
        name: {other for other in imports(path) if other in MODULES and other != name}
        for name, path in MODULES.items()
    }
    assert any(graph.values())
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError


ROOMS = {f"zlide.{path.parent.name}" for path in PACKAGE.glob("*/__init__.py")} | {
    "zlide.recipes.sentences",
    "zlide.recipes.worlds",
}
"""Folders whose modules are imported from outside only through their `__init__`."""


def room_of(module: str) -> str | None:
    """Return the innermost room of a module."""
    return max(
        (room for room in ROOMS if f"{module}.".startswith(f"{room}.")), key=len, default=None
    )


@pytest.mark.parametrize("name", MODULES)
def test_modules_import_other_rooms_by_their_init(name: str) -> None:
    bypassing = [
        other
        for other in imports(MODULES[name]) & MODULES.keys()
        if other not in ROOMS and not f"{name}.".startswith(f"{room_of(other) or 'zlide'}.")
    ]
    assert bypassing == []


@pytest.mark.parametrize("room", sorted(ROOMS - {"zlide.recipes"}))
def test_all_lists_every_import_of_an_init(room: str) -> None:
    tree = ast.parse(MODULES[room].read_text("utf-8"))
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and node.module != "__future__"
        for alias in node.names
    }
    (names,) = [
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "__all__"
    ]
    assert sorted(imported) == sorted(ast.literal_eval(names))
    assert imported


@pytest.mark.parametrize("name", MODULES)
def test_only_the_graph_room_imports_onnx_and_tensorflow(name: str) -> None:
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
def test_imports_neither_torch_nor_tensorflow(program: str) -> None:
    assert not loaded_by(program) & (CONVERTERS | {"torch", "sklearn"})


EXPORT = """
import sys, tempfile, torch, zlide
from pathlib import Path
class Decoder(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.out = torch.nn.Linear(4, 12)
    def forward(self, z):
        return torch.sigmoid(self.out(z)).view(-1, 2, 2, 3)
with tempfile.TemporaryDirectory() as folder:
    axes = zlide.raw_dimensions(torch.zeros(4), torch.ones(4), [0, 1])
    zlide.export(Decoder(), axes, to=Path(folder, "small"))
"""


@pytest.mark.needs_conversion
def test_an_export_imports_no_tensorflow() -> None:
    loaded = loaded_by(EXPORT)
    assert "onnx" in loaded
    assert not loaded & (CONVERTERS - {"onnx"})


def test_only_the_runtime_of_the_page_imports_tensorflow_js() -> None:
    sources = sorted((ROOT / "webapp" / "src").rglob("*.ts"))
    importing = [
        path
        for path in sources
        if re.search(r"""(from|import)\s*\(?\s*['"]@tensorflow/""", path.read_text("utf-8"))
    ]
    assert importing
    source = ROOT / "webapp" / "src"
    assert [path for path in importing if "runtime" not in path.relative_to(source).parts] == []


def test_submodules_do_not_replace_public_names() -> None:
    modules = ", ".join(
        name for name in MODULES if not name.startswith(("zlide.graph", "zlide.cli"))
    )
    check = """
modules = [name for name in zlide.__all__ if isinstance(getattr(zlide, name), type(zlide))]
assert not modules
"""
    assert loaded_by(f"import {modules}\n{check}") >= {"torch"}


WITHOUT_TORCH = """
import sys
sys.modules["torch"] = None  # as if it were not installed
from zlide.cli import main
main({arguments!r})
"""


def without_torch(*arguments: object) -> subprocess.CompletedProcess[str]:
    program = WITHOUT_TORCH.format(arguments=[str(each) for each in arguments])
    return subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=120
    )


@pytest.mark.needs_page
def test_finished_bundles_are_inspected_and_built_without_torch(tmp_path: Path) -> None:
    inspected = without_torch("inspect", GOLDEN / "text")
    assert inspected.returncode == 0, inspected.stderr
    built = without_torch("build", GOLDEN / "text", GOLDEN / "image", "-o", tmp_path / "site")
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "site/index.html").is_file()


def test_a_command_that_needs_torch_says_so_in_one_line(tmp_path: Path) -> None:
    refused = without_torch("export", ROOT / "weights/racing", "-o", tmp_path / "racing")
    assert refused.returncode == 1
    (line,) = refused.stderr.splitlines()
    assert "expected PyTorch" in line
    assert "pip install 'zlide[torch]'" in line
