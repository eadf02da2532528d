"""A module as the page will have it: its weights as they travel."""

from __future__ import annotations

import copy
from typing import Any

from torch import nn

from zlide.bundle import Precision
from zlide.errors import ZlideError
from zlide.graph import bake_parametrizations
from zlide.quantization import Overflow, quantize_weights


def freeze(module: Any, where: str, precision: Precision) -> Any:
    """A copy with the weights as they travel: what "PyTorch" means from here on."""
    if not isinstance(module, nn.Module):
        raise ZlideError(where, f"expected an nn.Module, found {type(module).__name__}")
    try:
        module = copy.deepcopy(module).eval().requires_grad_(requires_grad=False)
    except RuntimeError as error:
        remedy = "keep no computed tensor on it (self.z = …), and take off hooks that compute weights (remove_weight_norm)"
        raise ZlideError(
            where, f"cannot be copied: {str(error).partition('. ')[0]}", remedy
        ) from error
    bake_parametrizations(module)
    try:
        quantize_weights(module, precision)
    except Overflow as error:
        raise Overflow(f"{where}.{error.where}", error.problem, error.remedy) from None
    return module
