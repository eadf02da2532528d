"""Frames of Gymnasium's CarRacing-v3.

A driver follows the track, with some noise to show more than the middle of the road.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.errors import ZlideError

ROWS = 84  # of 96 are kept, as in World Models; below them are the instruments
STEPS = 1000  # of an episode, at 50 a second
STEPS_PER_FRAME = 3
LOOK_AHEAD = 4  # tiles of the track
MAX_SPEED = 35.0  # metres a second


def capture(seed: int) -> Iterator[tuple[NDArray[np.uint8], int]]:
    """Yield screens (84, 96, 3) uint8 and the number of their episode, endlessly.

    Raises ZlideError if Gymnasium or Box2D is not installed.
    """
    os.environ.setdefault("SDL_VIDEODRIVER", "dummy")
    try:
        import gymnasium
        from gymnasium.error import Error as GymnasiumError
    except ImportError as error:
        raise _missing(error) from error
    try:
        game = gymnasium.make("CarRacing-v3").unwrapped
    except (ImportError, GymnasiumError) as error:
        raise _missing(error) from error
    try:
        for episode in count():
            random = np.random.default_rng((seed, episode))
            screen, _ = game.reset(seed=int(random.integers(2**31)))
            noise = np.zeros(2)
            for step in range(STEPS):
                if step % STEPS_PER_FRAME == 0:
                    yield screen[:ROWS].copy(), episode
                noise = 0.95 * noise + random.normal(0.0, (0.12, 0.06))
                screen, _, lost, _, _ = game.step(_drive(game, noise))
                if lost:
                    break
    finally:
        game.close()


def _missing(error: Exception) -> ZlideError:
    return ZlideError("racing", f"CarRacing is not installed ({error})", "pip install '.[worlds]'")


def _drive(game: Any, noise: NDArray[np.float64]) -> NDArray[np.float32]:
    """Steer towards the track some tiles ahead; accelerate up to a speed, brake in bends."""
    track = np.asarray(game.track)[:, 2:]  # (tiles, 2), metres
    car = np.asarray(game.car.hull.position)
    nearest = int(np.argmin(((track - car) ** 2).sum(1)))
    target = track[(nearest + LOOK_AHEAD) % len(track)] - car
    # The car points along y if its angle is 0.
    error = np.arctan2(-target[0], target[1]) - game.car.hull.angle
    error = (error + np.pi) % (2 * np.pi) - np.pi
    speed = np.hypot(*game.car.hull.linearVelocity)
    steer = np.clip(-1.5 * error + noise[0], -1, 1)
    gas = np.clip(0.3 + noise[1], 0, 1) if speed < MAX_SPEED else 0.0
    brake = 0.2 if speed > 15 and abs(error) > 0.5 else 0.0
    return np.array([steer, gas, brake], np.float32)
