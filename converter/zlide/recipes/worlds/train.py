"""Train a world's VAE: a game → a complete checkpoint."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from zlide.axes import Axes, fit_pca_up_to, raw_dimensions
from zlide.checkpoint import (
    CONFIG,
    MODEL,
    World,
    WorldConfig,
    WorldSchedule,
    WorldSettings,
    WorldVAE,
    command_history,
    load_weights,
    read_settings,
    write_means,
    write_world,
)
from zlide.errors import ZlideError
from zlide.recipes.fit import ProgressCallback, run_training
from zlide.recipes.interruption import RESUME_STATE, delete_resume_state
from zlide.recipes.posteriors import Posteriors
from zlide.recipes.worlds.evaluate import encode_pictures, evaluate
from zlide.recipes.worlds.frames import Frames, load_frames
from zlide.recipes.worlds.loss import WorldTask

PRINCIPAL, RAW = 16, 15
"""Axes to keep: principal components, and raw dimensions of z (World Models shows 15)."""

EXAMPLES = 30


@dataclass(frozen=True)
class Plan:
    """A model to train, and its description for `config.json`.

    frames: number of frames to capture.
    init_from: the checkpoint of the same sizes whose weights the training starts from; random
        weights if None.
    """

    world: World
    frames: int
    model: WorldConfig
    schedule: WorldSchedule
    title: str
    command: str
    license: str | None = None
    attribution: str | None = None
    init_from: Path | None = None


def train_world(
    folder: Path,
    plan: Plan,
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
    frames = load_frames(plan.world, plan.frames, plan.schedule.seed, on_capture)
    settings = _settings(plan, frames)
    if _is_finished(folder, settings):
        return False
    model = _new_model(plan)
    task = WorldTask(model, frames, plan.schedule)
    run_training(task, folder, lambda: evaluate(model, plan.world, frames), on_progress)
    posteriors = encode_pictures(model, frames.pixels[~frames.held_out])
    pictures = choose_examples(frames)
    latents = encode_pictures(model, pictures).means
    write_means(folder, posteriors.means)
    write_world(folder, model, settings, fit_axes(posteriors), latents, pictures)
    delete_resume_state(folder)
    return True


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


def _settings(plan: Plan, frames: Frames) -> WorldSettings:
    return WorldSettings(
        title=plan.title,
        license=plan.license,
        attribution=plan.attribution,
        world=plan.world,
        frames=plan.frames,
        model=plan.model,
        schedule=plan.schedule,
        corpus=frames.digest,
        command=command_history(plan.command, plan.init_from),
    )


def _new_model(plan: Plan) -> WorldVAE:
    torch.manual_seed(plan.schedule.seed)
    model = WorldVAE(plan.model)
    if plan.init_from is not None:
        load_weights(model, plan.init_from / MODEL)
    if plan.schedule.precision != "float32":
        model.decoder.merge()
        model.decoder.first.requires_grad_(requires_grad=False)
    return model


def _is_finished(folder: Path, settings: WorldSettings) -> bool:
    """Return whether `folder` has a checkpoint with these settings and no training has begun.

    Raises ZlideError if it has that of another plan.
    """
    has_begun = (folder / RESUME_STATE).exists()
    if has_begun or not (folder / MODEL).exists() or not (folder / CONFIG).exists():
        return False
    if settings.is_same_training(read_settings(folder / CONFIG)):
        return True
    raise ZlideError(
        folder,
        "holds a model that was trained in another way",
        "choose another folder with --output, or delete its model.safetensors",
    )
