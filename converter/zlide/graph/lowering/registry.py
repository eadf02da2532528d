"""The lowerings of layers and functions of PyTorch, and those that strangers register."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from torch import nn

from zlide.errors import ZlideError

Lowered = TypeVar("Lowered")

LAYERS: dict[type[nn.Module], type[nn.Module]] = {}
"""Layer → the class that replaces it."""

FUNCTIONS: dict[Any, Callable[..., Any]] = {}
"""Function or method of PyTorch → the function that replaces it while a module is traced."""


def register_lowering(original: Any, lowered: Any) -> None:
    """Let export write a layer or a function of PyTorch as another one that computes the same.

    original: a class of layers, such as `nn.GRU`, or a function or method of PyTorch, such as
    `torch.special.entr`.
    lowered: for a layer, a subclass of it with a `forward` of operations that convert; it finds the
    parameters of the original. For a function, a function of the same arguments.
    Raises ZlideError if the two do not belong together.

    Export compares the lowered module with the original at 64 positions, and refuses it if they
    differ. `docs/adding-a-layer.md` shows how.
    """
    if isinstance(original, type) and issubclass(original, nn.Module):
        if not (isinstance(lowered, type) and issubclass(lowered, original)):
            problem = f"expected a subclass of {original.__name__}, found {lowered!r}"
            raise ZlideError("register_lowering", problem, "derive the lowered layer from it")
        LAYERS[original] = lowered
    elif callable(original) and not isinstance(original, type):
        if not callable(lowered):
            problem = f"expected a function, found {lowered!r}"
            raise ZlideError("register_lowering", problem, "give a function of the same arguments")
        FUNCTIONS[original] = lowered
    else:
        problem = f"expected a class of layers or a function, found {original!r}"
        raise ZlideError("register_lowering", problem, "give nn.X or torch.x")


def strangers_lowerings() -> list[str]:
    """Return the names of what is lowered by code outside of zlide."""
    return [
        getattr(original, "__name__", str(original))
        for original, lowered in (*LAYERS.items(), *FUNCTIONS.items())
        if not str(getattr(lowered, "__module__", "")).startswith("zlide.")
    ]


def lowers(*originals: Any) -> Callable[[Lowered], Lowered]:
    """Register a class or a function as the lowering of `originals`."""

    def register(lowered: Lowered) -> Lowered:
        for original in originals:
            register_lowering(original, lowered)
        return lowered

    return register
