"""op(x) → x, for ops that change nothing.

Before: Reshape to the same shape, Transpose in order, x + 0, x · 1, Cast to the same dtype.
After: x.
"""

from __future__ import annotations

from zlide.graph.ir import Uses, Value
from zlide.graph.passes.kinds import constant_operand, permutation

_NEUTRAL = {"AddV2": 0.0, "Sub": 0.0, "Mul": 1.0, "RealDiv": 1.0}


def remove_noop(_uses: Uses, value: Value) -> Value | None:
    if value.op == "Identity" or (
        value.op in {"Reshape", "Cast"} and value.specs == value.inputs[0].specs
    ):
        return value.inputs[0]
    perm = permutation(value)
    if perm is not None and perm == sorted(perm):
        return value.inputs[0]
    if value.op in _NEUTRAL and (found := constant_operand(value)) is not None:
        x, number = found
        is_neutral = number.array is not None and bool((number.array == _NEUTRAL[value.op]).all())
        is_right = value.inputs[1] is number or value.op in {"AddV2", "Mul"}
        if is_neutral and is_right and x.specs == value.specs:
            return x
    return None
