"""Worlds: frames of games, captured, and what a VAE makes of them."""

from __future__ import annotations

from zlide.recipes.worlds.evaluate import encode_pictures
from zlide.recipes.worlds.frames import ASPECTS, Frames, frames_of
from zlide.recipes.worlds.report import write_report
from zlide.recipes.worlds.train import Plan, train_world

__all__ = [
    "ASPECTS",
    "Frames",
    "Plan",
    "encode_pictures",
    "frames_of",
    "train_world",
    "write_report",
]
