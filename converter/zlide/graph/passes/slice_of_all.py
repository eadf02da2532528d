"""slice(x) → x, if it takes all of x.

Before: x (1, B, H) → Slice [0:1]. After: x. Such a slice appears where a part replaces the
concatenation that it was cut from.
"""

from __future__ import annotations

from zlide.graph.ir import Uses, Value


def slice_of_all(_uses: Uses, value: Value) -> Value | None:
    if value.op == "Slice" and value.specs == value.inputs[0].specs:
        return value.inputs[0]
    return None
