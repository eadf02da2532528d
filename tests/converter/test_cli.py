"""The command line as a user meets it: help that runs, one line for a mistake, exit statuses that mean something."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result

from zlide.bundle import read_bundle
from zlide.checkpoint import read_checkpoint
from zlide.cli import main
from zlide.greedy import decode_greedily
from zlide.lowering import round_weights

GOLDEN = Path(__file__).parents[1] / "golden/text"


def zlide(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="zlide")


def commands(group: click.Group = main, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(commands())


def examples_in(text: str) -> list[str]:
    return re.findall(r"^\s+(zlide .+)$", text.partition("Example:")[2].partition("Options:")[0], flags=re.MULTILINE)


@pytest.mark.parametrize("path", [(), *COMMANDS], ids=" ".join)
def test_each_help_ends_with_an_example_that_runs(path: tuple[str, ...]) -> None:
    result = zlide(*path, "--help")
    assert result.exit_code == 0
    examples = examples_in(result.stdout)
    assert examples
    for example in examples:
        words = shlex.split(example)[1:]
        command: click.Command = main
        while isinstance(command, click.Group):
            command = command.commands[words.pop(0)]
        if path:
            assert COMMANDS[path] is command
        command.make_context(command.name, words)  # raises for an option or an argument that does not exist


def test_every_command_of_the_road_is_there() -> None:
    road = {"train sentences", "evaluate", "examples", "export", "build", "decode", "inspect", "verify", "serve"}
    assert {" ".join(path) for path in COMMANDS} == road


def test_the_version() -> None:
    assert zlide("--version").stdout == "zlide, version 0.1.0\n"


@pytest.mark.parametrize(
    "words",
    [
        ["unknown"],
        ["decode"],
        ["decode", "somewhere", "--sliders", "a,b"],
        ["decode", "somewhere", "--example", "0"],
        ["verify", "site", "--positions", "many"],
        ["export", "somewhere"],
        ["train", "sentences", "--corpus", "c.txt", "--to", "w", "--cap", "tom"],
        ["serve", "site", "--port", "eighty"],
    ],
    ids=" ".join,
)
def test_wrong_usage_is_status_2(words: list[str]) -> None:
    result = zlide(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["decode", "none"], "none: missing model.safetensors, config.json, vocabulary.txt, axes.npz; give the folder of a trained model"),
        (["export", "none", "--to", "bundle"], "none: missing model.safetensors, config.json, "),
        (["build", "none", "--to", "site"], "none: missing model.safetensors, config.json, "),
        (["inspect", "none"], "none/manifest.json: cannot be read: "),
        (["verify", "none"], "none/models.json: expected a list of models, found: "),
        (["serve", "none"], "none: expected a site, found no index.html; make one with `zlide build`"),
        (["train", "sentences", "--corpus", "none.txt", "--to", "w"], "none.txt: cannot be read: No such file or directory; "),
        (["evaluate", "none", "--corpus", "none.txt"], "none: missing model.safetensors, config.json, "),
        (["examples", "none", "--from", "none.txt"], "none: missing model.safetensors, config.json, "),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line_and_status_1(words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    result = zlide(*words)
    assert result.exit_code == 1
    assert result.stderr.startswith(says)
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_as_a_program_a_mistake_has_no_traceback_either(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "from zlide.cli import main; main()", "inspect", "none"]
    done = subprocess.run(program, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("none/manifest.json: cannot be read: ")
    assert done.stderr.count("\n") == 1


def test_decode_prints_what_pytorch_decodes(checkpoint: Path) -> None:
    read = read_checkpoint(checkpoint)
    round_weights(read.model, "float16")
    z = read.axes.to_z([[0.5, -1, 0, 0, 0, 2]])
    expected = decode_greedily(read.model.decoder, torch.from_numpy(z), begin=0, end=1, longest=16)[0]
    assert zlide("decode", checkpoint, "--sliders", "0.5,-1,0,0,0,2").stdout == read.vocabulary.text(expected) + "\n"
    result = zlide("decode", checkpoint, "--sliders", "0.5,-1,0,0,0,2", "--json")
    data = json.loads(result.stdout)
    assert list(data) == ["text", "tokens", "sliders", "z"]
    assert data["tokens"] == expected
    assert data["text"] == read.vocabulary.text(expected)
    assert data["sliders"] == [0.5, -1, 0, 0, 0, 2]
    assert np.allclose(data["z"], z[0], atol=1e-6)


def test_decode_begins_with_an_example(checkpoint: Path) -> None:
    read = read_checkpoint(checkpoint)
    latents = list(read.examples.values())
    data = json.loads(zlide("decode", checkpoint, "--example", 2, "--json").stdout)
    assert np.allclose(data["z"], latents[1], atol=1e-5)
    moved = json.loads(zlide("decode", checkpoint, "--example", 2, "--sliders", "3", "--json").stdout)
    assert moved["sliders"][0] == 3
    assert moved["sliders"][1:] == data["sliders"][1:]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--example", "4"], "examples.json: holds 3 examples, asked for number 4; choose another\n"),
        (["--sliders", "1,2,3,4,5,6,7"], "--sliders: expected up to 6 numbers, one for each axis, found 1,2,3,4,5,6,7; leave out the others\n"),
        (["--sliders", "nan"], "--sliders: expected up to 6 numbers, one for each axis, found nan; leave out the others\n"),
    ],
)
def test_positions_that_there_are_not(words: list[str], says: str, checkpoint: Path) -> None:
    result = zlide("decode", checkpoint, *words)
    assert result.exit_code == 1
    assert result.stderr.endswith(says)
    assert result.stderr.count("\n") == 1


def test_inspect_shows_manifest_files_and_nodes() -> None:
    result = zlide("inspect", GOLDEN)
    assert result.exit_code == 0
    manifest = read_bundle(GOLDEN)
    for file in manifest.files:
        assert file.path in result.stdout
        assert file.sha256[:12] in result.stdout
    assert "zlide-bundle/1" in result.stdout
    assert re.search(r"decoder/step\s+\d+\s+\w+ \d+", result.stdout)


def test_inspect_refuses_a_changed_bundle(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(GOLDEN, tmp_path / "text"))
    (folder / "vocabulary.txt").write_text("changed\n")
    result = zlide("inspect", folder)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{folder}: vocabulary.txt has 8 bytes, expected ")


def test_examples_are_chosen_and_written(checkpoint: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "small"))
    source = tmp_path / "sentences.txt"
    source.write_text(
        "Tom likes the song.\nShe sees a quiet drum today!\nThe cat plays the tune\n\nA singer sings the tune at night.\nHe likes zithers.\n"
    )
    result = zlide("examples", folder, "--from", source, "--count", 2)
    assert result.exit_code == 0
    chosen = list(read_checkpoint(folder).examples)
    assert result.stdout.splitlines() == chosen
    assert 0 < len(chosen) <= 2


def test_training_begins_goes_on_and_is_done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = [
        f"{a} {b} {c}" for a in "tom she he nobody".split() for b in "likes sees plays".split() for c in "music songs drums it them that".split()
    ]
    Path("corpus.txt").write_text("\n".join(lines))
    words = [
        "train",
        "sentences",
        "--corpus",
        "corpus.txt",
        "--to",
        "weights/mine",
        "--heldout",
        10,
        "--least-count",
        1,
        "--epochs",
        1,
        "--threads",
        1,
    ]
    threads = torch.get_num_threads()
    first, second = zlide(*words), zlide(*words)
    torch.set_num_threads(threads)
    assert (first.exit_code, first.stdout) == (0, "weights/mine: trained\n")
    assert (second.exit_code, second.stdout) == (0, "weights/mine: already trained, nothing to do\n")
    assert read_checkpoint(Path("weights/mine")).settings.command.startswith("zlide")
    missing = zlide("evaluate", "weights/mine", "--corpus", "nothing.txt")
    assert missing.exit_code == 1
    Path("corpus.txt").write_text("\n".join(lines[:-1]))
    other = zlide("evaluate", "weights/mine", "--corpus", "corpus.txt")
    assert other.exit_code == 1
    assert other.stderr.endswith("corpus.txt: not the corpus that weights/mine was trained on; give the same files\n")
