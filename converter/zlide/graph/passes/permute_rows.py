"""reshape(transpose(x)) · W → reshape(x) · W with its rows in another order.

Before: x (B, H, W, C) → Transpose (0, 3, 1, 2) → Reshape (B, C·H·W) → MatMul with W.
After: x → Reshape (B, H·W·C) → MatMul with W, its rows by pixel.
"""

from __future__ import annotations

import numpy as np

from zlide.graph.ir import Uses, Value, const, with_inputs
from zlide.graph.ir.build import reshape
from zlide.graph.passes.kinds import permutation


def permute_rows(_uses: Uses, value: Value) -> Value | None:
    if value.op != "MatMul" or value.inputs[1].array is None:
        return None
    flat, weight = value.inputs
    if flat.op != "Reshape" or weight.array is None:
        return None
    moved = flat.inputs[0]
    perm = permutation(moved)
    if perm is None or perm[0] != 0 or moved.shape[0] != flat.shape[0]:
        return None
    source = moved.inputs[0]
    sizes = moved.shape[1:]
    places = np.arange(weight.array.shape[0]).reshape(sizes)  # rows of W, in the order of `moved`
    back = np.argsort(perm[1:])
    rows = places.transpose(back).ravel()
    return with_inputs(value, [reshape(source, flat.shape), const(weight.array[rows])])
