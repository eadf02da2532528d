"""A graph model in memory: values, their shapes, and rewriting.

A value is an op of TensorFlow with the values that it reads. Its shape has a dynamic batch.
Constants are computed when they are made.
"""

from __future__ import annotations

from zlide.graph.ir.infer import BOOL, FLOAT, INT, Spec
from zlide.graph.ir.rewrite import Rule, Uses, in_order, rewrite
from zlide.graph.ir.shape import Shape, broadcast, size_of
from zlide.graph.ir.value import (
    PART,
    Value,
    const,
    made_for,
    make,
    make_all,
    placeholder,
    with_inputs,
)

__all__ = [
    "BOOL",
    "FLOAT",
    "INT",
    "PART",
    "Rule",
    "Shape",
    "Spec",
    "Uses",
    "Value",
    "broadcast",
    "const",
    "in_order",
    "made_for",
    "make",
    "make_all",
    "placeholder",
    "rewrite",
    "size_of",
    "with_inputs",
]
