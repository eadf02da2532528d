"""f(nearest(x)) → nearest(f(x)), for elementwise f: with fewer elements.

Before: x (B, H, W, C) → ResizeNearestNeighbor (2H, 2W) → Relu. After: x → Relu → the resize.
"""

from __future__ import annotations

from zlide.graph.ir import Uses, Value, const, with_inputs
from zlide.graph.passes.kinds import BINARY, UNARY, constant_operand


def elementwise_before_resize(uses: Uses, value: Value) -> Value | None:
    if value.op in UNARY and value.op != "Cast":
        x, number = value.inputs[0], None
    elif value.op in BINARY and (found := constant_operand(value)) is not None:
        x, number = found
    else:
        return None
    if x.op != "ResizeNearestNeighbor" or not uses.once(x):
        return None
    small, size = x.inputs
    if number is None:
        return with_inputs(x, [with_inputs(value, [small]), size])
    flat = number.array
    if flat is None or flat.size not in {1, flat.shape[-1] if flat.ndim else 1}:
        return None
    if flat.size not in {1, x.shape[-1]}:
        return None
    by_channel = const(flat.ravel() if flat.size > 1 else flat.reshape(()))
    pair = [small, by_channel] if value.inputs[0] is x else [by_channel, small]
    return with_inputs(x, [with_inputs(value, pair), size])
