"""Find the call of PyTorch in which a module mixes the rows of its batch."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from zlide.graph import CallSite, call_site
from zlide.parity import relative_difference

_ROWS = 2
"""Rows of the smaller batch."""


@torch.no_grad()
def mixing_call(
    module: Callable[[Tensor], object], x: Tensor, role: str, tolerance: float
) -> CallSite | None:
    """Return the first call whose results for two rows of x (B, …) differ from those for all.

    tolerance: the largest relative difference. None if no such call is found.
    """
    everything, some = _Results(module, role), _Compared(module, role)
    with everything:
        module(x)
    some.expected, some.rows, some.tolerance = everything.found, len(x), tolerance
    first = x[:_ROWS]  # outside of the mode, which counts this call, too
    with some:
        module(first)
    return some.site


class _Results(TorchFunctionMode):
    """Keeps copies of the tensors that calls return, in order."""

    def __init__(self, module: object, role: str) -> None:
        super().__init__()
        self.module, self.role = module, role
        self.found: list[list[Tensor]] = []

    def __torch_function__(
        self,
        func: Callable[..., Any],
        _types: Any,
        args: Any = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        result = func(*args, **(kwargs or {}))
        # Later calls may write to the results in place.
        self.add([leaf.clone() for leaf in tree_leaves(result) if isinstance(leaf, Tensor)])
        return result

    def add(self, tensors: list[Tensor]) -> None:
        self.found.append(tensors)


class _Compared(_Results):
    """Compares the tensors that calls return with those of more rows."""

    expected: list[list[Tensor]]
    rows: int
    tolerance: float
    site: CallSite | None = None

    def add(self, tensors: list[Tensor]) -> None:
        number = len(self.found)
        self.found.append([])
        if self.site is not None or number >= len(self.expected):
            return
        pairs = zip(tensors, self.expected[number], strict=False)
        if not all(_agree(some, every, self.rows, self.tolerance) for some, every in pairs):
            self.site = call_site(self.module, self.role)


def _agree(some: Tensor, everything: Tensor, rows: int, tolerance: float) -> bool:
    """Return whether a result is that of the first rows; True for those that are not compared."""
    if not some.is_floating_point() or some.dim() != everything.dim():
        return True
    axes = [i for i, (a, b) in enumerate(zip(some.shape, everything.shape, strict=True)) if a != b]
    if len(axes) > 1 or any(some.shape[i] * rows != everything.shape[i] * _ROWS for i in axes):
        return True
    for axis in axes:
        everything = everything.narrow(axis, 0, some.shape[axis])
    return relative_difference(everything, some) <= tolerance
