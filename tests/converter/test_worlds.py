"""A world from the game to its card: what counts as a fireball, what is trained for, and a small one that is really trained."""

from __future__ import annotations

import json
import math
import os
import re
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from numpy.typing import NDArray
from PIL import Image
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from zlide.checkpoint.folder import (
    CONFIG,
    MODEL,
    PICTURES,
    POINTS,
    RAW,
    WorldCheckpoint,
    read_checkpoint,
)
from zlide.checkpoint.networks.world import SIDE, WorldConfig, WorldVAE
from zlide.checkpoint.settings import WorldSchedule
from zlide.cli import main
from zlide.errors import ZlideError
from zlide.recipes.interruption import TrainingInterrupted
from zlide.recipes.posteriors import Posteriors
from zlide.recipes.resume_state import STATE
from zlide.recipes.worlds.card import render_card
from zlide.recipes.worlds.fireballs import bright, fireballs
from zlide.recipes.worlds.frames import Frames, frames_of
from zlide.recipes.worlds.loss import Pictures, how_often
from zlide.recipes.worlds.train import Plan, choose_examples, place_axes, train_world

PLAN = Plan(
    world="doom",
    frames=300,
    model=WorldConfig(12),
    schedule=WorldSchedule(epochs=2, batch_size=48, seed=1),
    title="Doom",
    command="zlide train doom --output weights/small",
    license="BSD-3-Clause",
)
STEPS = 2 * 4  # of 236 frames that are not held out, in batches of 48
YELLOW = (0.9, 0.8, 0.4)


def silent(*_: object) -> None:
    pass


def zlide(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words], prog_name="zlide")


def dots(*counts: int, colour: tuple[float, ...] = YELLOW) -> NDArray[np.float32]:
    """A dark picture for each count, with so many pixels of a colour."""
    pictures = np.full((len(counts), SIDE, SIDE, 3), 0.1, np.float32)
    for picture, count in zip(pictures, counts, strict=True):
        picture[30, 10 : 10 + count] = colour
    return pictures


def test_a_pixel_is_as_bright_and_yellow_as_a_fireball_or_not() -> None:
    colours = [
        YELLOW,
        (0.79, 0.71, 0.74),
        (0.78, 0.8, 0.4),
        (0.9, 0.7, 0.4),
        (0.9, 0.8, 0.75),
        (1, 1, 1),
        (0, 0, 0),
    ]
    assert [int(bright(dots(3, colour=colour))[0]) for colour in colours] == [3, 3, 0, 0, 0, 0, 0]


def test_fireballs_are_counted_as_by_hand() -> None:
    frames = dots(4, 9, 5, 3, 2, 1, 0, 0, 0, 0)
    decoded = dots(2, 8, 1, 2, 2, 0, 0, 1, 2, 0)
    assert fireballs(frames, decoded) == {
        "frames": 3,
        "shown": pytest.approx(2 / 3),
        "others": 7,
        "invented": pytest.approx(1 / 7),
        "others_seen": pytest.approx(3 / 7),
        "others_true": pytest.approx(2 / 7),
    }


def test_a_perfect_reconstruction_shows_every_fireball_and_of_the_others_what_is_true() -> None:
    frames = dots(4, 3, 2, 1, 0)
    figures = fireballs(frames, frames)
    assert (figures["shown"], figures["invented"]) == (1, 0)
    assert figures["others_seen"] == figures["others_true"] == 0.5


@pytest.mark.filterwarnings("error")  # NumPy's, of the mean of nothing
def test_frames_without_fireballs_and_frames_with_nothing_else_have_figures_too() -> None:
    assert fireballs(dots(0, 0), dots(0, 2))["shown"] == 0
    assert (
        fireballs(dots(5, 5), dots(0, 2))["others_seen"]
        == fireballs(dots(5, 5), dots(0, 2))["invented"]
        == 0
    )


