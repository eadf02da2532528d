"""conv(nearest(x)) → the phases of one convolution of x, with fewer products.

Before: x (B, H, W, C) → ResizeNearestNeighbor (2H, 2W) → Conv2D with a kernel of 3×3.
After: x → a Conv2D for each phase of the rows, of 2 rows → ConcatV2 → Reshape (B, 2H, 2W, O).
Pixels that a kernel would multiply several times are multiplied once, by the sum of its weights.
A convolution of 1×1 is computed before the picture is enlarged.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.graph.emit.phases import Direction, phase_convolution
from zlide.graph.ir import Uses, Value, with_inputs


def upsample_into_convolution(_uses: Uses, value: Value) -> Value | None:
    source = value.inputs[0] if value.op == "Conv2D" else None
    if source is None or source.op != "ResizeNearestNeighbor" or not _is_plain(value):
        return None
    weight, small = value.inputs[1].array, source.inputs[0]
    if weight is None or (factors := _factors(small, source)) is None:
        return None
    pads = value.attributes.get("explicit_paddings") or [0] * 8
    if weight.shape[:2] == (1, 1) and not any(pads):
        return with_inputs(source, [with_inputs(value, [small, value.inputs[1]]), source.inputs[1]])
    rows, columns = (
        _direction(
            small.shape[i + 1], value.shape[i + 1], factors[i], weight.shape[i], pads[2 * i + 2]
        )
        for i in (0, 1)
    )
    spread = _spread(_spread(weight, 0, factors[0]), 1, factors[1])
    return phase_convolution(small, spread, rows, columns)


def _is_plain(value: Value) -> bool:
    """Return whether a convolution goes pixel by pixel, with padding by numbers."""
    steps = [*value.attributes["strides"], *value.attributes["dilations"]]
    return value.attributes["padding"] != "SAME" and set(steps) == {1}


def _factors(small: Value, large: Value) -> tuple[int, int] | None:
    """Return how many times rows and columns repeat, or None if not all as often."""
    if large.attributes["align_corners"] or large.attributes["half_pixel_centers"]:
        return None
    pairs = list(zip(large.shape[1:3], small.shape[1:3], strict=True))
    if any(after % before for after, before in pairs):
        return None
    rows, columns = (after // before for after, before in pairs)
    return rows, columns


def _direction(count: int, size: int, factor: int, kernel: int, before: int) -> Direction:
    """Return a direction of the transposed convolution that is equal.

    Output o reads pixel i times tap m = o + kernel − 1 − before − factor·i of `_spread`.
    """
    return Direction(count, size, factor, kernel + factor - 1, 1, kernel - 1 - before)


def _spread(weight: NDArray[Any], axis: int, factor: int) -> NDArray[Any]:
    """Return the kernel whose tap m is Σ_d weight[K − 1 − m + d], for d from 0 to factor − 1."""
    flipped = np.flip(np.moveaxis(weight, axis, 0), 0)
    result = np.zeros((len(flipped) + factor - 1, *flipped.shape[1:]), np.float32)
    for shift in range(factor):
        result[shift : shift + len(flipped)] += flipped
    return np.moveaxis(result, 0, axis)
