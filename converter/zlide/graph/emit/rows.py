"""Give what is the same in every row a dynamic batch."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from zlide.graph.ir import FLOAT, Value, const
from zlide.graph.ir.build import add, cast, mul, reshape, slice_, to_float


def first_input(inputs: Mapping[str, Value]) -> Value:
    """Return the input with the fewest dimensions."""
    return min(inputs.values(), key=lambda value: value.rank)


def with_rows(x: Value, axis: int, count: int, batch: Value) -> Value:
    """Repeat x (…, 1, …) along an axis to `count` times the batch, by adding zeros.

    batch: a value (B, …).
    """
    zeros = rows_of_zeros(batch, count)
    shape = [1] * x.rank
    shape[axis] = -count
    if x.dtype.kind == "b":
        return cast(add(to_float(x), reshape(zeros, shape)), x.dtype)
    return add(x, cast(reshape(zeros, shape), x.dtype))


def rows_of_zeros(batch: Value, count: int) -> Value:
    """Return zeros (count·B,)."""
    first = slice_(batch, [0] * batch.rank, [-1, *[1] * (batch.rank - 1)])
    zeros = mul(reshape(to_float(first), (-1, 1)), 0.0)
    if count > 1:
        zeros = add(zeros, const(np.zeros((1, count), np.float32)))
    return reshape(cast(zeros, FLOAT), (-count,))
