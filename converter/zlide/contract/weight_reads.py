"""Find the weights of a module that its calls read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode
from torch.utils._pytree import tree_leaves


class WeightReads(TorchFunctionMode):
    """Notes which parameters and buffers of a module are arguments of PyTorch's functions.

    Functions of TorchScript hide their arguments, so all weights of a script count as read.
    """

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.weights = {
            id(each): (name, each) for name, each in (*_named(module), *_of_scripts(module))
        }
        self.read = {id(each) for _, each in _of_scripts(module)}

    def __torch_function__(
        self,
        func: Callable[..., Any],
        _types: Any,
        args: Any = (),
        kwargs: Mapping[str, Any] | None = None,
    ) -> Any:
        self.read |= self.weights.keys() & {id(leaf) for leaf in tree_leaves((args, kwargs))}
        return func(*args, **(kwargs or {}))

    def found(self) -> dict[str, Tensor]:
        """Return the weights that were read, by their names."""
        return {name: each for key, (name, each) in self.weights.items() if key in self.read}


def _named(module: nn.Module) -> list[tuple[str, Tensor]]:
    return [*module.named_parameters(), *module.named_buffers()]


def _of_scripts(module: nn.Module) -> list[tuple[str, Tensor]]:
    return [
        (f"{path}.{name}".removeprefix("."), each)
        for path, child in module.named_modules()
        if isinstance(child, torch.jit.ScriptModule)
        for name, each in _named(child)
    ]
