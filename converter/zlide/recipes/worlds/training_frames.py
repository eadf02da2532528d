"""The frames that a checkpoint was trained on."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from zlide.bundle import choose_points
from zlide.checkpoint import WorldCheckpoint
from zlide.errors import ZlideError
from zlide.recipes.worlds.evaluate import encode_pictures
from zlide.recipes.worlds.frames import Frames, load_frames


def training_frames(checkpoint: WorldCheckpoint, progress: Callable[[int, int], None]) -> Frames:
    """Read the frames of `checkpoint` from the cache, or capture them again.

    progress: called with the number of captured frames and their total.
    Raises ZlideError if other frames than those of the training were captured.
    """
    settings = checkpoint.settings
    frames = load_frames(settings.world, settings.frames, settings.schedule.seed, progress)
    if frames.digest != settings.corpus:
        raise ZlideError(
            settings.world,
            f"expected the frames that {checkpoint.folder} was trained on, captured others",
            "install the versions of the game's packages in constraints.txt",
        )
    return frames


def encode_training_points(checkpoint: WorldCheckpoint, frames: Frames) -> NDArray[np.float32]:
    """Return the posterior means (N, Z) of up to 2,000 training frames, for the map."""
    trained = np.flatnonzero(~frames.held_out)
    pixels = frames.pixels[trained[choose_points(len(trained))]]
    return encode_pictures(checkpoint.model, pixels).means
