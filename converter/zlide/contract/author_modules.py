"""Take the module that an author means, or say which one to give."""

from __future__ import annotations

import inspect
from typing import Any

import torch
from torch import nn

from zlide.errors import ZlideError


def require_module(module: Any, where: str) -> nn.Module:
    """Return the module that the author wrote, without torch.compile around it.

    Raises ZlideError for anything that is not an nn.Module, and for TorchScript, whose lines and
    layers a conversion cannot see.
    """
    module = uncompiled(module)
    if not isinstance(module, nn.Module):
        problem = f"expected an nn.Module, found {_described(module)}"
        raise ZlideError(where, problem, _remedy(module))
    for path, child in module.named_modules():
        if isinstance(child, torch.jit.ScriptModule):
            place = f"{where}.{path}" if path else where
            problem = "expected a module of Python, found TorchScript"
            remedy = "give the module itself, as it was before torch.jit.script or torch.jit.trace"
            raise ZlideError(place, problem, remedy)
    return module


def uncompiled(module: Any) -> Any:
    """Return the module that torch.compile was called with, or another value as it is."""
    is_compiled = isinstance(module, nn.Module) and type(module).__name__ == "OptimizedModule"
    return dict(module.named_children()).get("_orig_mod", module) if is_compiled else module


def uncompile_parts(module: nn.Module) -> None:
    """Replace the parts of a module that torch.compile was called with, in place."""
    for parent in list(module.modules()):
        for name, child in list(parent.named_children()):
            if uncompiled(child) is not child:
                setattr(parent, name, uncompiled(child))


def _described(value: Any) -> str:
    name = type(value).__name__
    return f"the class {value.__name__}" if inspect.isclass(value) else name


def _remedy(value: Any) -> str:
    if inspect.isclass(value):
        return f"give an instance of it: {value.__name__}(…), with its weights loaded"
    if inspect.ismethod(value) and isinstance(value.__self__, nn.Module):
        return "give the module that it is a method of"
    if isinstance(value, dict):
        return "make the module, load the weights with load_state_dict, and give the module"
    if callable(value):
        return "make it the forward of an nn.Module that keeps its layers, and give an instance"
    return "give an instance of a class derived from nn.Module"
