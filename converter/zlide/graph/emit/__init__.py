"""ONNX → values of TensorFlow's ops, one function an op, a file a family."""

from __future__ import annotations

from zlide.graph.emit import (  # noqa: F401 (they register emitters)
    convolutions,
    elementwise,
    grid_sampling,
    indexing,
    normalizations,
    pooling,
    products,
    recurrences,
    reductions,
    resizing,
    shapes,
)
from zlide.graph.emit.emit_graph import EmittedGraph, emit_graph

__all__ = ["EmittedGraph", "emit_graph"]
