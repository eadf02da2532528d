"""Lower functions of PyTorch while a module runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

from zlide.graph.lowering.registry import FUNCTIONS


class LoweredFunctions(TorchFunctionMode):
    """A mode in which functions of PyTorch are lowered.

    It also takes weights off the gradient that no module owns: layers in a plain list, or in a
    function that a module keeps. A trace takes them for constants, which have none.
    """

    def __init__(self) -> None:
        super().__init__()
        self._busy: set[Any] = set()
        self._owned: list[Tensor] = []

    def __torch_function__(
        self,
        func: Any,
        _types: Sequence[type],
        args: Sequence[Any] = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        options = dict(kwargs or {})
        for each in (*args, *options.values()):
            self._own(each)
        if (replaced := _replaced(func)) is not None:
            return args[0].copy_(self.__torch_function__(replaced, (), args, options))
        lowered = None if func in self._busy else FUNCTIONS.get(func)
        if lowered is None:
            return func(*args, **options)
        # A lowering may call functions that are lowered too, but not by itself.
        self._busy.add(func)
        try:
            with self:
                return lowered(*args, **options)
        finally:
            self._busy.discard(func)

    def _own(self, value: Any) -> None:
        """Take a weight without an owner off the gradient, until `restore`."""
        if isinstance(value, Tensor) and value.requires_grad and value.is_leaf:
            value.requires_grad = False
            self._owned.append(value)

    def restore(self) -> None:
        """Give the weights their gradient back."""
        for value in self._owned:
            value.requires_grad = True
        self._owned.clear()


def _replaced(func: Any) -> Any:
    """Return the method that an in-place one writes the result of, if it is lowered: x.cosh_()."""
    name = getattr(func, "__name__", "")
    if name.startswith("__i"):
        plain = f"__{name.removeprefix('__i')}"
    elif name.endswith("_") and not name.endswith("__"):
        plain = name.removesuffix("_")
    else:
        return None
    method = getattr(Tensor, plain, None)
    return method if method in FUNCTIONS and getattr(Tensor, name, None) is func else None


@contextmanager
def lowered_functions() -> Iterator[None]:
    """Lower functions of PyTorch in this context."""
    mode = LoweredFunctions()
    try:
        with mode:
            yield
    finally:
        mode.restore()
