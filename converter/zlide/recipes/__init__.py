"""Data → `weights/<name>/`. Needs the corpora, which the rest of the package never does."""

from __future__ import annotations

from zlide.recipes.export import export_checkpoint
from zlide.recipes.interruption import TrainingInterrupted
from zlide.recipes.site import build_site

__all__ = ["TrainingInterrupted", "build_site", "export_checkpoint"]
