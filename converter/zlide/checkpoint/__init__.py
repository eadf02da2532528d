"""Checkpoints: the VAEs that zlide trains, and the folders they are stored in."""

from __future__ import annotations

from zlide.checkpoint.describe import describe_checkpoint, select_axes, write_suggestions
from zlide.checkpoint.layout import CONFIG, EXAMPLES, MODEL, POINTS
from zlide.checkpoint.networks.sentence import SentenceConfig, SentenceVAE
from zlide.checkpoint.networks.world import SIDE, WorldConfig, WorldVAE
from zlide.checkpoint.position import position_of
from zlide.checkpoint.read import (
    Checkpoint,
    SentenceCheckpoint,
    WorldCheckpoint,
    read_checkpoint,
    read_sentences_checkpoint,
)
from zlide.checkpoint.settings import (
    Cap,
    Recipe,
    Schedule,
    SentenceSchedule,
    SentenceSettings,
    Settings,
    World,
    WorldSchedule,
    WorldSettings,
    command_history,
    read_settings,
)
from zlide.checkpoint.tensors import load_weights, write_means
from zlide.checkpoint.write import write_checkpoint, write_world

__all__ = [
    "CONFIG",
    "EXAMPLES",
    "MODEL",
    "POINTS",
    "SIDE",
    "Cap",
    "Checkpoint",
    "Recipe",
    "Schedule",
    "SentenceCheckpoint",
    "SentenceConfig",
    "SentenceSchedule",
    "SentenceSettings",
    "SentenceVAE",
    "Settings",
    "World",
    "WorldCheckpoint",
    "WorldConfig",
    "WorldSchedule",
    "WorldSettings",
    "WorldVAE",
    "command_history",
    "describe_checkpoint",
    "load_weights",
    "position_of",
    "read_checkpoint",
    "read_sentences_checkpoint",
    "read_settings",
    "select_axes",
    "write_checkpoint",
    "write_means",
    "write_suggestions",
    "write_world",
]
