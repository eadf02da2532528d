"""PyTorch → PyTorch: lowering replaces what does not convert by equal operations that do.

Parameters keep their names and values. Layers are replaced in a copy of the module, functions while
it is traced.
"""

from __future__ import annotations

import copy
from typing import Any

from torch import nn
from torch.nn.utils import parametrize

from zlide.graph.lowering.registry import LAYERS


def lower(module: Any) -> Any:
    """Return a copy of `module` in eval mode, with every layer lowered that does not convert."""
    module = copy.deepcopy(module).eval().requires_grad_(requires_grad=False)
    for child in module.modules():
        # Only `forward` changes, so a module that uses its parameters and sizes finds them.
        child.__class__ = _lowered_type(type(child))
    return module


def _lowered_type(layer: type[nn.Module]) -> type[nn.Module]:
    """Return the class that replaces `layer`, or `layer` itself.

    A subclass with a `forward` of its own is not replaced.
    """
    for original, lowered in LAYERS.items():
        if layer is original:
            return lowered
        if issubclass(layer, original) and layer.forward is original.forward:
            return type(layer.__name__, (lowered, layer), {})
    return layer


def bake_parametrizations(module: nn.Module) -> None:
    """Replace computed weights (weight norm, spectral norm) by their values, in place.

    The values are then what is quantized and shipped.
    """
    for child in list(module.modules()):
        if parametrize.is_parametrized(child):
            values = {
                name: getattr(child, name)
                for name, _ in child.get_submodule("parametrizations").named_children()
            }
            # remove_parametrizations would change a class that copies of the module share.
            child.__class__ = parametrize.type_before_parametrizations(child)
            del child.parametrizations
            for name, value in values.items():
                child.register_parameter(
                    name, nn.Parameter(value.detach().clone(), requires_grad=False)
                )
