"""slice(concat(x, y)) → x or y, if the slice is one of the parts.

Before: Concat (x (1, B, H), y (1, B, H)) → Slice [1:2]. After: y.
"""

from __future__ import annotations

from zlide.graph.ir import Uses, Value


def slice_of_concat(_uses: Uses, value: Value) -> Value | None:
    source = value.inputs[0] if value.op == "Slice" else None
    if source is None or source.op != "ConcatV2":
        return None
    *parts, at = source.inputs
    begin, size = value.inputs[1].array, value.inputs[2].array
    if at.array is None or begin is None or size is None:
        return None
    axis = int(at.array)
    if any(begin[i] or size[i] not in {-1, n} for i, n in enumerate(source.shape) if i != axis):
        return None
    length = value.shape[axis]
    start = 0
    for part in parts:
        if start == begin[axis] and part.shape[axis] == length:
            return part
        start += part.shape[axis]
    return None
