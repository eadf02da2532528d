"""Describe the axes of a checkpoint: measure what changes along each, and suggest labels."""

from __future__ import annotations

from zlide.describe.checkpoint import describe_checkpoint, select_axes, write_suggestions
from zlide.describe.describe import AxisDescription
from zlide.describe.pronouns import HE, SHE

__all__ = [
    "HE",
    "SHE",
    "AxisDescription",
    "describe_checkpoint",
    "select_axes",
    "write_suggestions",
]
