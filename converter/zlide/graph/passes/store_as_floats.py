"""transpose(cast to floats) → transpose(cast · 1); the same for sums over axes before the last.

Before: bool (B, 8, 4) → Cast to float32 → Sum over 1. After: Cast → Mul by 1 → Sum over 1.
A cast on WebGPU keeps the integers and only calls them floats, and its shader of Transpose, which
reductions use too, cannot read those. A product is stored as floats.
"""

from __future__ import annotations

from zlide.graph.ir import FLOAT, Uses, Value, with_inputs
from zlide.graph.ir.build import mul
from zlide.graph.passes.kinds import REDUCTIONS

_VIEWS = frozenset({"Reshape", "ExpandDims", "Squeeze", "Identity"})


def store_as_floats(_uses: Uses, value: Value) -> Value | None:
    if not _transposes(value) or not _is_stored_as_integers(value.inputs[0]):
        return None
    return with_inputs(value, [mul(value.inputs[0], 1.0), *value.inputs[1:]])


def _transposes(value: Value) -> bool:
    """Return whether WebGPU computes the value with its shader of Transpose."""
    if value.op == "Transpose":
        return True
    if value.op not in REDUCTIONS or (axes := value.inputs[1].array) is None:
        return False
    rank = len(value.inputs[0].shape)
    kept = rank - axes.size
    return sorted(int(axis) % rank for axis in axes.ravel()) != list(range(kept, rank))


def _is_stored_as_integers(value: Value) -> bool:
    while value.op in _VIEWS:
        value = value.inputs[0]
    return value.op == "Cast" and value.dtype == FLOAT and value.inputs[0].dtype != FLOAT
