"""Compute a tensor anew after a write to another one that shares its memory."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zlide.graph.trace.tracer import not_traced

_MAX_PIECES = 16
"""Most slices that are joined. Beyond that, indices take the numbers."""

Places = NDArray[np.int64]


def shares_memory(one: Tensor, other: Tensor) -> bool:
    """Return whether two tensors of one storage have a number in common."""
    if one.dtype != other.dtype:
        return True  # a view of the bytes
    one_places, other_places = _places(one), _places(other)
    is_used = np.zeros(max(int(one_places.max()), int(other_places.max())) + 1, np.bool_)
    is_used[one_places] = True
    return bool(is_used[other_places].any())


def has_layout_of(one: Tensor, other: Tensor) -> bool:
    """Return whether two tensors are the same numbers of memory, in the same shape."""
    return all(
        of(one) == of(other)
        for of in (Tensor.data_ptr, Tensor.stride, lambda x: tuple(x.shape), lambda x: x.dtype)
    )


def after_write(tensor: Tensor, written: Tensor, values: Tensor, rows: int) -> Tensor | None:
    """Return the numbers of `tensor` after a write of `values` to `written`, which shares memory.

    rows: the size of the batch. None if the two have another dtype.
    """
    if tensor.dtype != written.dtype:
        return None
    with not_traced():  # sizes are numbers there
        form, pattern = _rowwise(tensor, written, rows)
        shape = form.shape(tensor)
    joined = _join(form.split(tensor), form.split(values, written=True), pattern)
    return form.merge(joined, shape)


def _rowwise(tensor: Tensor, written: Tensor, rows: int) -> tuple[_Form, Places]:
    """Return the first form in which all rows are written alike, and the columns of one."""
    where = np.full(max(int(_places(each).max()) for each in (tensor, written)) + 1, -1)
    where[_places(written)] = np.arange(written.numel()).reshape(written.shape)
    sources = where[_places(tensor)]  # for each number, its place in `written`, or −1
    for form in _forms(tensor, written, rows):
        if (pattern := form.pattern(sources, written)) is not None:
            return form, pattern
    raise AssertionError("a single row is alike")


def _places(tensor: Tensor) -> Places:
    """Return the place in the storage of each number."""
    grid = np.full(tensor.shape, tensor.storage_offset(), np.int64)
    for axis, (size, stride) in enumerate(zip(tensor.shape, tensor.stride(), strict=True)):
        shape = [-1 if each == axis else 1 for each in range(tensor.dim())]
        grid = grid + (np.arange(size) * stride).reshape(shape)
    return grid


@dataclass(frozen=True)
class _Form:
    """Two tensors as (rows, numbers): the dimension of the rows in each, None if it is split off.

    A dimension None takes the rows from the front of a contiguous order: (rows·n, …).
    """

    rows: int
    axes: tuple[int, int] | None

    def split(self, x: Any, *, written: bool = False) -> Any:
        if self.axes is not None and (axis := self.axes[written]):
            x = np.moveaxis(x, axis, 0) if isinstance(x, np.ndarray) else x.movedim(axis, 0)
        return x.reshape(self.rows, -1)

    def pattern(self, sources: Places, written: Tensor) -> Places | None:
        """Return the sources in a row, if each row has the same ones in its own row."""
        order = np.arange(written.numel()).reshape(written.shape)
        places = self.split(order, written=True)  # (rows, n)
        column, row = np.full(written.numel(), -1), np.full(written.numel(), -1)
        column[places] = np.arange(places.shape[1])
        row[places] = np.arange(self.rows)[:, None]
        found = self.split(sources)
        columns = np.where(found < 0, -1, column[found])
        is_own = (found < 0) | (row[found] == np.arange(self.rows)[:, None])
        return columns[0] if is_own.all() and (columns == columns[0]).all() else None

    def shape(self, like: Tensor) -> tuple[int, ...]:
        """Return the shape of a tensor with the dimension of the rows in front."""
        return tuple(like.movedim(self.axes[0], 0).shape if self.axes else like.shape)

    def merge(self, joined: Tensor, shape: tuple[int, ...]) -> Tensor:
        result = joined.reshape(shape)
        return result.movedim(0, self.axes[0]) if self.axes and self.axes[0] else result


def _forms(tensor: Tensor, written: Tensor, rows: int) -> Iterator[_Form]:
    """Yield forms, those that treat the rows of the batch alike first."""
    for i, (size, stride) in enumerate(zip(tensor.shape, tensor.stride(), strict=True)):
        for j, other in enumerate(zip(written.shape, written.stride(), strict=True)):
            if size == rows and (size, stride) == other:
                yield _Form(rows, (i, j))
    if not tensor.numel() % rows and not written.numel() % rows:
        yield _Form(rows, None)
    yield _Form(1, None)


def _join(kept: Tensor, values: Tensor, pattern: Places) -> Tensor:
    """Return (R, n) with numbers of `values` (R, m) where the pattern (n,) has their columns."""
    own = np.arange(len(pattern))
    goes_on = np.where(pattern[1:] < 0, pattern[:-1] < 0, np.diff(pattern) == 1) & (
        (pattern[1:] < 0) == (pattern[:-1] < 0)
    )
    bounds = [0, *(np.flatnonzero(~goes_on) + 1), len(pattern)]
    if len(bounds) - 1 <= _MAX_PIECES:
        pieces = [
            kept[:, begin:end]
            if pattern[begin] < 0
            else values[:, int(pattern[begin]) : int(pattern[end - 1]) + 1]
            for begin, end in pairwise(bounds)
        ]
        return pieces[0] if len(pieces) == 1 else torch.cat(pieces, 1)
    both = torch.cat([kept, values], 1)
    columns = np.where(pattern < 0, own, len(pattern) + pattern)
    return both[:, torch.from_numpy(columns)]
