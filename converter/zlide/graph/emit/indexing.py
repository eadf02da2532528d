"""Ops that pick elements."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.graph.emit.node import Node, NotEmittedError, emits
from zlide.graph.emit.pair import Pair
from zlide.graph.ir import FLOAT, INT, Value, const, make, make_all
from zlide.graph.ir.build import (
    add,
    cast,
    expand_dims,
    gather,
    gather_by_row,
    mul,
    reduce,
    reshape,
    select,
    sub,
    take,
    to_float,
    transpose,
)


@emits("Gather")
def gather_(node: Node) -> Value:
    x, indices, axis = node.input(0), node.input(1), node.attribute("axis", 0) % node.input(0).rank
    if x.shape[axis] < 0:
        raise NotEmittedError("a lookup of rows of the batch", "compute all rows alike")
    indices = cast(indices, INT)
    if (found := indices.array) is not None:
        places = found.ravel() % x.shape[axis]
        if len(places) and (np.diff(places) == 1).all():
            # One element, or some in a row.
            part = take(x, axis, slice(int(places[0]), int(places[-1]) + 1))
            return reshape(part, [*x.shape[:axis], *found.shape, *x.shape[axis + 1 :]])
        if x.dtype != FLOAT:
            return cast(gather(to_float(x), indices, axis), x.dtype)
    return gather(x, indices, axis)


@emits("GatherElements")
def gather_elements(node: Node) -> Value:
    """Pick along an axis, for each element of the others by itself, in one flat lookup."""
    x, indices = node.input(0), cast(node.input(1), INT)
    axis = node.attribute("axis", 0) % x.rank
    if axis == 0:
        raise NotEmittedError("a lookup of rows of the batch", "compute all rows alike")
    order = [i for i in range(x.rank) if i != axis] + [axis]
    x, indices = transpose(x, order), transpose(indices, order)
    if x.shape[1:-1] != indices.shape[1:-1]:
        raise NotEmittedError("a lookup in a part of the tensor", "slice the tensor first")
    others, size, count = x.shape[:-1], x.shape[-1], indices.shape[-1]
    width = int(np.prod(others[1:], dtype=int))
    rows = const((np.arange(width) * size).reshape(1, *others[1:], 1))
    flat = reshape(add(wrapped(indices, size), rows), (others[0], width * count))
    found = gather_by_row(reshape(x, (others[0], width * size)), flat)
    back = [order.index(i) for i in range(x.rank)]
    return transpose(reshape(found, (*others, count)), back)


def wrapped(indices: Value, size: int) -> Value:
    """Count negative indices from the end. Only constant ones can be negative here."""
    found = indices.array
    return indices if found is None else const(np.where(found < 0, found + size, found))


@emits("GatherND")
def gather_nd(node: Node) -> Value:
    """Pick by constant places in the dimensions after the batch."""
    x, batch = node.input(0), node.attribute("batch_dims", 0)
    places = node.array(1)
    assert places is not None  # noqa: S101 (GatherND has no optional input)
    depth = places.shape[-1]
    if batch or any(size < 0 for size in x.shape[:depth]):
        raise NotEmittedError("a lookup of rows of the batch", "compute all rows alike")
    sizes = x.shape[:depth]
    flat = np.ravel_multi_index(tuple(np.moveaxis(places, -1, 0)), sizes, mode="wrap")
    rows = reshape(x, (int(np.prod(sizes)), *x.shape[depth:]))
    return gather(rows, const(flat), 0)


@emits("ScatterND")
def scatter_nd(node: Node) -> Value:
    """Write blocks at constant places, as a slice that is written in place leaves them."""
    x, updates, pair = node.input(0), node.input(2), node.pair(1)
    assert pair is not None  # noqa: S101 (ScatterND has no optional input)
    reduction = node.attribute("reduction", "none")
    if x.shape[0] > 0:
        return _written(x, updates, pair.ours, reduction)
    places = _places_in_rows(pair)
    if places is None:
        raise NotEmittedError(
            "a write into some rows of the batch",
            "write alike into every row, or join parts with torch.cat or torch.where",
        )
    # Rows last: then every row is written alike.
    order = [*range(1, x.rank), 0]
    shape = (-1, len(places), *x.shape[places.shape[-1] + 1 :])
    blocks = reshape(updates, shape) if updates.shape[0] < 0 else updates
    blocks = transpose(blocks, [*range(1, blocks.rank), 0])
    written = _written(transpose(x, order), blocks, places, reduction)
    return transpose(written, [x.rank - 1, *range(x.rank - 1)])


def _places_in_rows(pair: Pair) -> NDArray[Any] | None:
    """Return the places (N, K) that are written in every row, or None if rows differ.

    pair: places (B, …, 1 + K), the first of whose coordinates is the row.
    """
    found = []
    for places, rows in zip((pair.ours, pair.theirs), pair.rows, strict=True):
        if places.ndim < 2 or places.shape[0] != rows:
            return None
        flat = places.reshape(rows, -1, places.shape[-1])
        if not (flat[..., 0] == np.arange(rows)[:, None]).all():
            return None
        if not (flat[..., 1:] == flat[:1, :, 1:]).all():
            return None
        found.append(flat[0, :, 1:])
    return found[0] if np.array_equal(found[0], found[1]) else None


def _written(x: Value, updates: Value, places: NDArray[Any], reduction: str) -> Value:
    depth = places.shape[-1]
    sizes, rest = x.shape[:depth], x.shape[depth:]
    count = int(np.prod(sizes))
    flat = np.ravel_multi_index(
        tuple(np.moveaxis(places.reshape(-1, depth), -1, 0)), sizes, mode="wrap"
    )
    sources = np.full(count, -1)
    sources[flat] = np.arange(len(flat))
    written = sources >= 0
    rows = reshape(updates, (len(flat), *rest))
    spread = gather(rows, const(np.where(written, sources, 0)), 0)
    mask = const(written.reshape(count, *[1] * len(rest)))
    old = reshape(x, (count, *rest))
    if reduction == "add":
        new = add(old, mul(spread, cast(mask, spread.dtype)))
    elif reduction == "none":
        new = select(mask, spread, old)
    else:
        raise NotEmittedError(f"a write that combines by {reduction}", "use torch.where")
    return reshape(new, x.shape)


@emits("ScatterElements")
def scatter_elements(node: Node) -> Value:
    """Write along an axis, as a sum over one-hot rows; each place is written at most once."""
    x, indices, updates = node.input(0), cast(node.input(1), INT), node.input(2)
    axis = node.attribute("axis", 0) % x.rank
    size = x.shape[axis]
    if size < 0:
        raise NotEmittedError("a write into rows of the batch", "compute all rows alike")
    reduction = node.attribute("reduction", "none")
    if reduction not in {"none", "add"}:
        raise NotEmittedError(f"a write that combines by {reduction}", "use torch.where")
    places = np.arange(size).reshape([-1 if i == axis + 1 else 1 for i in range(x.rank + 1)])
    hits = to_float(make("Equal", expand_dims(wrapped(indices, size), [axis + 1]), const(places)))
    summed = reduce("Sum", mul(hits, to_float(expand_dims(updates, [axis + 1]))), [axis])
    written = reshape(summed, _without(summed.shape, axis))
    count = reduce("Sum", hits, [axis])
    count = reshape(count, _without(count.shape, axis))
    if reduction == "add":
        return cast(add(to_float(x), written), x.dtype)
    kept = sub(1.0, make("Minimum", count, const(np.float32(1))))
    return cast(add(mul(to_float(x), kept), written), x.dtype)


def _without(shape: tuple[int, ...], axis: int) -> tuple[int, ...]:
    return shape[:axis] + shape[axis + 1 :]


@emits("OneHot")
def one_hot(node: Node) -> Value:
    """Rows of the identity matrix."""
    indices, (depth,), values = node.input(0), node.integers(1) or [0], node.array(2)
    assert values is not None  # noqa: S101 (OneHot has no optional input)
    off, on = values.astype(np.float32)
    table = const(off + np.eye(depth, dtype=np.float32) * (on - off))
    rows = gather(table, wrapped(cast(indices, INT), depth), 0)
    axis = node.attribute("axis", -1) % rows.rank
    perm = list(range(rows.rank - 1))
    perm.insert(axis, rows.rank - 1)
    return transpose(cast(rows, INT if values.dtype.kind in "iu" else FLOAT), perm)


@emits("ArgMax", "ArgMin")
def arg_extreme(node: Node) -> Value:
    """Find the first index of the largest or smallest element."""
    x, axis = to_float(node.input(0)), node.attribute("axis", 0) % node.input(0).rank
    if node.attribute("select_last_index", 0):
        raise NotEmittedError("the last of equal elements", "take the first")
    x = make("Neg", x) if node.op == "ArgMin" else x
    found = make("ArgMax", x, const(np.int32(axis)))
    return expand_dims(found, [axis]) if node.attribute("keepdims", 1) else found


@emits("TopK")
def top_k(node: Node) -> list[Value]:
    """Find the largest or smallest elements along an axis, and their indices."""
    x, (count,) = to_float(node.input(0)), node.integers(1) or [0]
    axis = node.attribute("axis", -1) % x.rank
    order = [i for i in range(x.rank) if i != axis] + [axis]
    back = [order.index(i) for i in range(x.rank)]
    largest = node.attribute("largest", 1)
    x = transpose(x if largest else make("Neg", x), order)
    values, indices = make_all("TopKV2", [x, const(np.int32(count))], {"sorted": True})
    values = values if largest else make("Neg", values)
    return [transpose(values, back), transpose(indices, back)]