def test_the_card_says_why_the_others_are_not_all_inventions() -> None:
    balls = {
        "frames": 335,
        "shown": 0.982,
        "others": 665,
        "invented": 0.006,
        "others_seen": 0.156,
        "others_true": 0.194,
    }
    captured = {"training": 37_323, "held_out": 2_677, "episodes": 454}
    evaluation = {
        "frames": 1000,
        "rmse": 0.03,
        "kl": 24,
        "active": 57,
        "parameters": 4e6,
        "shares": [0.1],
        "captured": captured,
        "fireballs": balls,
    }
    schedule = dict.fromkeys(
        ("epochs", "batch_size", "learning_rate", "decay", "kl_weight", "emphasis", "seed"), 1
    )
    config = {
        "title": "Doom",
        "world": "doom",
        "frames": 40_000,
        "command": "zlide",
        "model": {"latent_size": 64},
        "schedule": schedule,
    }
    card = render_card(config, evaluation)
    for row in (
        "335 frames with a fireball, ",
        "665 frames without a fireball, reconstructions that invent one ",
        "same 665 frames, reconstructions that show one ",
        "same 665 frames, those that show one themselves ",
    ):
        assert card.count(f" {row}") == 1
    assert re.findall(r"\| ([\d.]+%) \|", card) == ["98.2%", "0.6%", "15.6%", "19.4%"]
    assert "a perfect reconstruction shows these too" in card
    assert "fireball" not in render_card(
        {**config, "world": "racing"},
        {key: value for key, value in evaluation.items() if key != "fireballs"},
    )


def small_frames() -> Frames:
    """Forty dark frames, one with a white pixel, one with a fireball, the first two of them held out."""
    pixels = np.zeros((40, SIDE, SIDE, 3), np.uint8)
    pixels[5, 20, 20] = 255
    pixels[7, 30, 10:14] = (230, 204, 102)
    return Frames(pixels, np.repeat(np.arange(20, dtype=np.int32), 2)[: len(pixels)])


def test_fireballs_are_drawn_three_times_as_often_and_what_is_held_out_never() -> None:
    frames = small_frames()
    assert np.flatnonzero(frames.held_out).tolist() == [0, 1, 32, 33]
    weights = np.ones(40)
    weights[7], weights[frames.held_out] = 3, 0
    assert np.allclose(how_often(frames), weights / 38)
    schedule = WorldSchedule(batch_size=4, seed=5)
    task = Pictures(WorldVAE(WorldConfig(2)), frames, schedule)
    drawn = np.array([task.batches(epoch) for epoch in range(100)])  # (epochs, steps, batch)
    assert drawn.shape == (100, 9, 4)
    assert not set(drawn.ravel()) & {0, 1, 32, 33}
    assert (drawn == 7).sum() / drawn.size == pytest.approx(3 / 38, rel=0.15)
    assert task.batches(1) == Pictures(task.model, frames, schedule).batches(1) != task.batches(2)


def test_what_a_model_that_paints_grey_loses() -> None:
    model = WorldVAE(WorldConfig(2))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.encoder.mean.bias.copy_(torch.tensor([2.0, 0.0]))
        model.encoder.logvar.bias.copy_(torch.tensor([0.0, 1.0]))
    task = Pictures(model, small_frames(), WorldSchedule(emphasis=10))
    with torch.no_grad():
        error, kl = task.losses([4, 5], torch.Generator().manual_seed(0))
    dark = SIDE * SIDE * 3 * 0.5**2
    assert error.tolist() == pytest.approx(
        [dark, dark + 9 * 3 * 0.5**2]
    )  # nine more for each of the three colours of the white pixel
    assert kl.tolist() == pytest.approx([0.5 * (2**2 + math.e - 2)] * 2)


