"""Convolutions that enlarge a picture, as a convolution for each phase of the output.

Output s·b + q of a direction is Σ_t x[b + a_q + t] · W_q[t]: each of the s phases q is a
convolution (Shi et al. 2016, "Is the deconvolution layer the same as a convolutional layer?",
arXiv:1609.07009). Phases that read the same pixels share one convolution with more outputs.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.graph.ir import Value, const, make
from zlide.graph.ir.build import concat, pad, reshape, slice_

PRODUCT = 0.066
"""Nanoseconds of a multiplication in a convolution of the wasm backend, on one thread."""

CROP, JOIN_CHANNELS = 1.2, 2.6
"""Nanoseconds an element of Slice, and of Concat along channels, in the same backend."""


@dataclass(frozen=True)
class Direction:
    """An enlarging convolution along one direction.

    count: pixels of the input. size: pixels of the output. factor: phases, s above.
    Output o reads pixel i times tap `o + origin − factor·i` (÷ dilation) of the kernel.
    """

    count: int
    size: int
    factor: int
    kernel: int
    dilation: int
    origin: int

    def tap(self, output: int, pixel: int) -> int | None:
        """Return the tap of the kernel by which an output reads a pixel, or None."""
        place = output + self.origin - self.factor * pixel
        whole, rest = divmod(place, self.dilation)
        return whole if rest == 0 and 0 <= whole < self.kernel else None

    def reach(self, phase: int) -> tuple[int, int]:
        """Return the first and the last pixel, from b on, that output s·b + phase reads."""
        span = (self.kernel - 1) * self.dilation
        first = -((span - phase - self.origin) // self.factor)
        last = (phase + self.origin) // self.factor
        return first, max(last, first)


def transposed_direction(
    count: int, kernel: int, stride: int, dilation: int, pads: tuple[int, int], extra: int
) -> Direction:
    """Return a direction of a transposed convolution; extra: PyTorch's output padding."""
    size = (count - 1) * stride - sum(pads) + dilation * (kernel - 1) + extra + 1
    return Direction(count, size, stride, kernel, dilation, pads[0])


@dataclass(frozen=True)
class Shared:
    """The phases of a direction in one convolution: the pixels that any of them reads."""

    direction: Direction
    phases: tuple[int, ...]

    @property
    def first(self) -> int:
        return min(self.direction.reach(phase)[0] for phase in self.phases)

    @property
    def taps(self) -> int:
        return max(self.direction.reach(phase)[1] for phase in self.phases) - self.first + 1

    @property
    def blocks(self) -> int:
        """Outputs of each phase."""
        return -(-self.direction.size // self.direction.factor)

    @property
    def pads(self) -> tuple[int, int]:
        """Padding of the input, negative to crop it."""
        end = self.blocks + self.first + self.taps - 1
        return -self.first, end - self.direction.count

    def kernel(self, axis: int, weights: NDArray[Any]) -> NDArray[Any]:
        """Return weights with `axis` (kernel) replaced by (phases, taps)."""
        moved = np.moveaxis(weights, axis, 0)
        result = np.zeros((len(self.phases), self.taps, *moved.shape[1:]), np.float32)
        for i, phase in enumerate(self.phases):
            for t in range(self.taps):
                # Output `phase` of block 0 reads pixel first + t.
                place = self.direction.tap(phase, self.first + t)
                if place is not None:
                    result[i, t] = moved[place]
        return np.moveaxis(result, (0, 1), (axis, axis + 1))


def phase_convolution(
    x: Value, weights: NDArray[Any], rows: Direction, columns: Direction
) -> Value:
    """x (B, H, W, C), weights (h, w, C, O) → (B, rows.size, columns.size, O)."""
    by_row = [Shared(rows, (phase,)) for phase in range(rows.factor)]
    parts = [_row_phase(x, weights, row, columns) for row in by_row]
    y = _interleave(parts, 1)
    return slice_(y, [0] * 4, [-1, rows.size, columns.size, -1])


def _row_phase(x: Value, weights: NDArray[Any], row: Shared, columns: Direction) -> Value:
    """Compute the outputs of one phase of the rows, with all columns."""
    together = Shared(columns, tuple(range(columns.factor)))
    apart = [Shared(columns, (phase,)) for phase in range(columns.factor)]
    products = PRODUCT * row.taps * weights.shape[2]
    mean_taps = sum(part.taps for part in apart) / len(apart)
    if len(apart) == 1 or products * together.taps <= products * mean_taps + JOIN_CHANNELS:
        return _columns_together(x, weights, row, together)
    return _interleave([_columns_together(x, weights, row, part) for part in apart], 2)


def _columns_together(x: Value, weights: NDArray[Any], row: Shared, column: Shared) -> Value:
    """One convolution whose outputs are all phases of `column`: (B, blocks, columns, O)."""
    kernel = column.kernel(2, row.kernel(0, weights))  # (1, taps, phases, taps, C, O)
    kernel = kernel[0].transpose(0, 2, 3, 1, 4)  # (taps, taps, C, phases, O)
    kernel = kernel.reshape(*kernel.shape[:3], -1)
    pads = [(0, 0), row.pads, column.pads, (0, 0)]
    cropped = pad(x, [(min(a, 0), min(b, 0)) for a, b in pads])
    flat = [max(n, 0) for pair in pads for n in pair]
    padding = {"padding": "EXPLICIT", "explicit_paddings": flat} if any(flat) else {}
    attributes = {"strides": [1] * 4, "padding": "VALID", "dilations": [1] * 4, **padding}
    y = make("Conv2D", cropped, const(np.ascontiguousarray(kernel)), **attributes)
    batch, height, width, depth = y.shape
    phases = len(column.phases)
    return reshape(y, (batch, height, width * phases, depth // phases))


def _interleave(parts: list[Value], axis: int) -> Value:
    """Put the elements of equal parts along an axis by turns."""
    if len(parts) == 1:
        return parts[0]
    shape = parts[0].shape
    if axis == 1:  # rows are whole: side by side in one dimension
        batch, height, width, depth = shape
        flat = [reshape(part, (batch, height, 1, width * depth)) for part in parts]
        return reshape(concat(flat, 2), (batch, height * len(parts), width, depth))
    joined = concat(parts, 3)
    return reshape(joined, (*shape[:2], shape[2] * len(parts), shape[3]))
