"""The recipe of a world from the game to the card, on a small one that is really trained."""

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

from zlide.checkpoint import CONFIG, MODEL, POINTS, WorldCheckpoint, read_checkpoint
from zlide.checkpoint.layout import PICTURES, RAW
from zlide.checkpoint.networks.world import SIDE, WorldConfig, WorldVAE
from zlide.checkpoint.settings import WorldSchedule
from zlide.cli import main
from zlide.errors import ZlideError
from zlide.recipes.interruption import RESUME_STATE, TrainingInterrupted
from zlide.recipes.posteriors import Posteriors
from zlide.recipes.worlds.card import render_card
from zlide.recipes.worlds.fireballs import count_bright_pixels, fireball_figures
from zlide.recipes.worlds.frames import Frames, load_frames
from zlide.recipes.worlds.loss import WorldTask, sampling_weights
from zlide.recipes.worlds.train import Recording, WorldPlan, choose_examples, fit_axes, train_world

PLAN = WorldPlan(
    data=Recording("doom", 300),
    sizes=WorldConfig(12),
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
    """Return a dark picture for each count, with that many pixels of a colour."""
    pictures = np.full((len(counts), SIDE, SIDE, 3), 0.1, np.float32)
    for picture, count in zip(pictures, counts, strict=True):
        picture[30, 10 : 10 + count] = colour
    return pictures


def test_counts_pixels_as_bright_and_yellow_as_a_fireball() -> None:
    colours = [
        YELLOW,
        (0.79, 0.71, 0.74),
        (0.78, 0.8, 0.4),
        (0.9, 0.7, 0.4),
        (0.9, 0.8, 0.75),
        (1, 1, 1),
        (0, 0, 0),
    ]
    assert [int(count_bright_pixels(dots(3, colour=colour))[0]) for colour in colours] == [
        3,
        3,
        0,
        0,
        0,
        0,
        0,
    ]


def test_fireball_figures_match_counts_by_hand() -> None:
    frames = dots(4, 9, 5, 3, 2, 1, 0, 0, 0, 0)
    decoded = dots(2, 8, 1, 2, 2, 0, 0, 1, 2, 0)
    assert fireball_figures(frames, decoded) == {
        "with_fireball": 3,
        "reconstructed": pytest.approx(2 / 3),
        "without_fireball": 7,
        "invented": pytest.approx(1 / 7),
        "shown": pytest.approx(3 / 7),
        "faint": pytest.approx(2 / 7),
    }


def test_a_perfect_reconstruction_invents_no_fireball() -> None:
    frames = dots(4, 3, 2, 1, 0)
    figures = fireball_figures(frames, frames)
    assert (figures["reconstructed"], figures["invented"]) == (1, 0)
    assert figures["shown"] == figures["faint"] == 0.5


@pytest.mark.filterwarnings("error")  # NumPy warns about the mean of nothing
def test_shares_of_no_frames_are_zero() -> None:
    assert fireball_figures(dots(0, 0), dots(0, 2))["reconstructed"] == 0
    figures = fireball_figures(dots(5, 5), dots(0, 2))
    assert figures["shown"] == figures["invented"] == figures["faint"] == 0


def test_the_card_explains_faint_fireballs() -> None:
    balls = {
        "with_fireball": 335,
        "reconstructed": 0.982,
        "without_fireball": 665,
        "invented": 0.006,
        "shown": 0.156,
        "faint": 0.194,
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
        "same 665 frames, those with a faint one ",
    ):
        assert card.count(f" {row}") == 1
    assert re.findall(r"\| ([\d.]+%) \|", card) == ["98.2%", "0.6%", "15.6%", "19.4%"]
    assert "a perfect reconstruction also shows" in card
    assert "fireball" not in render_card(
        {**config, "world": "racing"},
        {key: value for key, value in evaluation.items() if key != "fireballs"},
    )


def small_frames() -> Frames:
    """Return forty dark frames, one with a white pixel and one with a fireball."""
    pixels = np.zeros((40, SIDE, SIDE, 3), np.uint8)
    pixels[5, 20, 20] = 255
    pixels[7, 30, 10:14] = (230, 204, 102)
    return Frames(pixels, np.repeat(np.arange(20, dtype=np.int32), 2)[: len(pixels)])


def test_draws_fireballs_three_times_as_often_and_held_out_frames_never() -> None:
    frames = small_frames()
    assert np.flatnonzero(frames.held_out).tolist() == [0, 1, 32, 33]
    weights = np.ones(40)
    weights[7], weights[frames.held_out] = 3, 0
    assert np.allclose(sampling_weights(frames), weights / 38)
    schedule = WorldSchedule(batch_size=4, seed=5)
    task = WorldTask(WorldVAE(WorldConfig(2)), frames, schedule)
    drawn = np.array([task.batches(epoch) for epoch in range(100)])  # (epochs, steps, batch)
    assert drawn.shape == (100, 9, 4)
    assert not set(drawn.ravel()) & {0, 1, 32, 33}
    assert (drawn == 7).sum() / drawn.size == pytest.approx(3 / 38, rel=0.15)
    assert task.batches(1) == WorldTask(task.model, frames, schedule).batches(1) != task.batches(2)


def test_losses_of_a_model_that_always_paints_grey() -> None:
    model = WorldVAE(WorldConfig(2))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        model.encoder.mean.bias.copy_(torch.tensor([2.0, 0.0]))
        model.encoder.logvar.bias.copy_(torch.tensor([0.0, 1.0]))
    task = WorldTask(model, small_frames(), WorldSchedule(emphasis=10))
    with torch.no_grad():
        error, kl = task.losses([4, 5], torch.Generator().manual_seed(0))
    dark = SIDE * SIDE * 3 * 0.5**2
    # The white pixel weighs 10, in each of its three colours.
    assert error.tolist() == pytest.approx([dark, dark + 9 * 3 * 0.5**2])
    assert kl.tolist() == pytest.approx([0.5 * (2**2 + math.e - 2)] * 2)


def test_edges_add_the_weighted_squared_differences_of_neighbours() -> None:
    model = WorldVAE(WorldConfig(2))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()

    def error(edges: float) -> list[float]:
        task = WorldTask(model, small_frames(), WorldSchedule(emphasis=10, edge_weight=edges))
        with torch.no_grad():
            return [
                float(loss) for loss in task.losses([4, 5], torch.Generator().manual_seed(0))[0]
            ]

    # Grey on black: only the white pixel differs from its four neighbours, by −0.5 from 0.5.
    # Two of the four differences start at the white pixel and weigh 10; the other two weigh 1.
    (dark, dotted), (dark_edges, dotted_edges) = error(0), error(0.5)
    assert dark_edges == pytest.approx(dark)
    assert dotted_edges - dotted == pytest.approx(0.5 * 3 * (10 + 1 + 10 + 1) * 1**2)


@pytest.fixture(scope="module")
def trained_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Train a world for a few steps on captured frames, which stay in the cache."""
    pytest.importorskip("vizdoom")
    around = tmp_path_factory.mktemp("world")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # adds sums in the same order in every run
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


def test_training_writes_a_complete_checkpoint(trained_folder: Path) -> None:
    checkpoint, frames = world(trained_folder), load_frames("doom", PLAN.data.frames, 1, silent)
    assert not (trained_folder / RESUME_STATE).exists()
    assert [axes.name for axes in checkpoint.sets] == ["pca", "raw"]
    assert checkpoint.settings.corpus == frames.digest
    assert checkpoint.settings.license == "BSD-3-Clause"
    assert len(checkpoint.examples) == len(checkpoint.pictures) == 30
    held = {frame.tobytes() for frame in frames.pixels[frames.held_out]}
    assert {picture.tobytes() for picture in checkpoint.pictures} <= held
    with torch.no_grad():
        means = checkpoint.model.encoder(torch.from_numpy(checkpoint.pictures.copy()).float() / 255)
    # The examples were encoded before the weights became float16.
    assert np.allclose(np.stack(list(checkpoint.examples.values())), means, atol=1e-2)
    again: list[object] = []
    assert not train_world(
        trained_folder, PLAN, lambda *_: again.append(1), lambda *_: again.append(1)
    )
    assert again == []  # no capture and no training


def test_the_state_of_a_finished_training_is_deleted(trained_folder: Path, tmp_path: Path) -> None:
    to = copy(trained_folder, tmp_path)
    (to / RESUME_STATE).touch()  # as after a crash, once the checkpoint is complete
    assert not train_world(to, PLAN, silent, lambda *_: pytest.fail("trained"))
    assert not (to / RESUME_STATE).exists()


@pytest.mark.slow
def test_progress_has_every_step_and_the_figures_of_every_epoch(
    trained_folder: Path, tmp_path: Path
) -> None:
    progresses: list[tuple[int, int, Any]] = []
    train_world(
        tmp_path / "small",
        PLAN,
        silent,
        lambda progress, figures: progresses.append((progress.step, progress.total, figures)),
    )
    assert [(step, total) for step, total, _ in progresses] == [
        (i + 1, STEPS) for i in range(STEPS)
    ]
    figures = [figures for *_, figures in progresses if figures]
    assert len(figures) == 2
    assert figures[1]["rmse"] < figures[0]["rmse"]
    # The same seed gives the same weights.
    assert (tmp_path / "small" / MODEL).read_bytes() == (trained_folder / MODEL).read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("cut", [1, 4, 6])  # inside an epoch, at its end, inside the next
def test_a_resumed_training_ends_with_the_same_checkpoint(
    cut: int, trained_folder: Path, tmp_path: Path
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
    assert stopped.value.signal_number == signal.SIGTERM
    assert re.fullmatch(
        rf"{to}: stopped at step {cut} of {STEPS} .*saved; .*same command.*", str(stopped.value)
    )
    assert [path.name for path in to.iterdir()] == [RESUME_STATE]
    steps: list[int] = []
    assert train_world(to, PLAN, silent, lambda progress, _: steps.append(progress.step))
    assert steps == list(range(cut + 1, STEPS + 1))
    assert sorted(path.name for path in to.iterdir()) == sorted(
        path.name for path in trained_folder.iterdir()
    )
    for path in trained_folder.glob("*"):
        if path.suffix != ".npz":  # archives have the time in them
            assert (to / path.name).read_bytes() == path.read_bytes(), path.name
    assert [
        np.array_equal(a.scaled, b.scaled)
        for a, b in zip(world(to).sets, world(trained_folder).sets, strict=True)
    ] == [True, True]


@pytest.mark.slow
def test_init_from_starts_with_the_weights_of_another_world(
    trained_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = [
        "--threads",
        1,
        "--frames",
        1000,
        "--latent-size",
        PLAN.sizes.latent_size,
        "--epochs",
        1,
        "--learning-rate",
        1e-9,
    ]
    command = [
        str(word)
        for word in (
            "train",
            "doom",
            "--init-from",
            trained_folder,
            "--output",
            tmp_path / "further",
            *short,
        )
    ]
    monkeypatch.setattr(sys, "argv", ["zlide", *command])
    result = zlide(*command)
    assert result.exit_code == 0, result.stderr
    before, after = world(trained_folder), world(tmp_path / "further")
    ours, theirs = after.model.state_dict(), before.model.state_dict()
    assert all(torch.allclose(ours[name], theirs[name], atol=1e-5) for name in theirs)
    fresh = WorldVAE(PLAN.sizes).state_dict()
    assert not torch.allclose(
        theirs["decoder.deconv1.weight"], fresh["decoder.deconv1.weight"], atol=1e-3
    )
    first, second = after.settings.command.splitlines()
    assert first == before.settings.command
    assert second.startswith(
        "zlide train doom --init-from weights/small --output weights/further --threads 1"
    )


def test_a_world_of_another_plan_is_not_overwritten(trained_folder: Path, tmp_path: Path) -> None:
    folder = copy(trained_folder, tmp_path)
    before = (folder / MODEL).read_bytes()
    with pytest.raises(ZlideError) as error:
        train_world(folder, replace(PLAN, sizes=WorldConfig(8)), silent, silent)
    assert error.value.where == str(folder)
    assert "--output" in error.value.remedy
    assert MODEL in error.value.remedy
    assert (folder / MODEL).read_bytes() == before


def test_raw_axes_are_the_dimensions_with_the_largest_kl(trained_folder: Path) -> None:
    random = np.random.default_rng(0)
    means = (random.normal(size=(300, 20)) * np.linspace(0.1, 2, 20)).astype(np.float32)
    pca, raw = fit_axes(Posteriors(means, np.full_like(means, 0.5)))
    power = np.square(means).mean(0)
    assert raw.names == tuple(f"z[{i}]" for i in sorted(range(20), key=lambda i: -power[i])[:15])
    assert (pca.count, raw.count) == (16, 15)
    means[:, :10] = 1.0  # these dimensions carry nothing
    pca, raw = fit_axes(Posteriors(means, np.full_like(means, 0.5)))
    assert (pca.count, raw.count) == (10, 10)
    assert len(choose_examples(load_frames("doom", PLAN.data.frames, 1, silent))) == 30
    assert world(trained_folder).sets[1].count == 12


def test_points_are_the_posterior_means_of_the_training_frames(
    trained_folder: Path, tmp_path: Path
) -> None:
    folder, frames = (
        copy(trained_folder, tmp_path),
        load_frames("doom", PLAN.data.frames, 1, silent),
    )
    with torch.no_grad():
        means = (
            world(folder)
            .model.encoder(torch.from_numpy(frames.pixels_of(np.flatnonzero(~frames.held_out))))
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
    assert np.abs(trained - again).max() < 1e-2  # the weights became float16 in between


@pytest.mark.slow
def test_evaluate_writes_figures_sheets_and_card(trained_folder: Path, tmp_path: Path) -> None:
    folder = copy(trained_folder, tmp_path)
    model = (folder / MODEL).read_bytes()
    result = zlide("evaluate", folder)
    assert result.exit_code == 0, result.stderr
    figures = json.loads((folder / "evaluation.json").read_text("utf-8"))
    frames = load_frames("doom", PLAN.data.frames, 1, silent)
    assert figures["captured"] == {
        "training": int((~frames.held_out).sum()),
        "held_out": int(frames.held_out.sum()),
        "episodes": 4,
    }
    assert figures["frames"] == figures["captured"]["held_out"]
    assert re.search(rf"^rmse +{figures['rmse']:.4f} *$", result.stdout, re.MULTILINE)
    with torch.no_grad():
        held = torch.from_numpy(frames.pixels_of(frames.held_out.nonzero()[0]))
        again = world(folder).model.decoder(world(folder).model.encoder(held))
    assert figures["rmse"] == pytest.approx(float((again - held).square().mean().sqrt()), rel=1e-4)
    assert (
        sum(figures["fireballs"][f"{key}_fireball"] for key in ("with", "without"))
        == figures["frames"]
    )
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


def test_evaluate_refuses_other_frames_than_those_of_the_training(
    trained_folder: Path, tmp_path: Path
) -> None:
    folder = copy(trained_folder, tmp_path)
    settings = json.loads((folder / CONFIG).read_text("utf-8"))
    (folder / CONFIG).write_text(json.dumps({**settings, "corpus": "0" * 64}), "utf-8")
    line = zlide("evaluate", folder).stderr
    assert re.fullmatch(rf"doom: .*{folder}.*; .*constraints.txt\n", line)
    assert not (folder / "evaluation.json").exists()


@pytest.fixture(scope="module")
def lively(trained_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the same world with larger weights: after a few steps z hardly matters."""
    folder = copy(trained_folder, tmp_path_factory.mktemp("lively"))
    weights = load_file(folder / MODEL)
    weights["decoder.first.weight"] *= 30_000
    save_file(weights, folder / MODEL)
    return folder


@pytest.mark.parametrize(
    "words",
    [["--sliders", "2,-1,0.5"], ["--example", "3"], ["--example", "3", "--sliders", "-3"]],
    ids=" ".join,
)
def test_decode_writes_the_picture_that_pytorch_decodes(
    words: list[str], lively: Path, tmp_path: Path
) -> None:
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
        values = [float(number) for number in words[-1].split(",")]
        sliders[0, : len(values)] = values
    with torch.no_grad():
        expected = (
            (checkpoint.model.decoder(torch.from_numpy(axes.to_z(sliders, residual)))[0] * 255)
            .round()
            .to(torch.uint8)
        )
    assert np.array_equal(decoded(*words), expected)
    middle = decoded().astype(int)
    assert np.abs(decoded(*words).astype(int) - middle).max() > 10


def test_decode_needs_a_file_for_a_picture(trained_folder: Path) -> None:
    result = zlide("decode", trained_folder)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Missing option '--png'" in result.stderr


def change_axes(path: Path, **changes: Any) -> None:
    with np.load(path) as arrays:
        np.savez(path, **{**arrays, **changes})


def halve(path: Path) -> None:
    with Image.open(path) as picture:
        half = picture.resize((SIDE // 2, picture.height // 2))
    half.save(path)


PNG, WIDTH = "expected a PNG, found: ", r"expected axes of width 12 .*, found 5; "
DAMAGES: dict[str, tuple[str, Callable[[Path], Any], str]] = {
    "text": (PICTURES, lambda path: path.write_text("no picture"), PNG),
    "cut off": (PICTURES, lambda path: path.write_bytes(path.read_bytes()[:2000]), PNG),
    "empty": (PICTURES, lambda path: path.write_bytes(b""), PNG),
    "of another size": (
        PICTURES,
        halve,
        rf"expected a picture \(1920, {SIDE}, 3\), found \(960, {SIDE // 2}, 3\); ",
    ),
    "gone": (PICTURES, lambda path: path.unlink(), f"missing {PICTURES}; "),
    "not an archive": (
        RAW,
        lambda path: path.write_text("no axes"),
        "expected arrays mean, axes, stdev and share, ",
    ),
    "NaN": (
        RAW,
        lambda path: change_axes(path, mean=np.full(12, np.nan)),
        "axes raw: expected finite numbers, found NaN or infinity in mean; ",
    ),
    "flat": (
        RAW,
        lambda path: change_axes(path, stdev=np.zeros(12)),
        "axes raw: axis 1 ",
    ),
    "of another width": (
        RAW,
        lambda path: change_axes(
            path, mean=np.zeros(5), axes=np.eye(5), stdev=np.ones(5), names=list("abcde")
        ),
        WIDTH,
    ),
    "without names": (
        RAW,
        lambda path: change_axes(path, names=np.array(["one"])),
        r"axes raw: expected 12 names, .*found \('one',\)",
    ),
    "no axes": (RAW, lambda path: path.unlink(), f"missing {RAW}; "),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_world_is_refused_with_the_file(
    damage: str, trained_folder: Path, tmp_path: Path
) -> None:
    folder = copy(trained_folder, tmp_path)
    name, apply, problem = DAMAGES[damage]
    apply(folder / name)
    for words in (
        ["decode", folder, "--png", tmp_path / "picture.png"],
        ["export", folder, "--output", tmp_path / "bundle"],
        ["evaluate", folder],
    ):
        result = zlide(*words)
        assert (result.exit_code, result.stdout) == (1, "")
        where = folder if problem.startswith("missing") else folder / name
        assert re.match(f"{where}: {problem}", result.stderr)
        assert result.stderr.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["small"]


def test_the_state_of_a_world_of_another_size_is_refused(
    trained_folder: Path, tmp_path: Path
) -> None:
    assert trained_folder.exists()
    to = tmp_path / "small"
    with pytest.raises(TrainingInterrupted):
        train_world(to, PLAN, silent, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    with pytest.raises(ZlideError) as error:
        train_world(to, replace(PLAN, sizes=WorldConfig(8)), silent, silent)
    assert error.value.where == str(to / RESUME_STATE)
    assert "cannot be resumed" in error.value.problem
    assert "delete it" in error.value.remedy
    with safe_open(to / RESUME_STATE, "pt") as state:
        assert state.metadata()["step"] == "1"
