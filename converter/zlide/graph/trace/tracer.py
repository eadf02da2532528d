"""The state of PyTorch's tracer, which has no public names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor

_TRACER: Any = torch._C  # noqa: SLF001


def is_tracing() -> bool:
    return bool(_TRACER._is_tracing())  # noqa: SLF001


def continue_with(tensor: Tensor, value: Tensor) -> None:
    """Let the trace go on with `value` where a module uses `tensor`."""
    _TRACER._set_value_trace(tensor, _TRACER._get_value_trace(value))  # noqa: SLF001


@contextmanager
def not_traced() -> Iterator[None]:
    """Keep calls in the block out of the trace."""
    state = _TRACER._get_tracing_state()  # noqa: SLF001
    _TRACER._set_tracing_state(None)  # noqa: SLF001
    try:
        yield
    finally:
        _TRACER._set_tracing_state(state)  # noqa: SLF001


def depends_on_inputs(tensor: Tensor, count: int) -> bool:
    """Return whether a tensor is computed from one of the first `count` inputs of the trace."""
    inputs = list(_TRACER._get_tracing_state().graph().inputs())[:count]  # noqa: SLF001
    names = {each.debugName() for each in inputs}
    rest, seen = [_TRACER._get_value_trace(tensor)], set()  # noqa: SLF001
    while rest:
        value = rest.pop()
        if (name := value.debugName()) in names:
            return True
        if name not in seen and value.node().kind() != "prim::Param":
            rest += list(value.node().inputs())
        seen.add(name)
    return False
