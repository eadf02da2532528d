"""(x · A + a) · B + b → x · AB + (aB + b), if that has at most half as many weights.

Before: MatMul (x, A) → AddV2 a → MatMul B. After: MatMul (x, AB) → AddV2 aB.
AB is not quantized: it is stored as float32.
"""

from __future__ import annotations

import numpy as np

from zlide.graph.ir import Uses, Value, const
from zlide.graph.ir.build import add, matmul
from zlide.graph.passes.kinds import constant_operand


def merge_linear_layers(uses: Uses, value: Value) -> Value | None:
    if value.op != "MatMul" or (second := value.inputs[1].array) is None:
        return None
    inner, bias = value.inputs[0], None
    if inner.op == "AddV2" and (found := constant_operand(inner)) is not None and uses.once(inner):
        inner, bias = found
    if inner.op != "MatMul" or not uses.once(inner) or (first := inner.inputs[1].array) is None:
        return None
    if 2 * first.shape[0] * second.shape[1] > first.size + second.size:
        return None
    wide = np.asarray(second, np.float64)
    merged = matmul(inner.inputs[0], const(first.astype(np.float64) @ wide))
    if bias is None or bias.array is None:
        return merged
    return add(merged, const(np.broadcast_to(bias.array, (first.shape[1],)) @ wide))
