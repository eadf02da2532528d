"""Functions that move numbers and that PyTorch's exporter does not have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import channel_shuffle as shuffle

from zlide.graph.lowering.registry import lowers
from zlide.graph.lowering.sizes import sizes
from zlide.graph.trace.tracer import continue_with, is_tracing, not_traced


@lowers(torch.rot90, Tensor.rot90)
def rot90(x: Tensor, k: int = 1, dims: Sequence[int] = (0, 1)) -> Tensor:
    a, b = dims
    turns = k % 4
    if turns == 0:
        return x
    if turns == 2:
        return x.flip((a, b))
    return x.flip(b).transpose(a, b) if turns == 1 else x.transpose(a, b).flip(b)


@lowers(shuffle, torch.channel_shuffle)
def channel_shuffle(x: Tensor, groups: int) -> Tensor:
    """x (B, g·C, …) → (B, C·g, …)."""
    batch, channels, *rest = sizes(x)
    split = x.reshape(batch, groups, channels // groups, *rest)
    return split.transpose(1, 2).reshape(batch, channels, *rest)


@lowers(torch.tensor_split, Tensor.tensor_split)
def tensor_split(
    input: Tensor,  # noqa: A002 (the name of the original)
    indices_or_sections: Any,
    dim: int = 0,
) -> Sequence[Tensor]:
    """Split at places, or in parts whose sizes differ by one at most."""
    size = sizes(input)[dim]
    if isinstance(indices_or_sections, Tensor):
        indices_or_sections = indices_or_sections.tolist()
    if isinstance(indices_or_sections, int):
        least, more = divmod(size, indices_or_sections)
        parts = [least + (i < more) for i in range(indices_or_sections)]
        ends = [sum(parts[: i + 1]) for i in range(len(parts))]
    else:
        ends = [*(slice(end).indices(size)[1] for end in indices_or_sections), size]
    begins = [0, *ends[:-1]]
    return tuple(
        input.narrow(dim, begin, max(end - begin, 0))
        for begin, end in zip(begins, ends, strict=True)
    )


@lowers(Tensor.mT.__get__, Tensor.mH.__get__)  # type: ignore[attr-defined]
def matrix_transpose(x: Tensor, *_: Any) -> Tensor:
    return x.transpose(-2, -1)


@lowers(Tensor.data.__get__)  # type: ignore[attr-defined]
def data(x: Tensor) -> Tensor:
    """Share the numbers of x. A trace takes `x.data` for a constant."""
    return x.detach()


@lowers(torch.full)
def full(size: Any, fill_value: Any, **options: Any) -> Tensor:
    """Fill with whole numbers if `fill_value` is one, which a trace forgets."""
    if options.get("dtype") is None and isinstance(fill_value, int):
        options["dtype"] = torch.bool if isinstance(fill_value, bool) else torch.int64
    return torch.full(size, fill_value, **options)


@lowers(torch.diagonal, Tensor.diagonal)
def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:  # noqa: A002 (the name of the original)
    """Take every (m + 1)th number of matrices (n, m) in a row. The result is a view, still."""
    if not is_tracing():
        return torch.diagonal(input, offset, dim1, dim2)
    with not_traced():
        view = torch.diagonal(input, offset, dim1, dim2)
    columns, count = sizes(input)[dim2], sizes(view)[-1]
    first = max(offset, 0) - min(offset, 0) * columns
    flat = input.movedim((dim1, dim2), (-2, -1)).flatten(-2)
    end = first + max(count - 1, 0) * (columns + 1) + 1
    continue_with(view, flat[..., first : end if count else first : columns + 1])
    return view


@lowers(torch.diag, Tensor.diag)
def diag(input: Tensor, diagonal: int = 0) -> Tensor:  # noqa: A002 (the name of the original)
    """Take a diagonal of a matrix, or make a matrix of one."""
    if input.dim() == 1:
        return torch.diag_embed(input, diagonal)
    return torch.diagonal(input, diagonal).clone()


@lowers(torch.diagflat, Tensor.diagflat)
def diagflat(input: Tensor, offset: int = 0) -> Tensor:  # noqa: A002 (the name of the original)
    return torch.diag_embed(input.flatten(), offset)


@lowers(torch.diag_embed, Tensor.diag_embed)
def diag_embed(input: Tensor, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Tensor:  # noqa: A002 (the name of the original)
    """Multiply the identity (n, n), moved by the offset, by rows (…, n)."""
    count, more = sizes(input)[-1], abs(offset)
    eye = torch.eye(count + more, dtype=input.dtype)
    rows = eye[max(-offset, 0) : max(-offset, 0) + count]  # row i has its 1 in its own row
    columns = eye[max(offset, 0) : max(offset, 0) + count]
    matrices = rows.T @ (input.unsqueeze(-1) * columns)
    return matrices.movedim((-2, -1), (dim1, dim2))


@lowers(torch.trace, Tensor.trace)
def trace(input: Tensor) -> Tensor:  # noqa: A002 (the name of the original)
    return torch.diagonal(input).sum()
