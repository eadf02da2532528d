"""The command line as a user meets it: help that runs, one line for a mistake, exit statuses that mean something."""

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
from pathlib import Path
from typing import Any

import click
import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from rich.console import Console
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from zlide.bundle.folder import graph_nodes, read_bundle
from zlide.checkpoint.folder import EXAMPLES, MODEL, POINTS, read_sentences_checkpoint
from zlide.cli import tables
from zlide.cli.commands import main
from zlide.decoders.decoding import write
from zlide.decoders.greedy import decode_greedily
from zlide.decoders.sampling import Sampling
from zlide.exporter.pipeline import Metadata
from zlide.quantization import quantize_weights
from zlide.recipes.resume_state import STATE
from zlide.recipes.sentences.encode_corpus import encode_corpus

GOLDEN = Path(__file__).parents[1] / "golden/text"


def zlide(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="zlide")


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
        command.make_context(
            command.name, words
        )  # raises for an option or an argument that does not exist


def test_every_command_of_the_road_is_there() -> None:
    road = {
        "train sentences",
        "train doom",
        "train racing",
        "evaluate",
        "points",
        "describe",
        "examples",
        "export",
        "build",
        "decode",
        "inspect",
        "verify",
        "serve",
    }
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
def test_wrong_usage_is_status_2(words: list[str]) -> None:
    result = zlide(*words)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert "Error: " in result.stderr


NUMBERS = [
    (*path, option.opts[0])
    for path, command in COMMANDS.items()
    for option in command.params
    if isinstance(option.default, float)
]


@pytest.mark.parametrize("number", ["nan", "inf", "-inf"])
@pytest.mark.parametrize("words", NUMBERS, ids=" ".join)
def test_a_number_is_finite(words: tuple[str, ...], number: str) -> None:
    result = zlide(*words, number)
    assert (result.exit_code, result.stdout) == (2, "")
    assert re.search(
        rf"^Error: Invalid value for '{words[-1]}': {number} is not (a finite number|in the range .*)\.$",
        result.stderr,
        re.MULTILINE,
    )


