"""reshape(reshape(x)) → reshape(x).

Before: x (B, 6) → Reshape (B, 2, 3) → Reshape (B, 3, 2). After: x → Reshape (B, 3, 2).
"""

from __future__ import annotations

from zlide.graph.ir import Uses, Value
from zlide.graph.ir.build import reshape


def merge_reshapes(_uses: Uses, value: Value) -> Value | None:
    inner = value.inputs[0] if value.op == "Reshape" else None
    if inner is None or inner.op != "Reshape":
        return None
    return reshape(inner.inputs[0], value.shape)
