"""The recipe of the worlds: capture frames of a game, train a VAE, evaluate it."""

from __future__ import annotations

from zlide.recipes.worlds.evaluate import encode_pictures
from zlide.recipes.worlds.frames import ASPECTS, Frames, load_frames
from zlide.recipes.worlds.report import write_report
from zlide.recipes.worlds.train import Plan, train_world

__all__ = [
    "ASPECTS",
    "Frames",
    "Plan",
    "encode_pictures",
    "load_frames",
    "train_world",
    "write_report",
]