def test_edges_add_the_weighted_squared_differences_of_neighbours() -> None:
    model = WorldVAE(WorldConfig(2))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()

    def error(edges: float) -> list[float]:
        task = Pictures(model, small_frames(), WorldSchedule(emphasis=10, edge_weight=edges))
        with torch.no_grad():
            return [float(one) for one in task.losses([4, 5], torch.Generator().manual_seed(0))[0]]

    # Grey on black: no differences but around the one white pixel, whose error is −0.5 and that of its four neighbours 0.5.
    # Of the four, those that begin at the white pixel count for ten, those that end there for one, in each of three colours.
    (dark, dotted), (dark_edges, dotted_edges) = error(0), error(0.5)
    assert dark_edges == pytest.approx(dark)
    assert dotted_edges - dotted == pytest.approx(0.5 * 3 * (10 + 1 + 10 + 1) * 1**2)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a world that was trained for some steps on captured frames, which are in the cache."""
    pytest.importorskip("vizdoom")
    around = tmp_path_factory.mktemp("world")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so that sums are added in the same order in every run
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(around / "cache"))
        assert train_world(around / "small", PLAN, silent, silent)
        yield around / "small"
    torch.set_num_threads(threads)


def world(folder: Path) -> WorldCheckpoint:
    checkpoint = read_checkpoint(folder)
    assert isinstance(checkpoint, WorldCheckpoint)
    return checkpoint


def copy(folder: Path, to: Path) -> Path:
    return Path(shutil.copytree(folder, to / "small"))


def test_a_world_is_trained_whole(made: Path) -> None:
    checkpoint, frames = world(made), frames_of("doom", PLAN.frames, 1, silent)
    assert not (made / STATE).exists()
    assert [axes.name for axes in checkpoint.sets] == ["pca", "raw"]
    assert checkpoint.settings.corpus == frames.digest
    assert checkpoint.settings.license == "BSD-3-Clause"
    assert len(checkpoint.examples) == len(checkpoint.pictures) == 30
    held = {frame.tobytes() for frame in frames.pixels[frames.held_out]}
    assert {picture.tobytes() for picture in checkpoint.pictures} <= held
    with torch.no_grad():
        means = checkpoint.model.encoder(torch.from_numpy(checkpoint.pictures.copy()).float() / 255)
    assert np.allclose(
        np.stack(list(checkpoint.examples.values())), means, atol=1e-2
    )  # the weights became float16 after the examples were read
    again: list[object] = []
    assert not train_world(made, PLAN, lambda *_: again.append(1), lambda *_: again.append(1))
    assert again == []  # neither captured nor trained


def test_steps_and_figures_are_told(made: Path, tmp_path: Path) -> None:
    told: list[tuple[int, int, Any]] = []
    train_world(
        tmp_path / "small",
        PLAN,
        silent,
        lambda progress, figures: told.append((progress.step, progress.total, figures)),
    )
    assert [(step, total) for step, total, _ in told] == [(i + 1, STEPS) for i in range(STEPS)]
    figures = [figures for *_, figures in told if figures]
    assert len(figures) == 2
    assert figures[1]["rmse"] < figures[0]["rmse"]
    assert (tmp_path / "small" / MODEL).read_bytes() == (
        made / MODEL
    ).read_bytes()  # the same seed, the same weights


@pytest.mark.parametrize("cut", [1, 4, 6])  # inside an epoch, at its end, inside the next
def test_a_world_that_was_interrupted_ends_as_one_that_was_not(
    cut: int, made: Path, tmp_path: Path
) -> None:
    to = tmp_path / "small"
    with pytest.raises(TrainingInterrupted) as stopped:
        train_world(
            to,
            PLAN,
            silent,
            lambda progress, _: (
                os.kill(os.getpid(), signal.SIGTERM) if progress.step == cut else None
            ),
        )
    assert (
        str(stopped.value)
        == f"{to}: stopped at step {cut} of {STEPS}, which is kept; the same command goes on from there"
    )
    assert [path.name for path in to.iterdir()] == [STATE]
    steps: list[int] = []
    assert train_world(to, PLAN, silent, lambda progress, _: steps.append(progress.step))
    assert steps == list(range(cut + 1, STEPS + 1))
    assert sorted(path.name for path in to.iterdir()) == sorted(
        path.name for path in made.iterdir()
    )
    for path in made.glob("*"):
        if path.suffix != ".npz":  # archives hold the time
            assert (to / path.name).read_bytes() == path.read_bytes(), path.name
    assert [
        np.array_equal(a.scaled, b.scaled)
        for a, b in zip(world(to).sets, world(made).sets, strict=True)
    ] == [True, True]


def test_a_world_begins_with_the_weights_of_another(
    made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hardly = [
        "--threads",
        1,
        "--frames",
        1000,
        "--latent-size",
        PLAN.model.latent_size,
        "--epochs",
        1,
        "--learning-rate",
        1e-9,
    ]
    given = [
        str(word)
        for word in (
            "train",
            "doom",
            "--init-from",
            made,
            "--output",
            tmp_path / "further",
            *hardly,
        )
    ]
    monkeypatch.setattr(sys, "argv", ["zlide", *given])
    result = zlide(*given)
    assert result.exit_code == 0, result.stderr
    before, after = world(made), world(tmp_path / "further")
    ours, theirs = after.model.state_dict(), before.model.state_dict()
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-5) for name in theirs)
    afresh = WorldVAE(PLAN.model).state_dict()
    assert not torch.allclose(
        theirs["decoder.deconv1.weight"], afresh["decoder.deconv1.weight"], atol=1e-3
    )
    first, second = after.settings.command.splitlines()
    assert first == before.settings.command
    assert second.startswith(
        "zlide train doom --init-from weights/small --output weights/further --threads 1"
    )


def test_a_world_of_another_plan_is_kept(made: Path, tmp_path: Path) -> None:
    folder = copy(made, tmp_path)
    before = (folder / MODEL).read_bytes()
    with pytest.raises(ZlideError) as error:
        train_world(folder, replace(PLAN, model=WorldConfig(8)), silent, silent)
    remedy = "choose another folder with --output, or delete its model.safetensors"
    assert str(error.value) == f"{folder}: holds a model that was trained otherwise; {remedy}"
    assert (folder / MODEL).read_bytes() == before


def test_the_largest_dimensions_are_the_raw_ones_and_no_axis_is_dead(made: Path) -> None:
    random = np.random.default_rng(0)
    means = (random.normal(size=(300, 20)) * np.linspace(0.1, 2, 20)).astype(np.float32)
    pca, raw = place_axes(Posteriors(means, np.full_like(means, 0.5)))
    spend = np.square(means).mean(0)
    assert raw.names == tuple(f"z[{i}]" for i in sorted(range(20), key=lambda i: -spend[i])[:15])
    assert (pca.count, raw.count) == (16, 15)
    means[:, :10] = 1.0  # learned nothing
    pca, raw = place_axes(Posteriors(means, np.full_like(means, 0.5)))
    assert (pca.count, raw.count) == (10, 10)
    assert len(choose_examples(frames_of("doom", PLAN.frames, 1, silent))) == 30
    assert world(made).sets[1].count == 12


def test_points_are_of_frames_that_were_trained_on(made: Path, tmp_path: Path) -> None:
    folder, frames = copy(made, tmp_path), frames_of("doom", PLAN.frames, 1, silent)
    with torch.no_grad():
        means = (
            world(folder)
            .model.encoder(torch.from_numpy(frames.some(np.flatnonzero(~frames.held_out))))
            .numpy()
        )
    trained = world(folder).points
    (folder / POINTS).unlink()
    assert (
        zlide("points", folder).stdout
        == f"{folder / POINTS}: {len(means)} points of 12 dimensions\n"
    )
    again = world(folder).points
    assert again is not None
    assert trained is not None
    assert np.abs((again - means) / means.std(0)).max() < 0.01
    assert np.abs(trained - again).max() < 1e-2  # the weights became float16 between


def test_an_evaluation_writes_figures_sheets_and_card(made: Path, tmp_path: Path) -> None:
    folder = copy(made, tmp_path)
    model = (folder / MODEL).read_bytes()
    result = zlide("evaluate", folder)
    assert result.exit_code == 0, result.stderr
    figures = json.loads((folder / "evaluation.json").read_text("utf-8"))
    frames = frames_of("doom", PLAN.frames, 1, silent)
    assert figures["captured"] == {
        "training": int((~frames.held_out).sum()),
        "held_out": int(frames.held_out.sum()),
        "episodes": 4,
    }
    assert figures["frames"] == figures["captured"]["held_out"]
    assert re.search(rf"^rmse +{figures['rmse']:.4f} *$", result.stdout, re.MULTILINE)
    with torch.no_grad():
        held = torch.from_numpy(frames.some(frames.held_out.nonzero()[0]))
        again = world(folder).model.decoder(world(folder).model.encoder(held))
    assert figures["rmse"] == pytest.approx(float((again - held).square().mean().sqrt()), rel=1e-4)
    assert figures["fireballs"]["frames"] + figures["fireballs"]["others"] == figures["frames"]
    rows = min(8, world(folder).axes.count)
    sizes = {"reconstructions.png": (6, 10), "samples.png": (3, 10), "axes.png": (rows, 7)}
    for name, (high, wide) in sizes.items():
        with Image.open(folder / name) as sheet:
            assert sheet.size == (wide * 130 - 2, high * 130 - 2)
            assert f"]({name})" in (folder / "README.md").read_text("utf-8")
    with Image.open(folder / "reconstructions.png") as sheet:
        first = np.asarray(sheet)[:128:2, :128:2, :3]
    assert np.array_equal(first, world(folder).pictures[0])
    assert f"| `rmse`, pixels in [0, 1] | {figures['rmse']:.4f} |" in (
        folder / "README.md"
    ).read_text("utf-8")
    assert (folder / MODEL).read_bytes() == model
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    assert zlide("evaluate", folder).exit_code == 0
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == files


def test_other_frames_than_those_of_the_training_are_refused(made: Path, tmp_path: Path) -> None:
    folder = copy(made, tmp_path)
    settings = json.loads((folder / CONFIG).read_text("utf-8"))
    (folder / CONFIG).write_text(json.dumps({**settings, "corpus": "0" * 64}), "utf-8")
    line = zlide("evaluate", folder).stderr
    assert line.startswith(f"doom: expected the frames that {folder} was trained on, ")
    assert "constraints.txt" in line
    assert line.count("\n") == 1
    assert not (folder / "evaluation.json").exists()


@pytest.fixture(scope="module")
def lively(made: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, but z matters: after so few steps it hardly does."""
    folder = copy(made, tmp_path_factory.mktemp("lively"))
    weights = load_file(folder / MODEL)
    weights["decoder.first.weight"] *= 30_000
    save_file(weights, folder / MODEL)
    return folder


