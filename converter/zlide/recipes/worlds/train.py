"""A game → a finished checkpoint: capture, fit, place the axes, choose examples, write."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from zlide.axes import Axes, fit_living, raw_dimensions
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
from zlide.errors import ZlideError, disk_errors
from zlide.recipes.fit import Progress, fit
from zlide.recipes.interruption import TrainingInterrupted
from zlide.recipes.posteriors import Posteriors
from zlide.recipes.resume_state import STATE, delete_resume_state
from zlide.recipes.worlds.evaluate import encode_pictures, evaluate
from zlide.recipes.worlds.frames import Frames, frames_of
from zlide.recipes.worlds.loss import Pictures
from zlide.signals import signals_held

PRINCIPAL, RAW = 16, 15
"""Axes kept: principal components, and single dimensions of z, as many as World Models showed."""

EXAMPLES = 30

Tell = Callable[[Progress, dict[str, float] | None], None]
Captured = Callable[[int, int], None]


@dataclass(frozen=True)
class Plan:
    """What to train and what to say of it.

    frames: how many to capture.
    start: the folder of a checkpoint of the same sizes to begin with, instead of random weights.
    """

    world: World
    frames: int
    model: WorldConfig
    schedule: WorldSchedule
    title: str
    command: str
    license: str | None = None
    attribution: str | None = None
    start: Path | None = None


def train_world(to: Path, plan: Plan, captured: Captured, tell: Tell) -> bool:
    """Train in `to` and write a checkpoint there; False when the same plan is finished there already.

    `captured` hears of every frame, `tell` of every step, and of held-out figures after every epoch.
    Raises ZlideError without the game, for a folder that holds a model of another plan and for weights that are no numbers any more;
    Stopped when a signal ended it before its time.
    """
    frames = frames_of(plan.world, plan.frames, plan.schedule.seed, captured)
    settings = WorldSettings(
        title=plan.title,
        license=plan.license,
        attribution=plan.attribution,
        world=plan.world,
        frames=plan.frames,
        model=plan.model,
        schedule=plan.schedule,
        corpus=frames.digest,
        command=command_history(plan.command, plan.start),
    )
    if (to / MODEL).exists() and (to / CONFIG).exists() and not (to / STATE).exists():
        if settings.is_same_training(read_settings(to / CONFIG)):
            return False
        raise ZlideError(
            to,
            "holds a model that was trained otherwise",
            "choose another folder with --output, or delete its model.safetensors",
        )
    torch.manual_seed(plan.schedule.seed)
    model = WorldVAE(plan.model)
    if plan.start is not None:
        load_weights(model, plan.start / MODEL)
    if plan.schedule.precision != "float32":
        model.decoder.merge()
        model.decoder.first.requires_grad_(requires_grad=False)
    with disk_errors(to):
        to.mkdir(parents=True, exist_ok=True)
    with (
        signals_held() as asked,
        closing(fit(Pictures(model, frames, plan.schedule), to / STATE)) as steps,
    ):
        for progress in steps:
            tell(
                progress,
                evaluate(model, plan.world, frames)
                if progress.epoch_ended and not asked()
                else None,
            )
            if signal := asked():
                raise TrainingInterrupted(to, progress.step, progress.total, signal)
    posteriors = encode_pictures(model, frames.pixels[~frames.held_out])
    pictures = choose_examples(frames)
    latents = encode_pictures(model, pictures).means
    write_means(to, posteriors.means)
    write_world(to, model, settings, place_axes(posteriors), latents, pictures)
    delete_resume_state(to)
    return True


def place_axes(posteriors: Posteriors) -> tuple[Axes, Axes]:
    """Principal components of the posterior means, and the single dimensions of z with the largest KL, the largest first; none that never moves."""
    means = posteriors.means
    spend = 0.5 * (means**2 + posteriors.variances - 1 - np.log(posteriors.variances)).mean(
        0
    )  # nats of each dimension, (Z,)
    stdev = means.std(0)
    largest = [int(i) for i in np.argsort(-spend) if stdev[i] > 0][:RAW]
    return fit_living(means, PRINCIPAL), raw_dimensions(means.mean(0), stdev, largest)


def choose_examples(frames: Frames) -> NDArray[np.uint8]:
    """Frames (EXAMPLES, H, W, 3) of episodes that were never trained on, from the middle of as many parts: a game's first frame is like no other."""
    held = np.flatnonzero(frames.held_out)
    count = min(EXAMPLES, len(held))
    return np.asarray(
        frames.pixels[held[((np.arange(count) + 0.5) * len(held) / count).astype(int)]]
    )
