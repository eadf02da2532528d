"""Recipes: train the models that ship, from data to `weights/<name>/`.

Recipes use the rest of the package as any author does. Only they need the corpora and the games.
"""

from __future__ import annotations

from zlide.recipes.export import export_checkpoint
from zlide.recipes.interruption import TrainingInterrupted
from zlide.recipes.site import build_site

__all__ = ["TrainingInterrupted", "build_site", "export_checkpoint"]
