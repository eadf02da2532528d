"""Door."""

from __future__ import annotations

from zlide.checkpoint.folder import (
    CONFIG,
    EXAMPLES,
    MODEL,
    POINTS,
    Checkpoint,
    SentenceCheckpoint,
    WorldCheckpoint,
    commands,
    load_weights,
    read_checkpoint,
    read_sentences_checkpoint,
    write_checkpoint,
    write_means,
    write_world,
)
from zlide.checkpoint.networks.sentence import SentenceConfig, SentenceVAE
from zlide.checkpoint.networks.world import SIDE, WorldConfig, WorldVAE
from zlide.checkpoint.position import position_of
from zlide.checkpoint.settings import (
    AxisLabel,
    Cap,
    Recipe,
    Schedule,
    SentenceSchedule,
    SentenceSettings,
    World,
    WorldSchedule,
    WorldSettings,
    read_settings,
    write_settings,
)

__all__ = [
    "CONFIG",
    "EXAMPLES",
    "MODEL",
    "POINTS",
    "SIDE",
    "AxisLabel",
    "Cap",
    "Checkpoint",
    "Recipe",
    "Schedule",
    "SentenceCheckpoint",
    "SentenceConfig",
    "SentenceSchedule",
    "SentenceSettings",
    "SentenceVAE",
    "World",
    "WorldCheckpoint",
    "WorldConfig",
    "WorldSchedule",
    "WorldSettings",
    "WorldVAE",
    "commands",
    "load_weights",
    "position_of",
    "read_checkpoint",
    "read_sentences_checkpoint",
    "read_settings",
    "write_checkpoint",
    "write_means",
    "write_settings",
    "write_world",
]
