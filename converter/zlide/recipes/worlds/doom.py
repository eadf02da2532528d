"""Frames of ViZDoom's `take_cover` (Wydmuch et al. 2019).

Monsters throw fireballs, and the player steps left and right at random.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import chdir
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from zlide.errors import ZlideError

TICS = 4  # between two frames, at 35 a second
ROWS = 100  # of 120 are kept, as in World Models; below them is the status bar
ACTIONS = ([1, 0], [0, 1], [0, 0])  # left, right, stand


def capture(seed: int) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """Yield screens (100, 160, 3) uint8 and the number of their episode, endlessly.

    Raises ZlideError if ViZDoom is not installed.
    """
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
    # The game writes files into the working directory.
    with TemporaryDirectory() as scratch:
        with chdir(scratch):
            game.init()
        try:
            for episode in count():
                game.new_episode()
                policy = _random_actions(len(ACTIONS), 8, np.random.default_rng((seed, episode)))
                while not game.is_episode_finished():
                    yield game.get_state().screen_buffer[:ROWS].copy(), episode
                    game.make_action(ACTIONS[next(policy)], TICS)
        finally:
            game.close()


def _random_actions(choices: int, max_length: int, random: np.random.Generator) -> Iterator[int]:
    """Yield random actions, each repeated for 1 to `max_length` steps."""
    while True:
        yield from [int(random.integers(choices))] * int(random.integers(1, max_length + 1))
