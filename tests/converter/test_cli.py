"""The command line: help whose examples run, one line for a mistake, and exit statuses."""

from __future__ import annotations

import gzip
import json
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import click
import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from rich.console import Console
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from zlide.bundle.folder import graph_nodes, read_bundle
from zlide.checkpoint import EXAMPLES, MODEL, POINTS, read_sentences_checkpoint
from zlide.cli import main, tables
from zlide.cli.reference import render
from zlide.decoders.decoding import decode_sentences
from zlide.decoders.greedy import decode_greedily
from zlide.decoders.sampling import Sampling
from zlide.quantization import quantize_weights
from zlide.recipes.interruption import RESUME_STATE
from zlide.recipes.sentences.encode_corpus import encode_corpus

ROOT = Path(__file__).parents[2]
GOLDEN = ROOT / "tests/golden/text"


def zlide(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="zlide")


class Refusal(NamedTuple):
    """The parts of the one line that a mistake prints."""

    where: str
    problem: str
    remedy: str


def refusal(*words: object) -> Refusal:
    """Run a command that makes a mistake: it prints one line and exits with 1."""
    result = zlide(*words)
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.count("\n") == 1
    return parse(result.stderr)


def parse(line: str) -> Refusal:
    where, _, rest = line.rstrip("\n").partition(": ")
    problem, _, remedy = rest.rpartition("; ")
    return Refusal(where, problem or remedy, remedy if problem else "")


