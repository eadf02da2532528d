"""Ops that combine the elements along axes. Axes are counted from either end."""

from __future__ import annotations

from typing import Any

import numpy as np

from zlide.graph.evaluator.operation import Array, operations


def sum_(x: Array, axes: Array, *, keep_dims: bool = False) -> Array:
    return np.asarray(np.sum(x, _axes(axes), dtype=_sum_dtype(x), keepdims=keep_dims))


def mean(x: Array, axes: Array, *, keep_dims: bool = False) -> Array:
    return np.asarray(np.mean(x, _axes(axes), dtype=_sum_dtype(x), keepdims=keep_dims))


def max_(x: Array, axes: Array, *, keep_dims: bool = False) -> Array:
    return np.asarray(np.max(x, _axes(axes), keepdims=keep_dims))


def min_(x: Array, axes: Array, *, keep_dims: bool = False) -> Array:
    return np.asarray(np.min(x, _axes(axes), keepdims=keep_dims))


def prod(x: Array, axes: Array, *, keep_dims: bool = False) -> Array:
    return np.asarray(np.prod(x, _axes(axes), dtype=_sum_dtype(x), keepdims=keep_dims))


def arg_max(x: Array, axis: Array) -> Array:
    """Return the first index of the largest element."""
    return np.asarray(np.argmax(x, int(axis)))


def arg_min(x: Array, axis: Array) -> Array:
    """Return the first index of the smallest element."""
    return np.asarray(np.argmin(x, int(axis)))


def cumsum(x: Array, axis: Array, *, exclusive: bool = False, reverse: bool = False) -> Array:
    """Return the sums of the elements up to each one, itself left out if `exclusive`.

    reverse: sum from the end.
    """
    at = int(axis)
    ordered = np.flip(x, at) if reverse else x
    sums = np.cumsum(ordered, at, dtype=_sum_dtype(x))
    if exclusive:
        sums = sums - ordered
    return np.flip(sums, at) if reverse else sums


def _axes(axes: Array) -> tuple[int, ...]:
    return tuple(axes.ravel().tolist())


def _sum_dtype(x: Array) -> np.dtype[Any]:
    """Return the dtype to sum in: NumPy sums float32 one by one along all axes but the last."""
    return np.dtype(np.float64 if x.dtype.kind == "f" else np.int32)


REDUCTIONS = operations(
    {
        "Sum": sum_,
        "Mean": mean,
        "Max": max_,
        "Min": min_,
        "Prod": prod,
        "ArgMax": arg_max,
        "ArgMin": arg_min,
        "Cumsum": cumsum,
    }
)
