"""The recipe of the worlds: capture frames of a game, train a VAE, evaluate it."""

from __future__ import annotations

from zlide.recipes.worlds.frames import Frames
from zlide.recipes.worlds.report import write_report
from zlide.recipes.worlds.train import Recording, WorldPlan, train_world
from zlide.recipes.worlds.training_frames import encode_training_points, training_frames

__all__ = [
    "Frames",
    "Recording",
    "WorldPlan",
    "encode_training_points",
    "train_world",
    "training_frames",
    "write_report",
]
