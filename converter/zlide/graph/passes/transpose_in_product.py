"""x · transpose(y) → a product that reads y transposed.

Before: k (B, N, D) → Transpose (0, 2, 1) → BatchMatMulV2 (q, ·).
After: BatchMatMulV2 (q, k) with adj_y.
"""

from __future__ import annotations

from zlide.graph.ir import Uses, Value, make
from zlide.graph.passes.kinds import permutation


def transpose_in_product(_uses: Uses, value: Value) -> Value | None:
    if value.op != "BatchMatMulV2":
        return None
    x, y = value.inputs
    attributes = dict(value.attributes)
    if _swaps(y):
        attributes["adj_y"], y = not attributes["adj_y"], y.inputs[0]
    elif _swaps(x):
        attributes["adj_x"], x = not attributes["adj_x"], x.inputs[0]
    else:
        return None
    return make("BatchMatMulV2", x, y, **attributes)


def _swaps(value: Value) -> bool:
    """Return whether a Transpose changes places of the last two dimensions alone."""
    perm = permutation(value)
    if perm is None:
        return False
    rank = len(perm)
    return perm == [*range(rank - 2), rank - 1, rank - 2]
