"""Reads and writes at a place of its own in each row: x[torch.arange(len(x)), places]."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from zlide.graph.lowering.registry import lowers
from zlide.graph.lowering.sizes import sizes
from zlide.graph.trace.tracer import is_tracing, not_traced


@lowers(Tensor.__getitem__)
def getitem(x: Tensor, index: Any) -> Tensor:
    found = _places(x, index)
    return x[index] if found is None else found.read()


@lowers(Tensor.__setitem__)
def setitem(x: Tensor, index: Any, value: Any) -> None:
    if (found := _places(x, index)) is None:
        x[index] = value
    else:
        found.write(value)


@lowers(Tensor.index_put_)
def index_put_(x: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    if (found := _places(x, tuple(indices))) is None:
        return x.index_put_(indices, values, accumulate)
    return found.write(values, accumulate=accumulate)


@lowers(torch.index_put, Tensor.index_put)
def index_put(x: Tensor, indices: Any, values: Tensor, accumulate: bool = False) -> Tensor:
    return index_put_(x.clone(), indices, values, accumulate)


@dataclass(frozen=True)
class _RowPlaces:
    """N places in each row of `view` (B, …), a part of the tensor that is read or written.

    dims: the dimensions that are indexed, the batch first. flat: the places (B, N) in all others
    of them. shape: the shape that these places were given in, (B, …).
    """

    view: Tensor
    dims: tuple[int, ...]
    flat: Tensor
    shape: tuple[int, ...]

    def _front(self) -> Tensor:
        return self.view.movedim(self.dims, tuple(range(len(self.dims))))

    def _rows(self) -> Tensor:
        """Return the view as (B, D, R): D are the numbers of places, R those at each place."""
        front = sizes(self._front())
        places = math.prod(front[1 : len(self.dims)])
        return self._front().reshape(front[0], places, math.prod(front[len(self.dims) :]))

    def _result_shape(self) -> tuple[int, ...]:
        return (*self.shape, *sizes(self._front())[len(self.dims) :])

    def read(self) -> Tensor:
        rows = self._rows()
        index = self.flat.unsqueeze(-1).expand(-1, -1, sizes(rows)[2])
        return rows.gather(1, index).reshape(self._result_shape())

    def write(self, value: Any, *, accumulate: bool = False) -> Tensor:
        """Write by a one-hot matrix: ONNX's scatter has the batch in its indices."""
        rows, front = self._rows(), sizes(self._front())
        (batch, places, width), count = sizes(rows), sizes(self.flat)[1]
        given = value if isinstance(value, Tensor) else torch.tensor(value, dtype=rows.dtype)
        wide = given.to(rows.dtype).expand(self._result_shape()).reshape(batch, count, width)
        hot = self.flat.unsqueeze(-1) == torch.arange(places)  # (B, N, D)
        if count == 1 and not accumulate:
            new = torch.where(hot.transpose(1, 2), wide, rows)
        else:
            each = hot.float()
            if not accumulate:  # the last of equal places stays
                later = torch.ones(count, count).triu(1) @ each
                each *= later == 0
            spread = (each.transpose(1, 2) @ wide.float()).to(rows.dtype)
            hits = each.amax(1).unsqueeze(-1) > 0
            new = rows + spread if accumulate else torch.where(hits, spread, rows)
        return self.view.copy_(new.reshape(front).movedim(tuple(range(len(self.dims))), self.dims))


def _places(x: Tensor, index: Any) -> _RowPlaces | None:
    """Return the places of an index with torch.arange(len(x)) in front, or None for another."""
    entries = [
        torch.tensor(each) if _is_list(each) else each
        for each in (index if isinstance(index, tuple) else (index,))
    ]
    if not is_tracing() or not entries or not _is_whole(entries[0]):
        return None
    if any(each is Ellipsis for each in entries):
        at = next(i for i, each in enumerate(entries) if each is Ellipsis)
        entries[at : at + 1] = [slice(None)] * (x.dim() - len(entries) + 1)
    tensors = [each for each in entries if isinstance(each, Tensor)]
    rest = [each for each in entries if not isinstance(each, Tensor)]
    if not all(map(_is_whole, tensors)) or not all(isinstance(each, slice | int) for each in rest):
        return None
    with not_traced():
        shape = tuple(torch.broadcast_shapes(*(each.shape for each in tensors)))
        steps = torch.arange(len(x)).view(-1, *[1] * (len(shape) - 1))
        rows = tensors[0].expand(shape)
        if len(shape) == 0 or shape[0] != len(x) or not torch.equal(rows, steps.expand(shape)):
            return None
    view = x[tuple(slice(None) if isinstance(each, Tensor) else each for each in entries)]
    kept = [each for each in entries if not isinstance(each, int)]
    dims = tuple(i for i, each in enumerate(kept) if isinstance(each, Tensor))
    flat: Any = 0
    for dim, given in zip(dims[1:], tensors[1:], strict=True):
        size = sizes(view)[dim]
        places = given.float()  # whole numbers here stop WebGPU
        flat = flat * size + places + (places < 0).float() * size
    flat = flat.expand(shape).long() if dims[1:] else torch.zeros(shape, dtype=torch.int64)
    return _RowPlaces(view, dims, flat.reshape(shape[0], -1), shape)


def _is_whole(entry: Any) -> bool:
    return isinstance(entry, Tensor) and not entry.is_floating_point() and entry.dtype != torch.bool


def _is_list(entry: Any) -> bool:
    whole = isinstance(entry, range | list) and all(isinstance(each, int) for each in entry)
    return whole and len(entry) > 0
