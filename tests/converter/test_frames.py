"""Frames are captured from the real games, reproducibly, and cached; no other files remain."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import save_file

from zlide.checkpoint.settings import World
from zlide.errors import ZlideError
from zlide.recipes.worlds import doom, frames, racing
from zlide.recipes.worlds.frames import Frames, load_frames, shrink

GAMES: dict[World, tuple[str, int]] = {"doom": ("vizdoom", 400), "racing": ("gymnasium", 30)}


@pytest.fixture(autouse=True)
def _scratch_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def silent(_done: int, _total: int) -> None:
    pass


@pytest.mark.slow
@pytest.mark.parametrize("world", GAMES)
def test_frames_are_captured_once_and_cached(
    world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, count = GAMES[world]
    pytest.importorskip(module)
    progress: list[tuple[int, int]] = []
    first = load_frames(world, count, 1, lambda done, total: progress.append((done, total)))
    assert first.pixels.shape == (count, 64, 64, 3)
    assert progress == [(i + 1, count) for i in range(count)]
    assert first.pixels.std(axis=0).max() > 10  # things move
    assert first.episode[0] == 0
    assert set(np.diff(first.episode)) <= {0, 1}
    assert first.episode[-1] >= (3 if world == "doom" else 0)
    assert list(Path.cwd().iterdir()) == []
    assert [path.name for path in tmp_path.joinpath("cache/zlide").iterdir()] == [
        f"{world}-{count}-1.safetensors"
    ]

    with monkeypatch.context() as patch:
        patch.setattr(frames, "_capture_of", lambda _: pytest.fail("captured again"))
        cached = load_frames(world, count, 1, silent)
    assert cached.digest == first.digest
    assert np.array_equal(cached.episode, first.episode)

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "another"))
    some = 20
    assert np.array_equal(load_frames(world, some, 1, silent).pixels, first.pixels[:some])
    assert not np.array_equal(load_frames(world, some, 2, silent).pixels, first.pixels[:some])


def test_every_sixteenth_episode_is_held_out() -> None:
    episode = np.arange(40, dtype=np.int32).repeat(2)
    some = Frames(np.zeros((80, 64, 64, 3), np.uint8), episode)
    assert sorted(set(episode[some.held_out])) == [0, 16, 32]


@pytest.mark.parametrize(("world", "module"), [("doom", "vizdoom"), ("racing", "gymnasium")])
def test_a_missing_game_is_refused_with_what_to_install(
    world: World, module: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(ZlideError, match=rf"^{world}: .*not installed.*; .*\.\[worlds\]"):
        load_frames(world, 10, 1, silent)
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize("package", ["Box2D", "pygame"])
def test_a_missing_dependency_of_car_racing_is_refused(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("gymnasium")
    for name in [name for name in sys.modules if name.startswith("gymnasium.envs.box2d")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ZlideError, match=r"^racing: .*not installed \(.+\); .*\.\[worlds\]"):
        next(racing.capture(1))


DAMAGED: dict[str, Callable[[Path], Any]] = {
    "cut off": lambda path: path.write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00{"),
    "empty": lambda path: path.write_bytes(b""),
    "something else": lambda path: save_file({"weights": np.zeros(3)}, path),
    "no pixels": lambda path: save_file({"episode": np.zeros(400, np.int32)}, path),
    "too few": lambda path: save_file(
        {"pixels": np.zeros((9, 64, 64, 3), np.uint8), "episode": np.zeros(9, np.int32)}, path
    ),
    "of another size": lambda path: save_file(
        {"pixels": np.zeros((400, 32, 32, 3), np.uint8), "episode": np.zeros(400, np.int32)}, path
    ),
}


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_cache_is_refused(damage: str, tmp_path: Path) -> None:
    path = tmp_path / "cache/zlide/doom-400-1.safetensors"
    path.parent.mkdir(parents=True)
    DAMAGED[damage](path)
    with pytest.raises(ZlideError) as error:
        load_frames("doom", 400, 1, silent)
    assert error.value.where == str(path)
    assert "expected captured frames, found: " in error.value.problem
    assert "delete" in error.value.remedy
    assert "\n" not in str(error.value)


def test_an_interrupted_capture_leaves_no_files(tmp_path: Path) -> None:
    pytest.importorskip("vizdoom")

    def stop(done: int, _total: int) -> None:
        if done == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        load_frames("doom", 400, 1, stop)
    assert not (tmp_path / "cache").exists()
    assert list(Path.cwd().iterdir()) == []


def test_screens_have_the_size_that_models_are_trained_on() -> None:
    pytest.importorskip("vizdoom")
    screen, episode = next(doom.capture(3))
    assert (screen.shape, screen.dtype.name, episode) == ((100, 160, 3), "uint8", 0)
    small = shrink(screen)
    assert small.shape == (64, 64, 3)
    assert np.abs(small.mean((0, 1)) - screen.mean((0, 1))).max() < 1.5  # every pixel counts
