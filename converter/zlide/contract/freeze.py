"""Freeze a module: copy it in eval mode, with its weights as they are shipped."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from torch import Tensor
from torch.overrides import TorchFunctionMode

from zlide.bundle import Precision
from zlide.contract.author_modules import require_module, uncompile_parts
from zlide.errors import ZlideError
from zlide.graph import bake_parametrizations
from zlide.quantization import Overflow, quantize_weights


def freeze(module: Any, where: str, precision: Precision) -> Any:
    """Return a copy of `module` as `copy_untouched` gives it, its weights at `precision`.

    Everything is compared with this copy. Raises ZlideError where `copy_untouched` does, and
    Overflow if a weight does not fit the precision.
    """
    module = copy_untouched(module, where)
    bake_parametrizations(module)
    try:
        quantize_weights(module, precision)
    except Overflow as error:
        raise Overflow(f"{where}.{error.where}", error.problem, error.remedy) from None
    return module


def copy_untouched(module: Any, where: str) -> Any:
    """Return a copy of `module` in eval mode, without gradients, and otherwise as it is.

    torch.compile is taken off. Raises ZlideError if `module` is not an nn.Module of Python, has
    weights without values, or cannot be copied.
    """
    original = require_module(module, where)
    for name, weight in original.named_parameters():
        if weight.is_meta:
            problem = f"expected weights with values, found {name} on the device meta"
            raise ZlideError(where, problem, "load the weights on the CPU first")
    try:
        with _CopyComputedTensors():
            copied = copy.deepcopy(original)
        uncompile_parts(copied)
        return copied.eval().requires_grad_(requires_grad=False)
    except Exception as error:  # copying runs code of the author's objects
        found = f"{type(error).__name__}: {str(error).partition('. ')[0]}"
        problem = f"expected a module that can be copied, found {found}"
        remedy = "call lazy layers once, and keep nothing on it that copy.deepcopy refuses"
        raise ZlideError(where, problem, remedy) from error


class _CopyComputedTensors(TorchFunctionMode):
    """Let `copy.deepcopy` copy tensors that a call has computed and kept (self.weight_normed = …).

    PyTorch refuses them, since they carry a gradient. Their copies carry none.
    """

    def __torch_function__(
        self, func: Any, _types: Any, args: Any = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func is Tensor.__deepcopy__ and not args[0].is_leaf:
            tensor, memo = args
            memo[id(tensor)] = tensor.detach().clone()
            return memo[id(tensor)]
        return func(*args, **(kwargs or {}))