def test_numbers_are_tried_wherever_there_are_any() -> None:
    assert {words[-1] for words in NUMBERS} == {
        "--min-share",
        "--kl-weight",
        "--warmup",
        "--learning-rate",
        "--word-dropout",
        "--emphasis",
        "--edges",
    }


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["decode", "none"],
            "none: missing model.safetensors, config.json, vocabulary.txt, axes.npz; give the folder of a trained model",
        ),
        (
            ["export", "none", "--output", "bundle"],
            "none: missing model.safetensors, config.json, ",
        ),
        (["build", "none", "--output", "site"], "none: missing model.safetensors, config.json, "),
        (["inspect", "none"], "none/manifest.json: cannot be read: "),
        (["verify", "none"], "none/models.json: expected a list of models, found: "),
        (
            ["serve", "none"],
            "none: expected a site, found no index.html; make one with `zlide build`",
        ),
        (
            ["train", "sentences", "--corpus", "none.txt", "--output", "w"],
            "none.txt: cannot be read: No such file or directory; ",
        ),
        (
            ["evaluate", "none", "--corpus", "none.txt"],
            "none: missing model.safetensors, config.json, ",
        ),
        (
            ["examples", "none", "--candidates", "none.txt"],
            "none: missing model.safetensors, config.json, ",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_one_line_and_status_1(
    words: list[str], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = zlide(*words)
    assert result.exit_code == 1
    assert result.stderr.startswith(says)
    assert result.stderr.count("\n") == 1
    assert result.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_as_a_program_a_mistake_has_no_traceback_either(tmp_path: Path) -> None:
    program = [sys.executable, "-c", "from zlide.cli import main; main()", "inspect", "none"]
    done = subprocess.run(
        program, capture_output=True, text=True, check=False, cwd=tmp_path, timeout=60
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("none/manifest.json: cannot be read: ")
    assert done.stderr.count("\n") == 1


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


def test_decode_says_what_it_does_not_decode(checkpoint: Path, tmp_path: Path) -> None:
    result = zlide("decode", checkpoint, "--png", tmp_path / "picture.png")
    assert result.exit_code == 2
    assert "--png is of pictures, and this model writes words." in result.stderr
    bundle = Path(__file__).parents[1] / "golden/text"
    assert (
        "golden/text: expected a checkpoint, found a bundle; give the folder that it was exported from"
        in zlide("decode", bundle).stderr
    )


def test_decode_draws_words_by_chance_and_says_how_sure_it_was(checkpoint: Path) -> None:
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
        (line,) = write(
            read.model.decoder, z, [Sampling(1.5, 20, seed)], begin=0, end=1, max_length=16
        )
        data = json.loads(
            zlide("decode", checkpoint, *drawn, seed, "--confidence", "--json").stdout
        )
        assert (data["tokens"], data["confidence"], data["ending"]) == (
            line.tokens,
            line.confidence,
            line.ending,
        )
        seen.add(data["text"])
    assert len(seen) > 5
    shown = zlide("decode", checkpoint, *drawn, 3, "--confidence").stdout.splitlines()
    (line,) = write(read.model.decoder, z, [Sampling(1.5, 20, 3)], begin=0, end=1, max_length=16)
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


def test_decode_begins_with_an_example(checkpoint: Path) -> None:
    read = read_sentences_checkpoint(checkpoint)
    latents = list(read.examples.values())
    data = json.loads(zlide("decode", checkpoint, "--example", 2, "--json").stdout)
    assert np.allclose(data["z"], latents[1], atol=1e-5)
    moved = json.loads(
        zlide("decode", checkpoint, "--example", 2, "--sliders", "3", "--json").stdout
    )
    assert moved["sliders"][0] == 3
    assert moved["sliders"][1:] == data["sliders"][1:]


def test_export_and_build_round_alike() -> None:
    for name in ("export", "build"):
        context = COMMANDS[(name,)].make_context(name, ["weights/small", "--output", "there"])
        assert context.params["precision"] is Metadata().precision is None


def test_decode_takes_the_weights_as_they_are_and_rounds_them_where_asked_to(
    checkpoint: Path, tmp_path: Path
) -> None:
    wide = shutil.copytree(checkpoint, tmp_path / "wide")
    weights = load_file(wide / "model.safetensors")
    weights["decoder.bias"][2:] += (
        1e5  # which no float16 holds, and which is the same for all words
    )
    save_file(weights, wide / "model.safetensors")
    kept = zlide("decode", wide)
    assert kept.exit_code == 0
    assert len(kept.stdout.split()) == 16  # no end is as likely as a word
    refused = zlide("decode", wide, "--precision", "float16")
    assert (refused.exit_code, refused.stdout) == (1, "")
    assert refused.stderr == (
        "decoder.bias: holds 1e+05, beyond float16; "
        'keep it with `zlide build … --precision float32`, or in Python with about=zlide.About(rounding="float32")\n'
    )


def test_decode_rounds_to_what_is_asked_for(checkpoint: Path) -> None:
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


FAR = "--sliders: expected numbers of σ up to ±1,000,000"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (
            ["--example", "4"],
            "examples.json: holds 3 examples, asked for number 4; choose another\n",
        ),
        (
            ["--sliders", "1,2,3,4,5,6,7"],
            "--sliders: expected up to 6 numbers, one for each axis, found 7; leave out the others\n",
        ),
        (["--sliders", "nan"], f"{FAR}, found nan; stay within ±3, as the page does\n"),
        (["--sliders", "0,-inf"], f"{FAR}, found 0,-inf; stay within ±3, as the page does\n"),
        (["--sliders", "1e30"], f"{FAR}, found 1e30; stay within ±3, as the page does\n"),
        (
            ["--sliders", "-1e39", "--json"],
            f"{FAR}, found -1e39; stay within ±3, as the page does\n",
        ),
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
    assert "zlide-bundle/2" in result.stdout
    assert re.search(r"decoder/step\s+\d+\s+\w+ \d+", result.stdout)


def test_inspect_refuses_a_changed_bundle(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(GOLDEN, tmp_path / "text"))
    (folder / "vocabulary.txt").write_text("changed\n")
    result = zlide("inspect", folder)
    assert result.exit_code == 1
    assert result.stderr.startswith(f"{folder}: vocabulary.txt has 8 bytes, expected ")


@pytest.mark.needs_page
def test_inspect_knows_what_a_site_has_compressed(tmp_path: Path) -> None:
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
        says = "decoder/step/model.json.gz is not decoder/step/model.json, compressed; build the site again\n"
        assert zlide("inspect", bundle).stderr == f"{bundle}: {says}"
    assert (
        zlide("build", bundle, "--output", tmp_path / "site").exit_code == 0
    )  # which is the remedy
    assert packed.read_bytes() == good


def test_inspect_and_build_refuse_what_a_bundle_does_not_list(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(GOLDEN, tmp_path / "words"))
    (folder / "decoder/page.html").write_text("<script>alert(1)</script>")
    for words in (["inspect", folder], ["build", folder, "--output", tmp_path / "site"]):
        result = zlide(*words)
        says = f"{folder}: expected only what its manifest lists, found decoder/page.html; move the rest elsewhere\n"
        assert (result.exit_code, result.stderr) == (1, says)
    assert not (tmp_path / "site").exists()


@pytest.mark.needs_page
def test_build_leaves_out_what_is_compressed_where_asked_to(tmp_path: Path) -> None:
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


def test_examples_are_chosen_and_written(checkpoint: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "small"))
    source = tmp_path / "sentences.txt"
    source.write_text(
        "Tom likes the song.\nShe sees a quiet drum today!\nThe cat plays the tune\n\nA singer sings the tune at night.\nHe likes zithers.\n"
    )
    result = zlide("examples", folder, "--candidates", source, "--count", 2)
    assert result.exit_code == 0
    chosen = list(read_sentences_checkpoint(folder).examples)
    assert result.stdout.splitlines() == chosen
    assert 0 < len(chosen) <= 2


def test_fewer_examples_than_asked_for_are_counted(checkpoint: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "small"))
    source = tmp_path / "sentences.txt"
    source.write_text(
        "tom likes the song\ntom likes the song today\n"
    )  # so alike that only one is taken
    result = zlide("examples", folder, "--candidates", source)
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    assert (
        result.stderr
        == "1 of 2 candidates chosen; the others do not come back, or are too much like these\n"
    )


def test_a_model_that_gives_nothing_back_keeps_its_old_examples(
    checkpoint: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(checkpoint, tmp_path / "small"))
    save_file(
        {name: tensor * 0 for name, tensor in load_file(folder / MODEL).items()}, folder / MODEL
    )
    before = (folder / EXAMPLES).read_bytes()
    source = tmp_path / "sentences.txt"
    source.write_text("tom likes the song\nhe sees piano\n\nthe cat plays the tune\n")
    result = zlide("examples", folder, "--candidates", source)
    assert (result.exit_code, result.stdout) == (1, "")
    remedy = "train longer, with more text or with a lower --kl-weight"
    assert (
        result.stderr
        == f"{folder / EXAMPLES}: none of the 3 candidates came back word for word; {remedy}\n"
    )
    assert (folder / EXAMPLES).read_bytes() == before


@pytest.mark.parametrize(
    "words",
    [["train", "sentences", "--corpus", "corpus.txt", "--output"], ["build", "--output", "site"]],
    ids=lambda words: words[0],
)
def test_a_folder_whose_name_no_address_holds_is_refused_before_the_work(
    words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    result = zlide(*words, "weights/My Model!")
    assert result.exit_code == 1
    problem = "expected a folder named in letters a to z, digits, - and _, found 'My Model!'"
    assert result.stderr == f"weights/My Model!: {problem}; choose another name\n"
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_to_is_refused_before_the_work(
    checkpoint: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zlide.exporter.export", lambda *_, **__: pytest.fail("exported"))
    monkeypatch.setattr("zlide.recipes.worlds.train.frames_of", lambda *_: pytest.fail("captured"))
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
            assert zlide(*words, "--output", to).stderr.endswith(
                "thesis: expected a folder, found a file; choose another place\n"
            )
    for words, mark in (
        (["build", checkpoint], "models.json"),
        (["export", checkpoint], "manifest.json"),
    ):
        assert (
            zlide(*words, "--output", home).stderr
            == f"{home}: holds other files (there is no {mark}); choose another folder, or empty it\n"
        )
    assert [path.name for path in home.iterdir()] == ["thesis"]


def test_a_limit_on_the_size_of_files_is_no_fault_of_the_decoder(
    checkpoint: Path, files_up_to: Any, tmp_path: Path
) -> None:
    with files_up_to(1000):
        result = zlide("export", checkpoint, "--output", tmp_path / "bundle")
    assert result.exit_code == 1
    assert (
        result.stderr
        == f"{tmp_path / 'bundle'}: File too large; raise the limit (ulimit -f), or choose another place\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_two_folders_of_one_name_are_refused_before_the_work(tmp_path: Path) -> None:
    result = zlide("build", GOLDEN, tmp_path / "Text", "--output", tmp_path / "site")
    assert result.exit_code == 1
    assert (
        result.stderr
        == f"{tmp_path / 'Text'}: its name is 'text', and so is that of {GOLDEN}; rename one of them\n"
    )


def test_a_table_that_is_piped_has_one_line_a_row(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    lines = zlide("inspect", GOLDEN).stdout.splitlines()
    (step,) = [line for line in lines if line.startswith("decoder/step  ")]
    ops = graph_nodes(GOLDEN / "decoder/step/model.json")
    assert step.split(maxsplit=2)[2].rstrip() == ", ".join(f"{op} {n}" for op, n in ops.items())
    assert not [line for line in lines if line.startswith(" ")]


def test_in_a_narrow_terminal_no_figure_is_cut() -> None:
    console = Console(width=50, force_terminal=True, color_system=None)
    with console.capture() as captured:
        for part in tables.of_manifest(GOLDEN, read_bundle(GOLDEN)):
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
    """A small corpus in the folder where commands run, and one thread, so that training is quick."""
    monkeypatch.chdir(tmp_path)
    file = Path("corpus.txt")
    file.write_text("\n".join(LINES))
    threads = torch.get_num_threads()
    yield file
    torch.set_num_threads(threads)


def test_training_begins_goes_on_and_is_done(corpus: Path) -> None:
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
    other = zlide("evaluate", "weights/mine", "--corpus", "corpus.txt")
    assert other.exit_code == 1
    assert other.stderr.endswith(
        "corpus.txt: not the corpus that weights/mine was trained on; give the files that it was trained on\n"
    )


def test_points_are_written_for_a_checkpoint_that_has_none(corpus: Path, tmp_path: Path) -> None:
    assert zlide(*TRAIN, "--epochs", 1).exit_code == 0
    folder = Path("weights/mine")
    trained = read_sentences_checkpoint(folder).points
    (folder / POINTS).unlink()
    assert read_sentences_checkpoint(folder).points is None
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    assert zlide("points", folder).exit_code == 2  # which corpus?
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
    assert len(nearest) == 62  # each is another sentence of the corpus, and ten were held out

    assert zlide("export", folder, "--output", tmp_path / "mine").exit_code == 0
    assert re.search(
        r"^axes pca +\d+, 5 shown first, ±3 σ, 62 points *$",
        zlide("inspect", tmp_path / "mine").stdout,
        re.MULTILINE,
    )

    corpus.write_text("\n".join(LINES[:-1]))
    other = zlide("points", folder, "--corpus", corpus)
    assert (
        other.stderr
        == "corpus.txt: not the corpus that weights/mine was trained on; give the files that it was trained on\n"
    )
    assert other.exit_code == 1


def test_a_checkpoint_that_was_not_written_to_its_end_is_written_again(corpus: Path) -> None:
    assert corpus.exists()
    blocked = Path("weights/mine/config.json.partial/full")
    blocked.mkdir(parents=True)
    first = zlide(*TRAIN, "--epochs", 1)
    assert first.exit_code == 1
    assert first.stderr.endswith("weights/mine/config.json: Is a directory; choose another place\n")
    assert Path("weights/mine", MODEL).exists()  # as a crash leaves it: not all of it is there
    shutil.rmtree(blocked.parent)
    second = zlide(*TRAIN, "--epochs", 1)
    assert (second.exit_code, second.stdout) == (0, "weights/mine: trained\n")
    assert "held out" not in second.stderr  # no step was taken again
    read_sentences_checkpoint(Path("weights/mine"))
    assert not Path("weights/mine", STATE).exists()


def test_too_few_sentences_for_the_axes_are_refused_before_training(corpus: Path) -> None:
    corpus.write_text("\n".join(LINES[:26]))
    result = zlide(*TRAIN)
    assert result.exit_code == 1
    remedy = "give more text, or hold out fewer sentences with --held-out"
    assert (
        result.stderr
        == f"corpus.txt: expected at least 27 sentences of up to 16 words, found 26; {remedy}\n"
    )
    assert not Path("weights").exists()
    corpus.write_text("\n".join(LINES[:27]))
    assert zlide(*TRAIN, "--epochs", 1).exit_code == 0
    assert (
        10 < read_sentences_checkpoint(Path("weights/mine")).axes.count <= 16
    )  # those that carry variance after one step


def test_a_corpus_is_twice_as_large_as_what_is_held_out(corpus: Path) -> None:
    remedy = "give more text, or hold out fewer sentences with --held-out"
    result = zlide(*TRAIN, "--held-out", 37)  # of 72
    assert (result.exit_code, result.stderr) == (
        1,
        f"corpus.txt: expected at least 74 sentences of up to 16 words, found 72; {remedy}\n",
    )
    default = zlide(
        "train", "sentences", "--corpus", corpus, "--output", "weights/mine", "--min-count", 1
    ).stderr
    assert default.startswith("corpus.txt: expected at least 4000 sentences")
    assert "4,000 where this is left out" in " ".join(
        zlide("train", "sentences", "--help").stdout.split()
    )
    assert zlide(*TRAIN, "--held-out", 36, "--epochs", 1).exit_code == 0


def test_an_evaluation_on_too_little_text_asks_for_the_corpus_of_the_training(corpus: Path) -> None:
    assert zlide(*TRAIN, "--epochs", 1).exit_code == 0
    corpus.write_text("\n".join(LINES[:5]))
    result = zlide("evaluate", "weights/mine", "--corpus", corpus)
    assert result.exit_code == 1
    assert (
        result.stderr
        == "corpus.txt: not the corpus that weights/mine was trained on; give the files that it was trained on\n"
    )


def test_a_training_that_a_limit_on_the_size_of_files_stops_is_one_line(
    corpus: Path, files_up_to: Any
) -> None:
    assert corpus.exists()
    with files_up_to(100_000):
        result = zlide(*TRAIN, "--epochs", 1)
    assert result.exit_code == 1
    says = f"weights/mine/{STATE}: File too large; raise the limit (ulimit -f), or choose another place\n"
    assert result.stderr.splitlines(keepends=True)[-1] == says
    assert list(Path("weights/mine").iterdir()) == []
    assert zlide(*TRAIN, "--epochs", 1).stdout == "weights/mine: trained\n"


@pytest.mark.parametrize(
    "number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name
)
def test_training_that_is_stopped_says_where_it_goes_on(
    number: signal.Signals, corpus: Path
) -> None:
    assert corpus.exists()
    says = re.compile(
        r"weights/mine: stopped at step ([\d,]+) of 20,000, which is kept; the same command goes on from there\n"
    )
    before = 0
    for _ in range(2):
        with _training(
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL)
        ) as training:  # these tests may run in the background
            _epochs(training, 2)
            training.send_signal(number)
            last = training.communicate(timeout=60)[1].splitlines(keepends=True)[-1]
        assert training.returncode == 128 + number
        stopped = says.fullmatch(last)
        assert stopped, last
        step = int(stopped[1].replace(",", ""))
        with safe_open(Path("weights/mine", STATE), "pt") as state:
            assert int(state.metadata()["step"]) == step
        assert step >= before + 2
        before = step


def test_training_in_the_background_hears_no_ctrl_c(corpus: Path) -> None:
    assert corpus.exists()
    with _training(preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)) as training:
        _epochs(training, 1)
        training.send_signal(signal.SIGINT)
        _epochs(training, 3)
        training.terminate()
        assert "stopped at step" in training.communicate(timeout=60)[1]
    assert training.returncode == 128 + signal.SIGTERM


def _training(**options: Any) -> subprocess.Popen[str]:
    words = [str(word) for word in [*TRAIN, "--epochs", 20_000]]
    program = [sys.executable, "-c", "from zlide.cli import main; main()", *words]
    return subprocess.Popen(
        program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, **options
    )


def _epochs(training: subprocess.Popen[str], count: int) -> None:
    """Wait until so many more epochs have ended."""
    assert training.stderr
    for _ in range(count):
        assert "held out" in training.stderr.readline()
