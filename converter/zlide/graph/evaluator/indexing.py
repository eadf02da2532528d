"""Ops that pick elements."""

from __future__ import annotations

from typing import Any

import numpy as np

from zlide.graph.evaluator.operation import Array, operations


def gather(x: Array, indices: Array, axis: Array, *, batch_dims: int = 0) -> Array:
    """Pick by indices along an axis; the first `batch_dims` dimensions of both go together."""
    at = int(axis) % x.ndim
    if indices.size and not 0 <= indices.min() <= indices.max() < x.shape[at]:
        found = f"{indices.min()} to {indices.max()}"
        raise ValueError(f"expected indices from 0 to {x.shape[at] - 1}, found {found}")
    if not batch_dims:
        return np.take(x, indices, at)
    batch = x.shape[:batch_dims]
    rows = [np.take(x[row], indices[row], at - batch_dims) for row in np.ndindex(*batch)]
    return np.asarray(np.stack(rows).reshape(*batch, *rows[0].shape))


def slice_(x: Array, begin: Array, size: Array) -> Array:
    """Cut out a block; a size of −1 is the rest."""
    starts, sizes = begin.tolist(), size.tolist()
    ends = [
        total if count == -1 else start + count
        for start, count, total in zip(starts, sizes, x.shape, strict=True)
    ]
    if not all(0 <= a <= b <= n for a, b, n in zip(starts, ends, x.shape, strict=True)):
        raise ValueError(f"begin {starts}, size {sizes} do not fit {x.shape}")
    return x[tuple(map(slice, starts, ends))]


def strided_slice(  # noqa: PLR0913 (the inputs and masks of the op)
    x: Array,
    begin: Array,
    end: Array,
    strides: Array,
    *,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
) -> Array:
    """Slice as x[begin:end:strides] in Python.

    Bit i of a mask is about entry i. It leaves out begin or end, or makes the entry an ellipsis, a
    new axis, or an index.
    """
    index: list[Any] = []
    for i, (start, stop, step) in enumerate(
        zip(begin.tolist(), end.tolist(), strides.tolist(), strict=True)
    ):
        bit = 1 << i
        if ellipsis_mask & bit:
            index.append(Ellipsis)
        elif new_axis_mask & bit:
            index.append(np.newaxis)
        elif shrink_axis_mask & bit:
            index.append(start)
        else:
            first, last = (None if begin_mask & bit else start), (None if end_mask & bit else stop)
            index.append(slice(first, last, step))
    return np.asarray(x[tuple(index)])


def top_k(x: Array, k: Array) -> list[Array]:
    """Return the k largest elements along the last axis, and their indices.

    The first of equal elements comes first.
    """
    if not 0 <= int(k) <= x.shape[-1]:
        raise ValueError(f"expected k from 0 to {x.shape[-1]}, found {k}")
    indices = np.argsort(-x, -1, kind="stable")[..., : int(k)]
    return [np.take_along_axis(x, indices, -1), indices]


INDEXING = operations(
    {
        "GatherV2": gather,
        "Slice": slice_,
        "StridedSlice": strided_slice,
        "TopKV2": top_k,
    }
)
