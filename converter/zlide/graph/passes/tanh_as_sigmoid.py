"""tanh(x) → 2·σ(2x) − 1, where there are many elements.

Before: Conv2D → Tanh → Mul (0.5) → AddV2 (0.5). After: Conv2D with weights times 2 → Sigmoid.
The wasm backend takes 18 ns an element for Tanh, and 1.3 for Sigmoid, which can also be fused.
"""

from __future__ import annotations

from zlide.graph.ir import Uses, Value, size_of
from zlide.graph.ir.build import add, mul, unary

MIN_SIZE = 2048
"""Elements a row from which it pays; below, a node more costs as much."""


def tanh_as_sigmoid(_uses: Uses, value: Value) -> Value | None:
    if value.op != "Tanh" or size_of(value.shape) < MIN_SIZE:
        return None
    return add(mul(unary("Sigmoid", mul(value.inputs[0], 2.0)), 2.0), -1.0)
