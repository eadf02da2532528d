"""The type of an operation."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
"""A tensor of any shape: float32, int32 or bool."""


@dataclass(frozen=True)
class Operation:
    """An op of a graph.

    compute: the tensors of the inputs, and attributes by name → the output, or a list of outputs.
    attributes: the names of the attributes that it reads.
    """

    compute: Callable[..., Any]
    attributes: frozenset[str]


def operations(functions: Mapping[str, Callable[..., Any]]) -> dict[str, Operation]:
    """Return functions as operations, by op; their keyword-only parameters are the attributes."""
    return {op: Operation(function, _keywords(function)) for op, function in functions.items()}


def _keywords(function: Callable[..., Any]) -> frozenset[str]:
    if isinstance(function, np.ufunc):
        return frozenset()
    parameters = inspect.signature(function).parameters.values()
    return frozenset(each.name for each in parameters if each.kind is each.KEYWORD_ONLY)
