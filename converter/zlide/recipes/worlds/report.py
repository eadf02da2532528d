"""`evaluation.json` of a world, its contact sheets, and the model card made from them."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.checkpoint import WorldCheckpoint
from zlide.decoders import to_bytes
from zlide.files import atomic_file
from zlide.recipes.worlds.card import render_card
from zlide.recipes.worlds.evaluate import decode_pictures, encode_pictures, evaluate
from zlide.recipes.worlds.frames import Frames
from zlide.recipes.worlds.sheets import write_sheet

PAIRS, SAMPLES = 30, 30
AXES, STEPS = 8, (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0)

_ACROSS = 10  # pictures beside each other


def write_report(checkpoint: WorldCheckpoint, frames: Frames, *, seed: int = 1) -> dict[str, Any]:
    """Compute every figure and write `evaluation.json`, three contact sheets and the model card into the checkpoint's folder.

    The same checkpoint, frames and seed give the same files.
    """
    folder, model = checkpoint.folder, checkpoint.model
    figures = evaluate(model, checkpoint.settings.world, frames, seed=seed)
    figures |= {
        "seed": seed,
        "parameters": sum(p.numel() for p in model.parameters()),
        "shares": []
        if checkpoint.axes.share is None
        else [float(share) for share in checkpoint.axes.share],
        "captured": {
            "training": int((~frames.held_out).sum()),
            "held_out": int(frames.held_out.sum()),
            "episodes": int(frames.episode[-1]) + 1,
        },
    }
    write_sheet(folder / "reconstructions.png", pairs(checkpoint))
    training = encode_pictures(model, frames.pixels[~frames.held_out])
    write_sheet(
        folder / "samples.png",
        samples(checkpoint, training.draw(SAMPLES, np.random.default_rng(seed))),
    )
    write_sheet(folder / "axes.png", strips(checkpoint))
    with atomic_file(folder / "evaluation.json") as file:
        file.write_text(json.dumps(figures, indent=1) + "\n", "utf-8")
        with atomic_file(folder / "README.md") as card:
            card.write_text(render_card(checkpoint.settings.model_dump(), figures), "utf-8")
    return figures


def pairs(checkpoint: WorldCheckpoint) -> NDArray[np.uint8]:
    """Each example above its reconstruction: rows of frames and of reconstructions by turns."""
    frames = checkpoint.pictures[: PAIRS - PAIRS % _ACROSS]
    again = to_bytes(
        decode_pictures(checkpoint.model, encode_pictures(checkpoint.model, frames).means)
    )
    rows = [part.reshape(-1, _ACROSS, *frames.shape[1:]) for part in (frames, again)]
    return np.asarray(np.stack(rows, axis=1).reshape(-1, _ACROSS, *frames.shape[1:]))


def samples(checkpoint: WorldCheckpoint, z: NDArray[np.float32]) -> NDArray[np.uint8]:
    """What is decoded at z (N, Z), in rows."""
    pixels = to_bytes(decode_pictures(checkpoint.model, z))
    return pixels.reshape(-1, _ACROSS, *pixels.shape[1:])


def strips(checkpoint: WorldCheckpoint) -> NDArray[np.uint8]:
    """A row for each of the first axes: the first example, moved along it to each of `STEPS`, in σ."""
    axes, z = checkpoint.axes, next(iter(checkpoint.examples.values()))
    sliders, residual = axes.from_z(z[None])
    rows = []
    for axis in range(min(AXES, axes.count)):
        moved = np.repeat(sliders, len(STEPS), axis=0)
        moved[:, axis] = STEPS
        rows.append(to_bytes(decode_pictures(checkpoint.model, axes.to_z(moved, residual))))
    return np.stack(rows)
