"""transpose(concat(x, y)) → concat(transpose(x), transpose(y)), if these become reshapes.

Before: Concat (x (1, B, H), y (1, B, H)) → Transpose (1, 0, 2).
After: x → Reshape (B, 1, H), y → Reshape (B, 1, H) → Concat along axis 1.
"""

from __future__ import annotations

from zlide.graph.ir import Uses, Value
from zlide.graph.ir.build import concat, transpose
from zlide.graph.passes.kinds import permutation
from zlide.graph.passes.merge_transposes import moves_only_ones


def transpose_before_concat(_uses: Uses, value: Value) -> Value | None:
    perm = permutation(value)
    source = value.inputs[0] if perm is not None else None
    if perm is None or source is None or source.op != "ConcatV2":
        return None
    *parts, at = source.inputs
    if at.array is None or not all(moves_only_ones(part.shape, perm) for part in parts):
        return None
    return concat([transpose(part, perm) for part in parts], perm.index(int(at.array)))
