"""Lowering: layers and functions of PyTorch as operations that convert."""

from __future__ import annotations

from zlide.graph.lowering import image_functions, mathematics, movements, recurrences
from zlide.graph.lowering.lower import bake_parametrizations, lower
from zlide.graph.lowering.lowered_functions import lowered_functions
from zlide.graph.lowering.registry import register_lowering

FAMILIES = (image_functions, mathematics, movements, recurrences)
"""The modules that register lowerings."""

__all__ = ["FAMILIES", "bake_parametrizations", "lower", "lowered_functions", "register_lowering"]
