"""Lowering: layers and functions of PyTorch as operations that convert."""

from __future__ import annotations

from zlide.graph.lowering import (  # noqa: F401 (they register lowerings)
    image_functions,
    mathematics,
    movements,
    recurrences,
    row_indices,
)
from zlide.graph.lowering.lower import bake_parametrizations, lower
from zlide.graph.lowering.lowered_functions import lowered_functions
from zlide.graph.lowering.registry import register_lowering

__all__ = ["bake_parametrizations", "lower", "lowered_functions", "register_lowering"]
