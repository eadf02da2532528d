"""A constant in two traces of a module, with different numbers of rows in the batch.

PyTorch computes every shape while it traces with fixed sizes: `z.size(0)`, `torch.zeros(batch, H)`
and `chunk` leave plain constants. A constant that differs between two traces depends on the batch,
and only such a constant does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]

Rows = tuple[int, int]
"""The number of rows in each trace."""


class BatchError(Exception):
    """A constant depends on the batch in a way that no dynamic batch has."""


@dataclass(frozen=True)
class Pair:
    """The numbers of a constant in both traces."""

    ours: Array
    theirs: Array
    rows: Rows

    @property
    def is_same(self) -> bool:
        return self.ours.shape == self.theirs.shape and bool(
            np.array_equal(self.ours, self.theirs, equal_nan=self.ours.dtype.kind == "f")
        )

    def sizes(self) -> list[int]:
        """Return whole numbers, −n for n times the batch."""
        if self.ours.size != self.theirs.size:
            raise BatchError
        pairs = zip(self.ours.ravel(), self.theirs.ravel(), strict=True)
        return [encoded(int(a), int(b), self.rows) for a, b in pairs]

    def row(self) -> tuple[Array, int, int] | None:
        """Return the one row of which all are copies, its axis and the rows for each of the batch.

        None if the rows differ.
        """
        ours, theirs = self.ours, self.theirs
        if ours.ndim != theirs.ndim:
            return None
        axes = [i for i, (a, b) in enumerate(zip(ours.shape, theirs.shape, strict=True)) if a != b]
        if len(axes) != 1:
            return None
        (axis,) = axes
        row = ours.take([0], axis=axis)
        if not all(_repeats(row, each, axis) for each in (ours, theirs)):
            return None
        try:
            return row, axis, -encoded(ours.shape[axis], theirs.shape[axis], self.rows)
        except BatchError:
            return None


def _repeats(row: Array, values: Array, axis: int) -> bool:
    repeated = np.repeat(row, values.shape[axis], axis)
    return bool(np.array_equal(repeated, values, equal_nan=values.dtype.kind == "f"))


def encoded(ours: int, theirs: int, rows: Rows) -> int:
    """Return a size, or −n for n times the batch. Raises BatchError if it is neither."""
    if ours == theirs:
        return ours
    count, rest = divmod(ours, rows[0])
    if rest or theirs != count * rows[1] or count < 1:
        raise BatchError
    return -count


def concrete(shape: Sequence[int], rows: int) -> tuple[int, ...]:
    """Return a shape with this number of rows in its batch."""
    return tuple(size if size >= 0 else -size * rows for size in shape)
