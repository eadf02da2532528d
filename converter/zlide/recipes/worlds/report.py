"""Write `evaluation.json` of a world, its contact sheets, and its model card."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.checkpoint import WorldCheckpoint
from zlide.pictures import to_bytes
from zlide.recipes.report import model_facts, write_evaluation
from zlide.recipes.worlds.card import render_card
from zlide.recipes.worlds.evaluate import decode_pictures, encode_pictures, evaluate
from zlide.recipes.worlds.frames import Frames
from zlide.recipes.worlds.sheets import write_sheet

PAIRS, SAMPLES = 30, 30
AXES, STEPS = 8, (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)

_COLUMNS = 10  # of a sheet


def write_report(checkpoint: WorldCheckpoint, frames: Frames, *, seed: int = 1) -> dict[str, Any]:
    """Compute every figure; write `evaluation.json`, three contact sheets and the model card.

    The files go into the checkpoint's folder. The same checkpoint, frames and seed give the same
    files.
    """
    folder, model = checkpoint.folder, checkpoint.model
    figures = _figures(checkpoint, frames, seed)
    training = encode_pictures(model, frames.pixels[~frames.held_out])
    draws = training.draw(SAMPLES, np.random.default_rng(seed))
    write_sheet(folder / "reconstructions.png", reconstruction_rows(checkpoint))
    write_sheet(folder / "samples.png", sample_rows(checkpoint, draws))
    write_sheet(folder / "axes.png", traversal_rows(checkpoint))
    write_evaluation(folder, figures, render_card(checkpoint.settings.model_dump(), figures))
    return figures


def reconstruction_rows(checkpoint: WorldCheckpoint) -> NDArray[np.uint8]:
    """Return rows of examples, each followed by the row of their reconstructions.

    The result has the shape (2 R, 10, H, W, 3).
    """
    frames = checkpoint.pictures[: PAIRS - PAIRS % _COLUMNS]
    means = encode_pictures(checkpoint.model, frames).means
    reconstructions = to_bytes(decode_pictures(checkpoint.model, means))
    rows = [part.reshape(-1, _COLUMNS, *frames.shape[1:]) for part in (frames, reconstructions)]
    return np.asarray(np.stack(rows, axis=1).reshape(-1, _COLUMNS, *frames.shape[1:]))


def sample_rows(checkpoint: WorldCheckpoint, z: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Return the decoded pictures of z (N, Z) in rows, (R, 10, H, W, 3)."""
    pixels = to_bytes(decode_pictures(checkpoint.model, z))
    return pixels.reshape(-1, _COLUMNS, *pixels.shape[1:])


def traversal_rows(checkpoint: WorldCheckpoint) -> NDArray[np.uint8]:
    """Return the traversals of the first axes from the first example, (K, 7, H, W, 3)."""
    axes, z = checkpoint.axes, next(iter(checkpoint.examples.values()))
    sliders, residual = axes.from_z(z[None])
    rows = []
    for axis in range(min(AXES, axes.count)):
        moved = np.repeat(sliders, len(STEPS), axis=0)
        moved[:, axis] = STEPS
        rows.append(to_bytes(decode_pictures(checkpoint.model, axes.to_z(moved, residual))))
    return np.stack(rows)


def _figures(checkpoint: WorldCheckpoint, frames: Frames, seed: int) -> dict[str, Any]:
    return {
        **evaluate(checkpoint.model, checkpoint.settings.world, frames, seed=seed),
        "seed": seed,
        **model_facts(checkpoint.model, checkpoint.axes),
        "captured": {
            "training": int((~frames.held_out).sum()),
            "held_out": int(frames.held_out.sum()),
            "episodes": int(frames.episode[-1]) + 1,
        },
    }
