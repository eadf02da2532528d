"""Data → `weights/<name>/`. Needs the corpora, which the rest of the package never does."""

from __future__ import annotations

from zlide.recipes.interruption import TrainingInterrupted

__all__ = ["TrainingInterrupted"]