@pytest.mark.parametrize(
    "words",
    [["--sliders", "2,-1,0.5"], ["--example", "3"], ["--example", "3", "--sliders", "-3"]],
    ids=" ".join,
)
def test_a_decoded_picture_is_pytorchs(words: list[str], lively: Path, tmp_path: Path) -> None:
    def decoded(*words: str) -> NDArray[np.uint8]:
        assert zlide("decode", lively, *words, "--png", tmp_path / "picture.png").exit_code == 0
        with Image.open(tmp_path / "picture.png") as picture:
            assert (picture.size, picture.mode) == ((SIDE, SIDE), "RGB")
            return np.asarray(picture)

    checkpoint = world(lively)
    axes = checkpoint.axes
    sliders, residual = (
        np.zeros((1, axes.count), np.float32),
        np.zeros((1, axes.latent_size), np.float32),
    )
    if "--example" in words:
        sliders, residual = axes.from_z(list(checkpoint.examples.values())[2][None])
    if "--sliders" in words:
        given = [float(number) for number in words[-1].split(",")]
        sliders[0, : len(given)] = given
    with torch.no_grad():
        expected = (
            (checkpoint.model.decoder(torch.from_numpy(axes.to_z(sliders, residual)))[0] * 255)
            .round()
            .to(torch.uint8)
        )
    assert np.array_equal(decoded(*words), expected)
    assert (
        np.abs(decoded(*words).astype(int) - decoded().astype(int)).max() > 10
    )  # it is another than that of the middle


