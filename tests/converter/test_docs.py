"""Commands and code blocks of the documentation run, and its links lead somewhere."""

from __future__ import annotations

import ast
import inspect
import json
import re
import shlex
from html.parser import HTMLParser
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from zlide.bundle import read_bundle, read_probe
from zlide.cli import main
from zlide.exporter import pipeline

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
PAGES += sorted((ROOT / "docs").glob("*.md"))
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text("utf-8") for page in PAGES}


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def commands(text: str) -> list[str]:
    """Return the commands in the shell blocks of a page, without comments and usage lines."""
    lines = [line for block in blocks(text, "sh") for line in block.splitlines()]
    found = [line for raw in lines if (line := raw.partition("#")[0].strip())]
    return [line.removeprefix(".venv/bin/") for line in found if "[OPTIONS]" not in line]


ZLIDE = [
    pytest.param(command, id=f"{name}: {command}")
    for name, text in TEXTS.items()
    for command in commands(text)
    if command.startswith("zlide ")
]
OTHERS = [
    pytest.param(command, id=f"{name}: {command}")
    for name, text in TEXTS.items()
    for command in commands(text)
    if not command.startswith("zlide ")
]
PYTHON = [
    pytest.param(block, id=f"{name} {i}")
    for name, text in TEXTS.items()
    for i, block in enumerate(blocks(text, "python"), 1)
]


@pytest.mark.needs_conversion
@pytest.mark.parametrize("block", PYTHON)
def test_python_blocks_run(block: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(ROOT / "tests/curve")
    exec(compile(block, "docs", "exec"), {"__name__": "docs"})  # noqa: S102 (our own documentation)
    for folder in tmp_path.glob("bundles/*/"):
        manifest = read_bundle(folder)
        if manifest.tokens:
            tokens = read_probe(folder / manifest.probe, "tokens").samples.tolist()
            assert len({tuple(row) for row in tokens}) > 1


@pytest.mark.needs_conversion
@pytest.mark.needs_browser
@pytest.mark.needs_page
def test_the_commands_of_the_readme_run_one_after_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    exec(compile(blocks(TEXTS["README.md"], "python")[0], "README.md", "exec"), {})  # noqa: S102
    ran = []
    for command in commands(TEXTS["README.md"]):
        program, *words = shlex.split(command)
        if program == "zlide" and words[0] != "serve":  # serves until it is stopped
            result = CliRunner().invoke(main, words, prog_name="zlide")
            assert result.exit_code == 0, result.output
            ran.append(words[0])
    assert ran == ["build", "verify"]


@pytest.mark.parametrize("line", ZLIDE)
def test_commands_of_zlide_are_understood(line: str) -> None:
    _, *words = shlex.split(line)
    command: click.Command = main
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    command.make_context(command.name, words)  # raises for an unknown option or argument


@pytest.mark.parametrize("line", OTHERS)
def test_other_commands_exist(line: str) -> None:
    words = [word for word in shlex.split(line) if not re.fullmatch(r"[A-Z_]+=.*", word)]
    match words:
        case ["make", target]:
            assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
        case ["npm", "run", script]:
            package = json.loads((ROOT / "webapp/package.json").read_text("utf-8"))
            assert script in package["scripts"]
        case ["npx", "tsc", "-p", path]:
            assert (ROOT / "webapp" / path).is_file()
        case ["pip", "install", package]:
            extra = package.removeprefix(".").strip("[]")
            assert not extra or re.search(
                rf"^{extra} = \[", (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE
            )
        case ["cd", folder]:
            assert (ROOT / folder).is_dir()
        case _:
            pytest.fail(f"no test knows the command {line!r}")


class Elements(HTMLParser):
    """The elements of a block and their attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))


def test_html_blocks_use_what_the_explorer_has() -> None:
    page = TEXTS["docs/embedding.md"]
    table = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", page, flags=re.MULTILINE))
    html = [block for text in TEXTS.values() for block in blocks(text, "html")]
    used = [attributes for block in html for tag, attributes in Elements(block).found if "-" in tag]
    assert used
    assert {name for attributes in used for name in attributes} <= table.keys()
    sources = "\n".join(
        path.read_text("utf-8") for path in (ROOT / "webapp/src/explorer").glob("*.ts")
    )
    for event in re.findall(r"^\| `(zlide-\w+)`", page, flags=re.MULTILINE):
        assert f"'{event}'" in sources
    (parts,) = re.findall(r"`([a-z]+(?: [a-z]+){3,})`", table["hide"])
    (source,) = re.findall(r"type Part =\s*([^\n;]*(?:\n\s+\|[^\n]*)*)", sources)
    assert set(parts.split()) == set(re.findall(r"'(\w+)'", source))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    links = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
    assert [link for link in links if not (page.parent / link).exists()] == []


def test_every_page_is_linked() -> None:
    linked = {
        (page.parent / link).resolve()
        for page in PAGES
        for link in re.findall(r"\]\(([^)#:]+\.md)", page.read_text("utf-8"))
    }
    assert [page.name for page in PAGES[1:] if page.resolve() not in linked] == []


def test_the_readme_is_short() -> None:
    lines = TEXTS["README.md"].splitlines()
    assert len(lines) <= 150
    assert [line for line in lines if len(line) > 100] == []


def test_the_tree_has_the_rooms_that_the_documentation_names() -> None:
    architecture = TEXTS["docs/architecture.md"]
    package, page = architecture.split("## Rooms of the page")
    for folder, part in ((ROOT / "converter/zlide", package), (ROOT / "webapp/src", page)):
        named = set(re.findall(r"^\| `(\w+)/` \|", part, flags=re.MULTILINE))
        rooms = {path.parent.name for path in folder.glob("*/*") if path.suffix in {".py", ".ts"}}
        assert named == rooms


def test_the_whole_example_of_a_kind_is_in_its_page() -> None:
    code = (ROOT / "tests/curve/curve.py").read_text("utf-8")
    page = TEXTS["docs/adding-a-kind-of-output.md"]
    assert code in blocks(page, "python")
    spec = (ROOT / "tests/curve/spec.ts").read_text("utf-8")
    assert [block for block in blocks(page, "ts") if "Spec = {" in block and block in spec]


def test_the_way_of_a_decoder_is_the_way_of_the_code() -> None:
    (way,) = re.findall(
        r"^## The way of a decoder through export\n(.*?)^## ",
        TEXTS["docs/architecture.md"],
        flags=re.DOTALL | re.MULTILINE,
    )
    assert len(way.strip().splitlines()) <= 12
    named = re.findall(r"^\d+\. `(\w+)`", way, flags=re.MULTILINE)
    (function,) = (
        node
        for node in ast.parse(inspect.getsource(pipeline)).body
        if isinstance(node, ast.FunctionDef) and node.name == "export"
    )
    # Names in the order of the text, since `partial` and `**` hand functions on.
    used = sorted(
        ((n.lineno, n.col_offset, n.id) for n in ast.walk(function) if isinstance(n, ast.Name)),
    )
    called = [name for _, _, name in used if name in named and callable(getattr(pipeline, name))]
    assert list(dict.fromkeys(called)) == named
