"""What the README shows, runs."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from zlide.bundle.folder import read_bundle
from zlide.bundle.probe import read_probe
from zlide.cli.commands import main

README = Path(__file__).parents[2] / "README.md"
TEXT = README.read_text("utf-8")


def _blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.DOTALL)


@pytest.mark.needs_conversion
def test_the_decoder_of_the_readme_is_exported_as_it_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (block,) = _blocks("python")
    monkeypatch.chdir(tmp_path)
    exec(compile(block, str(README), "exec"), {"__name__": "readme"})  # noqa: S102 (our own README)
    manifest = read_bundle(tmp_path / "bundles/mine")
    assert manifest.title == "Mine"
    assert [axis.name for axis in manifest.axes[0].axes][:2] == ["axis 1", "axis 2"]
    assert (
        len(set(map(tuple, read_probe(tmp_path / "bundles/mine" / manifest.probe).tokens.tolist())))
        > 1
    )


@pytest.mark.parametrize(
    "line",
    [
        line.partition("#")[0].strip()
        for block in _blocks("sh")
        for line in block.splitlines()
        if "bin/zlide" in line
    ],
)
def test_every_command_of_the_readme_is_one(line: str) -> None:
    _, *words = shlex.split(line)
    command: click.Command = main
    while isinstance(command, click.Group):
        command = command.commands[words.pop(0)]
    command.make_context(
        command.name, words
    )  # raises for an option or an argument that does not exist


def test_every_command_stands_in_the_readme() -> None:
    table = re.findall(r"^\| `zlide ([a-z ]+?)(?: [A-Z-].*)?` \|", TEXT, flags=re.MULTILINE)
    assert {name.split()[0] for name in table} == set(main.commands)


def test_files_that_the_readme_links_to_exist() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", TEXT)
    assert links
    assert [link for link in links if not (README.parent / link).exists()] == []
