"""Sizes of tensors as numbers."""

from __future__ import annotations

from torch import Tensor


def sizes(x: Tensor) -> tuple[int, ...]:
    """Return the shape of x in plain numbers; in a trace, PyTorch gives tensors.

    That fixes the batch in this trace. Two traces with different batches tell it from the rest.
    """
    return tuple(int(n) for n in x.shape)
