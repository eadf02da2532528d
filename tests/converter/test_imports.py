"""Two rules of the house: no import cycles, and heavy packages only where they are named."""

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
MODULES = {".".join(path.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__"): path for path in sorted(PACKAGE.rglob("*.py"))}
CONVERTERS = {"onnx", "onnx_tf", "tensorflow", "tensorflow_addons", "tensorflow_probability", "tensorflowjs"}


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
    done = subprocess.run([sys.executable, "-c", f"{program}\n{report}"], capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_no_cycles() -> None:
    graph = {name: {other for other in imports(path) if other in MODULES and other != name} for name, path in MODULES.items()}
    assert any(graph.values())
    graphlib.TopologicalSorter(graph).prepare()  # raises CycleError, which names the modules


@pytest.mark.parametrize("name", MODULES)
def test_only_the_graph_knows_onnx_and_tensorflow(name: str) -> None:
    if name.split(".")[:2] != ["zlide", "graph"]:
        assert not {other.partition(".")[0] for other in imports(MODULES[name])} & CONVERTERS


@pytest.mark.parametrize(
    "program",
    [
        "import zlide",
        "from zlide.manifest import read_manifest",
        "from zlide.words import split_words",
        "import zlide.serve, zlide.site, zlide.browser",
        "from zlide.training.sentences.corpus import prepare_corpus",
        "from zlide.cli import main\nmain(['--help'], standalone_mode=False)",
    ],
)
def test_neither_torch_nor_tensorflow_is_needed_for(program: str) -> None:
    assert not loaded_by(program) & (CONVERTERS | {"torch", "sklearn"})


def test_exporting_imports_tensorflow_only_when_it_converts() -> None:
    loaded = loaded_by("import zlide.exporter")
    assert "torch" in loaded
    assert not loaded & (CONVERTERS - {"onnx"})


def test_only_the_runtime_of_the_page_knows_tfjs() -> None:
    sources = sorted((ROOT / "webapp" / "src").rglob("*.ts"))
    knowing = [path for path in sources if re.search(r"""(from|import)\s*\(?\s*['"]@tensorflow/""", path.read_text("utf-8"))]
    assert knowing
    assert [path for path in knowing if "runtime" not in path.relative_to(ROOT / "webapp" / "src").parts] == []


def test_public_names_stay_what_they_are_whatever_is_imported_first() -> None:
    modules = ", ".join(name for name in MODULES if not name.startswith(("zlide.graph", "zlide.cli")))
    asked = "assert not [name for name in zlide.__all__ if isinstance(getattr(zlide, name), type(zlide))]"
    assert loaded_by(f"import {modules}\n{asked}") >= {"torch"}
