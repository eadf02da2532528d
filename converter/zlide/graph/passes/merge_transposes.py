"""transpose(transpose(x)) → transpose(x), or a reshape where only dimensions of size 1 move.

Before: x (B, C, H, W) → Transpose (0, 2, 3, 1) → Transpose (0, 3, 1, 2). After: x.
Before: x (B, C, 1, 1) → Transpose (0, 2, 3, 1). After: x → Reshape (B, 1, 1, C).
"""

from __future__ import annotations

from zlide.graph.ir import Uses, Value
from zlide.graph.ir.build import reshape, transpose
from zlide.graph.passes.kinds import permutation


def merge_transposes(_uses: Uses, value: Value) -> Value | None:
    if (perm := permutation(value)) is None:
        return None
    source = value.inputs[0]
    if moves_only_ones(source.shape, perm):
        return reshape(source, value.shape)
    if (inner := permutation(source)) is None:
        return None
    return transpose(source.inputs[0], [inner[axis] for axis in perm])


def moves_only_ones(shape: tuple[int, ...], perm: list[int]) -> bool:
    """Return whether a transpose keeps the order of all dimensions but those of size 1."""
    solid = [axis for axis in perm if shape[axis] != 1]
    return solid == sorted(solid)
