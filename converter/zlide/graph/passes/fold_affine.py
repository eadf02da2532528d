"""(x · W + b) · f + t → x · (W · f) + (b · f + t), for constants by output channel.

Before: Conv2D → AddV2 (bias) → Mul (factor) → AddV2 (term), as batch norm leaves them.
After: Conv2D → AddV2.
"""

from __future__ import annotations

import numpy as np

from zlide.graph.ir import Uses, Value, const, with_inputs
from zlide.graph.ir.build import add, mul
from zlide.graph.passes.kinds import PRODUCTS, constant_operand


def fold_affine(uses: Uses, value: Value) -> Value | None:
    if value.op in {"Sub", "RealDiv"} and (right := value.inputs[1].array) is not None:
        x = value.inputs[0]
        if right.dtype.kind != "f" or (value.op == "RealDiv" and not right.all()):
            return None
        return add(x, const(-right)) if value.op == "Sub" else mul(x, const(1 / right))
    if value.op not in {"AddV2", "Mul"} or value.dtype.kind != "f":
        return None
    found = constant_operand(value)
    if found is None or not uses.once(found[0]):
        return None
    x, number = found
    if x.shape != value.shape or number.array is None:
        return None
    return _into_sum(value, x, number) or _into_product(value, x, number)


def _into_sum(value: Value, x: Value, number: Value) -> Value | None:
    """(y + b) + t → y + (b + t), (y + b) · f → y · f + b · f, (y · a) · f → y · (a · f).

    The second pays where y · f costs nothing: it goes into a product or another factor.
    """
    inner = constant_operand(x) if x.op in {"AddV2", "Mul"} else None
    if inner is None:
        return None
    y, other = inner
    if y.shape != x.shape:
        return None
    if value.op == "AddV2":
        return add(y, add(other, number)) if x.op == "AddV2" else None
    if x.op == "Mul":
        return mul(y, mul(other, number))
    is_scaled = y.op == "Mul" and constant_operand(y) is not None
    if is_scaled or can_scale(y, number):
        return add(mul(y, number), mul(other, number))
    return None


def can_scale(x: Value, number: Value) -> bool:
    """Return whether a factor by channel can go into the weight of the product x."""
    if x.op not in PRODUCTS or x.inputs[1].array is None or number.array is None:
        return False
    size = number.array.size
    by_channel = size == number.array.shape[-1] == x.shape[-1] if number.array.ndim else False
    return bool(size == 1 or by_channel)


def _into_product(value: Value, x: Value, number: Value) -> Value | None:
    if value.op != "Mul" or not can_scale(x, number) or number.array is None:
        return None
    weight = x.inputs[1].array
    if weight is None:
        return None
    factor = number.array.ravel()
    if x.op == "DepthwiseConv2dNative" and factor.size > 1:
        factor = np.reshape(factor, weight.shape[2:])
    scaled = const((weight * factor).astype(np.float32))
    return with_inputs(x, [x.inputs[0], scaled])
