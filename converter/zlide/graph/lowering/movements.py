"""Functions that move numbers and that PyTorch's exporter does not have."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import channel_shuffle as shuffle

from zlide.graph.lowering.registry import lowers
from zlide.graph.lowering.sizes import sizes


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


@lowers(Tensor.mT.__get__, Tensor.mH.__get__)  # type: ignore[attr-defined]
def matrix_transpose(x: Tensor, *_: Any) -> Tensor:
    return x.transpose(-2, -1)


@lowers(torch.full)
def full(size: Any, fill_value: Any, **options: Any) -> Tensor:
    """Fill with whole numbers if `fill_value` is one, which a trace forgets."""
    if options.get("dtype") is None and isinstance(fill_value, int):
        options["dtype"] = torch.bool if isinstance(fill_value, bool) else torch.int64
    return torch.full(size, fill_value, **options)