def commands(
    group: click.Group = main, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


COMMANDS = dict(commands())


def examples_in(text: str) -> list[str]:
    return re.findall(
        r"^\s+(zlide .+)$",
        text.partition("Example:")[2].partition("Options:")[0],
        flags=re.MULTILINE,
    )


@pytest.mark.parametrize("path", [(), *COMMANDS], ids=" ".join)
def test_help_has_an_example_that_parses(path: tuple[str, ...]) -> None:
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
        command.make_context(command.name, words)  # raises for an unknown option or argument


@pytest.mark.parametrize("path", COMMANDS, ids=" ".join)
def test_help_explains_each_option(path: tuple[str, ...]) -> None:
    options = [option for option in COMMANDS[path].params if isinstance(option, click.Option)]
    assert [option.name for option in options if not option.help] == []
    shown = zlide(*path, "--help").stdout
    assert [name for option in options for name in option.opts if name not in shown] == []


def test_the_reference_in_docs_is_generated_from_the_code() -> None:
    text = (ROOT / "docs/cli.md").read_text("utf-8")
    assert text == render(), "run python -m zlide.cli.reference > docs/cli.md"
    assert re.findall("^## zlide (.*)$", text, re.MULTILINE) == [
        " ".join(path) for path in COMMANDS
    ]
    assert max(map(len, text.splitlines())) <= 100


def test_prints_the_version() -> None:
    assert zlide("--version").stdout == f"zlide, version {version('zlide')}\n"


@pytest.mark.parametrize(
    "words",
    [
        ["unknown"],
        ["decode"],
        ["decode", "somewhere", "--sliders", "a,b"],
        ["decode", "somewhere", "--example", "0"],
        ["decode", "somewhere", "--top-k", "5"],
        ["decode", "somewhere", "--seed", "5"],
        ["decode", "somewhere", "--temperature", "0"],
        ["decode", "somewhere", "--temperature", "nan"],
        ["decode", "somewhere", "--temperature", "1", "--seed", "4294967296"],
        ["verify", "site", "--positions", "many"],
        ["export", "somewhere"],
        ["train", "sentences", "--corpus", "c.txt", "--output", "w", "--cap", "tom"],
        ["train", "sentences", "--corpus", "c.txt", "--output", "w", "--cap", "tom:²"],
        ["train", "sentences", "--corpus", "c.txt", "--output", "w", "--warmup", "-1"],
        ["train", "sentences", "--corpus", "c.txt", "--output", "w", "--min-share", "2"],
        ["train", "sentences", "--corpus", "c.txt", "--output", "w", "--min-count", "-3"],
        ["serve", "site", "--port", "eighty"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2(words: list[str]) -> None:
    result = zlide(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr


@pytest.mark.parametrize(
    ("words", "old", "new"),
    [
        ("train sentences --corpus c.txt --output w", "--from", "--init-from"),
        ("train sentences --corpus c.txt --output w", "--heldout", "--held-out"),
        ("train sentences --corpus c.txt --output w", "--least-count", "--min-count"),
        ("train sentences --corpus c.txt --output w", "--least-share", "--min-share"),
        ("train sentences --corpus c.txt --output w", "--licence", "--license"),
        ("train sentences --corpus c.txt --output w", "--longest", "--max-length"),
        ("train sentences --corpus c.txt --output w", "--rate", "--learning-rate"),
        ("train doom --output w", "--latent", "--latent-size"),
        ("train racing", "--to", "--output"),
        ("examples w", "--from", "--candidates"),
        ("describe w", "--set", "--axes"),
        ("export w", "--to", "--output"),
        ("build w --output site", "--rounding", "--precision"),
        ("verify site", "--against", "--checkpoint"),
    ],
)
@pytest.mark.parametrize("form", ["{} 8", "{}=8"])
def test_an_old_option_names_the_new_one(words: str, old: str, new: str, form: str) -> None:
    result = zlide(*words.split(), *form.format(old).split())
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"{old}: no such option; use {new}\n"
    assert any(new in option.opts for command in COMMANDS.values() for option in command.params)


@pytest.mark.parametrize(
    "words", ["serve site --to there", "decode w --from 2", "verify s --rate 1"]
)
def test_an_old_option_of_another_command_is_unknown(words: str) -> None:
    result = zlide(*words.split())
    assert result.exit_code == 2
    assert f"Error: No such option '{words.split()[2]}'" in result.stderr


NUMBERS = [
    (*path, option.opts[0])
    for path, command in COMMANDS.items()
    for option in command.params
    if isinstance(option.default, float)
]


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("words", NUMBERS, ids=" ".join)
def test_numbers_are_finite(words: tuple[str, ...], number: str) -> None:
    result = zlide(*words, number)
    assert (result.exit_code, result.stdout) == (2, "")
    message = rf"{number} is not (a finite number|in the range .*)\."
    line = rf"^Error: Invalid value for '{words[-1]}': {message}$"
    assert re.search(line, result.stderr, re.MULTILINE)


def test_every_option_with_a_float_default_is_tested() -> None:
    assert {words[-1] for words in NUMBERS} == {
        "--min-share",
        "--kl-weight",
        "--warmup",
        "--learning-rate",
        "--word-dropout",
        "--emphasis",
        "--edges",
    }


NO_CHECKPOINT = ("missing model.safetensors, config.json", "trained model")


@pytest.mark.parametrize(
    ("words", "where", "problem", "remedy"),
    [
        (["decode", "none"], "none", *NO_CHECKPOINT),
        (["export", "none", "--output", "bundle"], "none", *NO_CHECKPOINT),
        (["build", "none", "--output", "site"], "none", *NO_CHECKPOINT),
        (["evaluate", "none", "--corpus", "none.txt"], "none", *NO_CHECKPOINT),
        (["examples", "none", "--candidates", "none.txt"], "none", *NO_CHECKPOINT),
        (["inspect", "none"], "none/manifest.json", "cannot be read", ""),
        (["verify", "none"], "none/models.json", "expected a list of models", ""),
        (["serve", "none"], "none", "found no index.html", "`zlide build`"),
        (
            ["train", "sentences", "--corpus", "none.txt", "--output", "w"],
            "none.txt",
            "No such file or directory",
            "",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line_and_exits_with_1(
    words: list[str],
    where: str,
    problem: str,
    remedy: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    found = refusal(*words)
    assert found.where == where
    assert problem in found.problem
    assert remedy in found.remedy
    assert list(tmp_path.iterdir()) == []


def test_the_installed_program_prints_no_traceback(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "from zlide.cli import main; main()", "inspect", "none"]
    done = subprocess.run(
        program, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert parse(done.stderr).where == "none/manifest.json"


def test_decode_prints_what_pytorch_decodes(checkpoint: Path) -> None:
    read = read_sentences_checkpoint(checkpoint)
    z = read.axes.to_z([[0.5, -1, 0, 0, 0, 2]])
    expected = decode_greedily(
        read.model.decoder, torch.from_numpy(z), begin=0, end=1, max_length=16
    )[0]
    assert (
        zlide("decode", checkpoint, "--sliders", "0.5,-1,0,0,0,2").stdout
        == read.vocabulary.text(expected) + "\n"
    )
    result = zlide("decode", checkpoint, "--sliders", "0.5,-1,0,0,0,2", "--json")
    data = json.loads(result.stdout)
    assert list(data) == ["text", "tokens", "sliders", "z"]
    assert data["tokens"] == expected
    assert data["text"] == read.vocabulary.text(expected)
    assert data["sliders"] == [0.5, -1, 0, 0, 0, 2]
    assert np.allclose(data["z"], z[0], atol=1e-6)


def test_decode_refuses_a_picture_of_sentences_and_a_bundle(
    checkpoint: Path, tmp_path: Path
) -> None:
    result = zlide("decode", checkpoint, "--png", tmp_path / "picture.png")
    assert result.exit_code == 2
    assert re.search("--png needs .* pictures", result.stderr)
    found = refusal("decode", GOLDEN)
    assert found.where.endswith("golden/text")
    assert "expected a checkpoint, found a bundle" in found.problem


def test_decode_samples_words_and_prints_their_confidence(checkpoint: Path) -> None:
    read = read_sentences_checkpoint(checkpoint)
    z = torch.from_numpy(
        read.axes.to_z(
            np.zeros((1, read.axes.count), np.float32),
            np.zeros((1, read.axes.latent_size), np.float32),
        )
    )
    drawn = ["--temperature", "1.5", "--top-k", "20", "--seed"]
    seen = set()
    for seed in range(20):
        (line,) = decode_sentences(
            read.model.decoder, z, [Sampling(1.5, 20, seed)], begin=0, end=1, max_length=16
        )
        data = json.loads(
            zlide("decode", checkpoint, *drawn, seed, "--confidence", "--json").stdout
        )
        assert (data["tokens"], data["confidence"], data["ending"]) == (
            line.tokens,
            line.confidence,
            line.end_confidence,
        )
        seen.add(data["text"])
    assert len(seen) > 5
    shown = zlide("decode", checkpoint, *drawn, 3, "--confidence").stdout.splitlines()
    (line,) = decode_sentences(
        read.model.decoder, z, [Sampling(1.5, 20, 3)], begin=0, end=1, max_length=16
    )
    assert shown[0] == read.vocabulary.text(line.tokens)
    words = [read.vocabulary.words[token] for token in line.tokens]
    assert [row.split()[1] for row in shown[1:-1]] == words
    assert [float(row.split()[0]) for row in shown[1:-1]] == pytest.approx(
        line.confidence, abs=5e-4
    )
    assert shown[-1].strip().endswith(")")
    likeliest = zlide("decode", checkpoint).stdout
    assert (
        zlide("decode", checkpoint, "--temperature", "1", "--top-k", "1", "--seed", "9").stdout
        == likeliest
    )
    assert (
        zlide("decode", checkpoint, "--temperature", "1.5").stdout
        == zlide("decode", checkpoint, *drawn[:2], "--top-k", 0, "--seed", 0).stdout
    )


def test_decode_starts_at_an_example(checkpoint: Path) -> None:
    read = read_sentences_checkpoint(checkpoint)
    latents = list(read.examples.values())
    data = json.loads(zlide("decode", checkpoint, "--example", 2, "--json").stdout)
    assert np.allclose(data["z"], latents[1], atol=1e-5)
    moved = json.loads(
        zlide("decode", checkpoint, "--example", 2, "--sliders", "3", "--json").stdout
    )
    assert moved["sliders"][0] == 3
    assert moved["sliders"][1:] == data["sliders"][1:]


def test_export_and_build_leave_the_precision_to_the_exporter() -> None:
    for name in ("export", "build"):
        context = COMMANDS[(name,)].make_context(name, ["weights/small", "--output", "there"])
        assert context.params["precision"] is None


def test_decode_refuses_a_precision_that_the_weights_exceed(
    checkpoint: Path, tmp_path: Path
) -> None:
    wide = shutil.copytree(checkpoint, tmp_path / "wide")
    weights = load_file(wide / "model.safetensors")
    weights["decoder.bias"][2:] += 1e5  # beyond float16, and the same for all words
    save_file(weights, wide / "model.safetensors")
    kept = zlide("decode", wide)
    assert kept.exit_code == 0
    assert len(kept.stdout.split()) == 16  # the end is never the likeliest
    found = refusal("decode", wide, "--precision", "float16")
    assert found.where == "decoder.bias"
    assert "1e+05" in found.problem
    assert "float16" in found.problem
    assert "--precision float32" in found.remedy


def test_decode_quantizes_the_weights_to_a_precision(checkpoint: Path) -> None:
    read = read_sentences_checkpoint(checkpoint)
    quantize_weights(read.model, "uint8")
    z = torch.from_numpy(read.axes.to_z(np.eye(6, dtype=np.float32) * 3))
    rounded = decode_greedily(read.model.decoder, z, begin=0, end=1, max_length=16)
    exact = decode_greedily(
        read_sentences_checkpoint(checkpoint).model.decoder, z, begin=0, end=1, max_length=16
    )
    sliders = [",".join(map(str, row)) for row in np.eye(6, dtype=int) * 3]
    for words, expected in [(["--precision", "uint8"], rounded), ([], exact)]:
        assert [
            json.loads(zlide("decode", checkpoint, "--sliders", at, "--json", *words).stdout)[
                "tokens"
            ]
            for at in sliders
        ] == expected


@pytest.mark.parametrize(
    ("words", "where", "expected", "found", "remedy"),
    [
        (["--example", "4"], "examples.json", "1 to 3", "4", "--example"),
        (["--sliders", "1,2,3,4,5,6,7"], "--sliders", "up to 6 numbers", "7", "others"),
        (["--sliders", "nan"], "--sliders", "±1,000,000", "nan", "±3"),
        (["--sliders", "0,-inf"], "--sliders", "±1,000,000", "0, -inf", "±3"),
        (["--sliders", "1e30"], "--sliders", "±1,000,000", "1e+30", "±3"),
        (["--sliders", "-1e39", "--json"], "--sliders", "±1,000,000", "-1e+39", "±3"),
    ],
)
def test_decode_refuses_positions_that_do_not_exist(
    words: list[str], where: str, expected: str, found: str, remedy: str, checkpoint: Path
) -> None:
    line = refusal("decode", checkpoint, *words)
    assert line.where.endswith(where)
    assert expected in line.problem
    assert line.problem.endswith(f"found {found}")
    assert remedy in line.remedy


def test_inspect_shows_manifest_files_and_nodes() -> None:
    result = zlide("inspect", GOLDEN)
    assert result.exit_code == 0
    manifest = read_bundle(GOLDEN)
    for file in manifest.files:
        assert file.path in result.stdout
        assert file.sha256[:12] in result.stdout
    assert "zlide-bundle/2" in result.stdout
    assert re.search(r"decoder/step\s+\d+\s+\w+ \d+", result.stdout)


def test_inspect_refuses_a_changed_bundle(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(GOLDEN, tmp_path / "text"))
    (folder / "vocabulary.txt").write_text("changed\n")
    found = refusal("inspect", folder)
    assert found.where == str(folder)
    assert "vocabulary.txt" in found.problem
    assert "8 bytes" in found.problem


@pytest.mark.needs_page
def test_inspect_checks_the_compressed_files_of_a_site(tmp_path: Path) -> None:
    assert zlide("build", GOLDEN, "--output", tmp_path / "site").exit_code == 0
    bundle = tmp_path / "site/models/text"
    packed = bundle / "decoder/step/model.json.gz"
    shown = zlide("inspect", bundle).stdout
    assert re.search(
        rf"^decoder/step/model.json +[\d,]+ +{packed.stat().st_size:,} ", shown, flags=re.MULTILINE
    )
    assert re.search(r"^probe.safetensors +[\d,]+ +[\d,–]+ ", shown, flags=re.MULTILINE)
    good = packed.read_bytes()
    for wrong in (
        gzip.compress(b"{}"),
        good[:-9],
        b"",
        b"no gzip",
        good[:40] + bytes([good[40] ^ 255]) + good[41:],
    ):
        packed.write_bytes(wrong)
        found = refusal("inspect", bundle)
        assert found.where == str(bundle)
        assert "decoder/step/model.json.gz" in found.problem
        assert found.remedy == "build the site again"
    assert zlide("build", bundle, "--output", tmp_path / "site").exit_code == 0
    assert packed.read_bytes() == good


def test_inspect_and_build_refuse_files_that_the_manifest_does_not_list(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(GOLDEN, tmp_path / "words"))
    (folder / "decoder/page.html").write_text("<script>alert(1)</script>")
    for words in (["inspect", folder], ["build", folder, "--output", tmp_path / "site"]):
        found = refusal(*words)
        assert found.where == str(folder)
        assert found.problem.endswith("found decoder/page.html")
        assert found.remedy.startswith("move ")
    assert not (tmp_path / "site").exists()


@pytest.mark.needs_page
def test_build_writes_compressed_files_unless_told_otherwise(tmp_path: Path) -> None:
    for words, compressed in [
        ([], True),
        (["--compress", "none"], False),
        (["--compress", "gzip"], True),
    ]:
        assert zlide("build", GOLDEN, "--output", tmp_path / "site", *words).exit_code == 0
        for name in (
            "index.html",
            "verify.html",
            "models/text/manifest.json",
            "models/text/axes/pca/to/model.json",
        ):
            assert (tmp_path / "site" / name).is_file()
            assert (tmp_path / "site" / f"{name}.gz").exists() is compressed
    assert not list(GOLDEN.rglob("*.gz"))


def test_examples_writes_the_sentences_that_it_prints(checkpoint: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "small"))
    source = tmp_path / "sentences.txt"
    source.write_text(
        "Tom likes the song.\nShe sees a quiet drum today!\nThe cat plays the tune\n\n"
        "A singer sings the tune at night.\nHe likes zithers.\n"
    )
    result = zlide("examples", folder, "--candidates", source, "--count", 2)
    assert result.exit_code == 0
    chosen = list(read_sentences_checkpoint(folder).examples)
    assert result.stdout.splitlines() == chosen
    assert 0 < len(chosen) <= 2


def test_examples_counts_the_candidates_when_it_finds_too_few(
    checkpoint: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "small"))
    source = tmp_path / "sentences.txt"
    source.write_text(
        "tom likes the song\ntom likes the song today\n"
    )  # so similar that only one is chosen
    result = zlide("examples", folder, "--candidates", source)
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    assert result.stderr.startswith("1 of 2 candidates chosen; ")
    assert result.stderr.count("\n") == 1


def test_examples_keeps_the_old_ones_if_no_candidate_is_reconstructed(
    checkpoint: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "small"))
    save_file(
        {name: tensor * 0 for name, tensor in load_file(folder / MODEL).items()}, folder / MODEL
    )
    before = (folder / EXAMPLES).read_bytes()
    source = tmp_path / "sentences.txt"
    source.write_text("tom likes the song\nhe sees piano\n\nthe cat plays the tune\n")
    found = refusal("examples", folder, "--candidates", source)
    assert found.where == str(folder / EXAMPLES)
    assert "3 candidates" in found.problem
    assert "--kl-weight" in found.remedy
    assert (folder / EXAMPLES).read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [["train", "sentences", "--corpus", "corpus.txt", "--output"], ["build", "--output", "site"]],
    ids=lambda words: words[0],
)
def test_a_folder_name_that_is_no_url_is_refused_before_any_work(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    found = refusal(*words, "weights/My Model!")
    assert found.where == "weights/My Model!"
    assert found.problem.endswith("found 'My Model!'")
    assert found.remedy == "choose another name"
    assert list(tmp_path.iterdir()) == []


def test_an_output_that_is_something_else_is_refused_before_any_work(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zlide.exporter.export", lambda *_, **__: pytest.fail("exported"))
    monkeypatch.setattr(
        "zlide.recipes.worlds.train.load_frames", lambda *_: pytest.fail("captured")
    )
    home, file = tmp_path / "home", tmp_path / "home" / "thesis"
    home.mkdir()
    file.write_text("years of work")
    for words in (
        ["build", checkpoint],
        ["export", checkpoint],
        ["train", "doom"],
        ["train", "sentences", "--corpus", file],
    ):
        for to in (file, file / "site"):
            found = refusal(*words, "--output", to)
            assert found.where == str(file)
            assert "expected a folder, found a file" in found.problem
            assert "choose another" in found.remedy
    for words, mark in (
        (["build", checkpoint], "models.json"),
        (["export", checkpoint], "manifest.json"),
    ):
        found = refusal(*words, "--output", home)
        assert found.where == str(home)
        assert mark in found.problem
        assert "another folder" in found.remedy
    assert [path.name for path in home.iterdir()] == ["thesis"]


def test_export_names_a_limit_on_the_size_of_files(
    checkpoint: Path, files_up_to: Any, tmp_path: Path
) -> None:
    with files_up_to(1000):
        found = refusal("export", checkpoint, "--output", tmp_path / "bundle")
    assert (found.where, found.problem) == (str(tmp_path / "bundle"), "File too large")
    assert "ulimit -f" in found.remedy
    assert list(tmp_path.iterdir()) == []


def test_two_folders_of_one_name_are_refused_before_any_work(tmp_path: Path) -> None:
    found = refusal("build", GOLDEN, tmp_path / "Text", "--output", tmp_path / "site")
    assert found.where == str(tmp_path / "Text")
    assert "'text'" in found.problem
    assert str(GOLDEN) in found.problem
    assert "rename" in found.remedy


def test_a_piped_table_has_one_line_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = zlide("inspect", GOLDEN).stdout.splitlines()
    (step,) = [line for line in lines if line.startswith("decoder/step  ")]
    ops = graph_nodes(GOLDEN / "decoder/step/model.json")
    assert step.split(maxsplit=2)[2].rstrip() == ", ".join(f"{op} {n}" for op, n in ops.items())
    assert not [line for line in lines if line.startswith(" ")]


def test_a_narrow_terminal_cuts_no_figure() -> None:
    console = Console(width=50, force_terminal=True, color_system=None)
    with console.capture() as captured:
        for part in tables.format_manifest(GOLDEN, read_bundle(GOLDEN)):
            console.print(part)
    text = captured.get()
    for file in read_bundle(GOLDEN).files:
        assert re.search(rf"^{re.escape(file.path)} +{file.bytes:,} ", text, flags=re.MULTILINE)


LINES = [
    f"{a} {b} {c}"
    for a in "tom she he nobody".split()
    for b in "likes sees plays".split()
    for c in "music songs drums it them that".split()
]
TRAIN = [
    "train",
    "sentences",
    "--corpus",
    "corpus.txt",
    "--output",
    "weights/mine",
    "--held-out",
    10,
    "--min-count",
    1,
    "--threads",
    1,
]


@pytest.fixture
def corpus(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A small corpus in the current folder, and one thread, so that training is quick."""
    monkeypatch.chdir(tmp_path)
    file = Path("corpus.txt")
    file.write_text("\n".join(LINES))
    threads = torch.get_num_threads()
    yield file
    torch.set_num_threads(threads)


def test_training_is_done_once(corpus: Path) -> None:
    first = zlide(*TRAIN, "--epochs", 1)
    assert (first.exit_code, first.stdout) == (0, "weights/mine: trained\n")
    files = ["axes.npz", "config.json", "model.safetensors", "points.safetensors", "vocabulary.txt"]
    assert sorted(path.name for path in Path("weights/mine").iterdir()) == files
    second = zlide(*TRAIN, "--epochs", 1)
    assert (second.exit_code, second.stdout) == (
        0,
        "weights/mine: already trained, nothing to do\n",
    )
    assert read_sentences_checkpoint(Path("weights/mine")).settings.command.startswith("zlide")
    missing = zlide("evaluate", "weights/mine", "--corpus", "nothing.txt")
    assert missing.exit_code == 1
    corpus.write_text("\n".join(LINES[:-1]))
    refused_corpus(refusal("evaluate", "weights/mine", "--corpus", "corpus.txt"))


def refused_corpus(found: Refusal) -> None:
    assert found.where == "corpus.txt"
    assert "weights/mine" in found.problem
    assert found.problem.endswith("found another")
    assert "--corpus" in found.remedy


@pytest.mark.needs_conversion
def test_points_encodes_the_training_samples_of_a_checkpoint(corpus: Path, tmp_path: Path) -> None:
    assert zlide(*TRAIN, "--epochs", 1).exit_code == 0
    folder = Path("weights/mine")
    trained = read_sentences_checkpoint(folder).points
    (folder / POINTS).unlink()
    assert read_sentences_checkpoint(folder).points is None
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    assert zlide("points", folder).exit_code == 2  # the corpus is missing
    result = zlide("points", folder, "--corpus", corpus)
    assert (result.exit_code, result.stdout) == (
        0,
        "weights/mine/points.safetensors: 62 points of 128 dimensions\n",
    )
    assert {
        path.name: path.read_bytes() for path in folder.iterdir() if path.name != POINTS
    } == before
    again = read_sentences_checkpoint(folder).points
    assert again is not None
    assert trained is not None
    assert np.allclose(again, trained, atol=1e-4)

    known = read_sentences_checkpoint(folder)
    ids = {word: i for i, word in enumerate(known.vocabulary.words)}
    means = encode_corpus(
        known.model.encoder, [[ids[word] for word in line.split()] for line in LINES]
    ).means
    nearest = {int(np.square(means - point).sum(1).argmin()) for point in again}
    assert len(nearest) == 62  # all different; ten of the 72 sentences were held out

    assert zlide("export", folder, "--output", tmp_path / "mine").exit_code == 0
    assert re.search(
        r"^axes pca +\d+, 5 shown first, ±3 σ, 62 points *$",
        zlide("inspect", tmp_path / "mine").stdout,
        re.MULTILINE,
    )

    corpus.write_text("\n".join(LINES[:-1]))
    refused_corpus(refusal("points", folder, "--corpus", corpus))


def test_training_completes_a_checkpoint_that_is_partly_written(corpus: Path) -> None:
    assert corpus.exists()
    blocked = Path("weights/mine/config.json.partial/full")
    blocked.mkdir(parents=True)
    first = zlide(*TRAIN, "--epochs", 1)
    assert first.exit_code == 1
    found = parse(first.stderr.splitlines()[-1])
    assert (found.where, found.problem) == ("weights/mine/config.json", "Is a directory")
    assert Path("weights/mine", MODEL).exists()  # as after a crash, some files are missing
    shutil.rmtree(blocked.parent)
    second = zlide(*TRAIN, "--epochs", 1)
    assert (second.exit_code, second.stdout) == (0, "weights/mine: trained\n")
    assert "held out" not in second.stderr  # no step was repeated
    read_sentences_checkpoint(Path("weights/mine"))
    assert not Path("weights/mine", RESUME_STATE).exists()


def test_too_few_sentences_for_the_axes_are_refused_before_any_work(corpus: Path) -> None:
    corpus.write_text("\n".join(LINES[:26]))
    too_small(refusal(*TRAIN), 27, 26)
    assert not Path("weights").exists()
    corpus.write_text("\n".join(LINES[:27]))
    assert zlide(*TRAIN, "--epochs", 1).exit_code == 0
    count = read_sentences_checkpoint(Path("weights/mine")).axes.count
    assert 10 < count <= 16  # those that carry variance after one step


def too_small(found: Refusal, expected: int, sentences: int) -> None:
    assert found.where == "corpus.txt"
    assert f"at least {expected} sentences of up to 16 words" in found.problem
    assert found.problem.endswith(f"found {sentences}")
    assert "--held-out" in found.remedy


def test_a_corpus_has_twice_as_many_sentences_as_are_held_out(corpus: Path) -> None:
    too_small(refusal(*TRAIN, "--held-out", 37), 74, 72)
    words = ["train", "sentences", "--corpus", corpus, "--output", "weights/mine"]
    too_small(refusal(*words, "--min-count", 1), 4000, 72)
    assert "4,000 by default" in " ".join(zlide("train", "sentences", "--help").stdout.split())
    assert zlide(*TRAIN, "--held-out", 36, "--epochs", 1).exit_code == 0


def test_evaluate_refuses_a_small_corpus_that_is_not_of_the_training(corpus: Path) -> None:
    assert zlide(*TRAIN, "--epochs", 1).exit_code == 0
    corpus.write_text("\n".join(LINES[:5]))
    refused_corpus(refusal("evaluate", "weights/mine", "--corpus", corpus))


def test_training_names_a_limit_on_the_size_of_files(corpus: Path, files_up_to: Any) -> None:
    assert corpus.exists()
    with files_up_to(100_000):
        result = zlide(*TRAIN, "--epochs", 1)
    assert result.exit_code == 1
    found = parse(result.stderr.splitlines()[-1])
    assert (found.where, found.problem) == (f"weights/mine/{RESUME_STATE}", "File too large")
    assert "ulimit -f" in found.remedy
    assert list(Path("weights/mine").iterdir()) == []
    assert zlide(*TRAIN, "--epochs", 1).stdout == "weights/mine: trained\n"


@pytest.mark.slow
@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name
)
def test_interrupted_training_names_its_step_and_resumes_there(
    number: signal.Signals, corpus: Path
) -> None:
    assert corpus.exists()
    line = re.compile(r"weights/mine: .*\bstep ([\d,]+) of 20,000\b.*\n")
    before = 0
    for _ in range(2):
        with _training(
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL)
        ) as training:  # these tests may run in the background
            _epochs(training, 2)
            training.send_signal(number)
            last = training.communicate(timeout=60)[1].splitlines(keepends=True)[-1]
        assert training.returncode == 128 + number
        stopped = line.fullmatch(last)
        assert stopped, last
        step = int(stopped[1].replace(",", ""))
        with safe_open(Path("weights/mine", RESUME_STATE), "pt") as state:
            assert int(state.metadata()["step"]) == step
        assert step >= before + 2
        before = step


@pytest.mark.slow
def test_training_in_the_background_ignores_ctrl_c(corpus: Path) -> None:
    assert corpus.exists()
    with _training(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)) as training:
        _epochs(training, 1)
        training.send_signal(signal.SIGINT)
        _epochs(training, 3)
        training.terminate()
        assert re.search(r"step [\d,]+ of 20,000", training.communicate(timeout=60)[1])
    assert training.returncode == 128 + signal.SIGTERM


def test_python_m_zlide_is_the_command() -> None:
    program = [sys.executable, "-m", "zlide", "--help"]
    done = subprocess.run(program, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("Usage: zlide [OPTIONS] COMMAND")


def _training(**options: Any) -> subprocess.Popen[str]:
    words = [str(word) for word in [*TRAIN, "--epochs", 20_000]]
    program = [sys.executable, "-c", "from zlide.cli import main; main()", *words]
    return subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def _epochs(training: subprocess.Popen[str], count: int) -> None:
    """Wait until `count` more epochs have ended."""
    assert training.stderr
    for _ in range(count):
        assert "held out" in training.stderr.readline()
