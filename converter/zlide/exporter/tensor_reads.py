"""Whether a module looks at the numbers in a tensor with Python, as `if logits.max() > 1` does: a graph cannot."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves

from zlide.errors import ZlideError

_READS = frozenset(
    "__bool__ __int__ __float__ __complex__ __index__ __contains__ __array__ item tolist numpy".split()
)


class ForbidTensorReads(TorchFunctionMode):
    """While it is entered, raises ZlideError where Python reads a number out of `tensors`, or out of what was computed from them.

    What comes of the module's own numbers alone, parameters and buffers, may be read: it is the same in every call.
    """

    def __init__(self, where: str, tensors: Iterable[Tensor]) -> None:
        super().__init__()
        self.where = where
        self.followed = {
            id(tensor): tensor for tensor in tensors
        }  # held, so that no other tensor gets an id of theirs

    def __torch_function__(
        self,
        func: Callable[..., Any],
        types: Any,
        args: Any = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        follows = any(id(leaf) in self.followed for leaf in tree_leaves((args, kwargs)))
        if follows and getattr(func, "__name__", "") in _READS:
            problem = f"Python reads a value out of a tensor at {_place()}, and a graph holds only what it read once"
            raise ZlideError(
                self.where, problem, "choose with torch.where, and take checks of values out"
            )
        made = func(*args, **(kwargs or {}))
        if follows:
            written = args[:1] if func is Tensor.__setitem__ else ()
            self.followed |= {
                id(leaf): leaf for leaf in tree_leaves((made, written)) if isinstance(leaf, Tensor)
            }
        return made


def _place() -> str:
    """File and line of the innermost code that is neither PyTorch's nor this file's."""
    inside = (str(Path(torch.__file__).parent), __file__)
    frame = sys._getframe()  # noqa: SLF001 (its public twins read every source file on the way)
    while frame.f_back and frame.f_code.co_filename.startswith(inside):
        frame = frame.f_back
    return f"{Path(frame.f_code.co_filename).name}, line {frame.f_lineno}"