def test_a_picture_needs_a_place(made: Path) -> None:
    result = zlide("decode", made)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Missing option '--png'" in result.stderr


def other_axes(path: Path, **changes: Any) -> None:
    with np.load(path) as held:
        np.savez(path, **{**held, **changes})


def smaller(path: Path) -> None:
    with Image.open(path) as picture:
        half = picture.resize((SIDE // 2, picture.height // 2))
    half.save(path)


PNG, WIDTH = (
    "expected a PNG, found: ",
    "expected axes of width 12 as config.json says, found 5; fit them again",
)
DAMAGES: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "text": (PICTURES, lambda path: path.write_text("no picture"), PNG),
    "cut off": (PICTURES, lambda path: path.write_bytes(path.read_bytes()[:2000]), PNG),
    "empty": (PICTURES, lambda path: path.write_bytes(b""), PNG),
    "of another size": (
        PICTURES,
        smaller,
        f"expected a picture (1920, {SIDE}, 3), found (960, {SIDE // 2}, 3); ",
    ),
    "gone": (PICTURES, lambda path: path.unlink(), f"missing {PICTURES}; "),
    "not an archive": (
        RAW,
        lambda path: path.write_text("no axes"),
        "expected arrays mean, axes, stdev and share, found: ",
    ),
    "NaN": (
        RAW,
        lambda path: other_axes(path, mean=np.full(12, np.nan)),
        "axes raw: mean holds NaN or infinity; ",
    ),
    "flat": (
        RAW,
        lambda path: other_axes(path, stdev=np.zeros(12)),
        "axes raw: axis 1 carries no variance: ",
    ),
    "of another width": (
        RAW,
        lambda path: other_axes(
            path, mean=np.zeros(5), axes=np.eye(5), stdev=np.ones(5), names=list("abcde")
        ),
        WIDTH,
    ),
    "without names": (
        RAW,
        lambda path: other_axes(path, names=np.array(["one"])),
        "axes raw: expected 12 names, one for each axis, found ('one',)",
    ),
    "no axes": (RAW, lambda path: path.unlink(), f"missing {RAW}; "),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_world_is_one_line_that_names_the_file(
    damage: str, made: Path, tmp_path: Path
) -> None:
    folder = copy(made, tmp_path)
    name, harm, says = DAMAGES[damage]
    harm(folder / name)
    for words in (
        ["decode", folder, "--png", tmp_path / "picture.png"],
        ["export", folder, "--output", tmp_path / "bundle"],
        ["evaluate", folder],
    ):
        result = zlide(*words)
        assert (result.exit_code, result.stdout) == (1, "")
        assert result.stderr.startswith(
            f"{folder if says.startswith('missing') else folder / name}: {says}"
        )
        assert result.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


def test_an_interrupted_world_of_another_size_is_one_line(made: Path, tmp_path: Path) -> None:
    assert made.exists()
    to = tmp_path / "small"
    with pytest.raises(TrainingInterrupted):
        train_world(to, PLAN, silent, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(ZlideError) as error:
        train_world(to, replace(PLAN, model=WorldConfig(8)), silent, silent)
    assert str(error.value).startswith(
        f"{to / STATE}: the interrupted training cannot be resumed: "
    )
    assert str(error.value).endswith("; delete it to begin again")
    with safe_open(to / STATE, "pt") as state:
        assert state.metadata()["step"] == "1"
