"""Train a world's VAE: a game → a complete checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from zlide.axes import Axes, fit_pca_up_to, raw_dimensions
from zlide.checkpoint import (
    World,
    WorldConfig,
    WorldSchedule,
    WorldSettings,
    WorldVAE,
    write_means,
    write_world,
)
from zlide.recipes.fit import ProgressCallback, run_training
from zlide.recipes.plan import Plan
from zlide.recipes.posteriors import Posteriors
from zlide.recipes.train_once import train_once
from zlide.recipes.worlds.evaluate import encode_pictures, evaluate
from zlide.recipes.worlds.frames import Frames, load_frames
from zlide.recipes.worlds.loss import WorldTask

PRINCIPAL, RAW = 16, 15
"""Axes to keep: principal components, and raw dimensions of z (World Models shows 15)."""

EXAMPLES = 30


@dataclass(frozen=True)
class Recording:
    """The frames to capture: their world and their number."""

    world: World
    frames: int


WorldPlan = Plan[Recording, WorldConfig, WorldSchedule]


def train_world(
    folder: Path,
    plan: WorldPlan,
    on_capture: Callable[[int, int], None],
    on_progress: ProgressCallback,
) -> bool:
    """Train and write a checkpoint into `folder`; resume a training that was interrupted there.

    on_capture: called with the number of frames captured and of all.
    on_progress: called after every step, with held-out figures at the end of an epoch.
    Returns False if the checkpoint of this plan is there already.
    Raises ZlideError if the game is not installed, for a folder with a model of another plan, and
    for a loss that is not finite. Raises TrainingInterrupted for a signal.
    """
    world = plan.data.world
    frames = load_frames(world, plan.data.frames, plan.schedule.seed, on_capture)
    settings = _settings(plan, frames)

    def train() -> None:
        model = _new_model(plan)
        task = WorldTask(model, frames, plan.schedule)
        run_training(task, folder, lambda: evaluate(model, world, frames), on_progress)
        _write(folder, model, settings, frames)

    return train_once(folder, settings, train)


def fit_axes(posteriors: Posteriors) -> tuple[Axes, Axes]:
    """Return principal axes, and the raw dimensions of z with the largest KL, largest first.

    Dimensions whose posterior mean never varies are left out.
    """
    means = posteriors.means
    stdev = means.std(0)
    by_kl = np.argsort(-posteriors.kl_by_dimension())
    raw = [int(i) for i in by_kl if stdev[i] > 0][:RAW]
    return fit_pca_up_to(means, PRINCIPAL), raw_dimensions(means.mean(0), stdev, raw)


def choose_examples(frames: Frames) -> NDArray[np.uint8]:
    """Return held-out frames (n, H, W, 3) uint8 as examples, n ≤ 30, evenly spaced in time.

    They start half a space after the first frame, because the start of a game is not typical.
    """
    held_out = np.flatnonzero(frames.held_out)
    count = min(EXAMPLES, len(held_out))
    chosen = ((np.arange(count) + 0.5) * len(held_out) / count).astype(int)
    return np.asarray(frames.pixels[held_out[chosen]])


def _settings(plan: WorldPlan, frames: Frames) -> WorldSettings:
    return WorldSettings(
        **plan.description(),
        world=plan.data.world,
        frames=plan.data.frames,
        model=plan.sizes,
        schedule=plan.schedule,
        corpus=frames.digest,
    )


def _new_model(plan: WorldPlan) -> WorldVAE:
    model = plan.new_model(WorldVAE)
    if plan.schedule.precision != "float32":
        model.decoder.merge()
        model.decoder.first.requires_grad_(requires_grad=False)
    return model


def _write(folder: Path, model: WorldVAE, settings: WorldSettings, frames: Frames) -> None:
    posteriors = encode_pictures(model, frames.pixels[~frames.held_out])
    pictures = choose_examples(frames)
    latents = encode_pictures(model, pictures).means
    write_means(folder, posteriors.means)
    write_world(folder, model, settings, fit_axes(posteriors), latents, pictures)
