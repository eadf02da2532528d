"""slice(transpose(x)) → transpose(slice(x)).

Before: state (B, L, H) → Transpose (1, 0, 2) → Slice [0:1]. After: Slice [:, 0:1] → Transpose.
Layers of a recurrent state are picked this way; the transpose then moves only a dimension of 1.
"""

from __future__ import annotations

from zlide.graph.ir import Uses, Value
from zlide.graph.ir.build import slice_, transpose
from zlide.graph.passes.kinds import permutation


def slice_before_transpose(_uses: Uses, value: Value) -> Value | None:
    source = value.inputs[0] if value.op == "Slice" else None
    perm = permutation(source) if source is not None else None
    if source is None or perm is None:
        return None
    begin, size = value.inputs[1].array, value.inputs[2].array
    if begin is None or size is None:
        return None
    begins, sizes = [0] * len(perm), [-1] * len(perm)
    for i, axis in enumerate(perm):
        begins[axis], sizes[axis] = int(begin[i]), int(size[i])
    return transpose(slice_(source.inputs[0], begins, sizes), perm)
