"""Frames of ViZDoom's `take_cover` (Wydmuch et al. 2019): monsters throw fireballs, the player steps left and right at random."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import chdir
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from zlide.errors import ZlideError

TICS = 4  # of the game (35 a second) between two frames
ROWS = 100  # of 120 are kept, as in World Models: below were the numbers of a status bar
ACTIONS = ([1, 0], [0, 1], [0, 0])  # left, right, stand


def capture(seed: int) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """Screens (100, 160, 3) and their episode, without end. Raises ZlideError without ViZDoom."""
    try:
        import vizdoom
    except ImportError as error:
        raise ZlideError("doom", "ViZDoom is not installed", "pip install '.[worlds]'") from error
    game = vizdoom.DoomGame()
    game.load_config(str(Path(vizdoom.scenarios_path, "take_cover.cfg")))
    game.set_screen_resolution(vizdoom.ScreenResolution.RES_160X120)
    game.set_screen_format(vizdoom.ScreenFormat.RGB24)
    game.set_window_visible(False)
    game.set_seed(seed)
    # The game leaves files where it runs.
    with TemporaryDirectory() as litter:
        with chdir(litter):
            game.init()
        try:
            for episode in count():
                game.new_episode()
                policy = _held_actions(len(ACTIONS), 8, np.random.default_rng((seed, episode)))
                while not game.is_episode_finished():
                    yield game.get_state().screen_buffer[:ROWS].copy(), episode
                    game.make_action(ACTIONS[next(policy)], TICS)
        finally:
            game.close()


def _held_actions(choices: int, max_length: int, random: np.random.Generator) -> Iterator[int]:
    """A policy that knows nothing: one of `choices`, held for 1 to `longest` steps, then another."""
    while True:
        yield from [int(random.integers(choices))] * int(random.integers(1, max_length + 1))
