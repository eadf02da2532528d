"""Convert arrays, tensors and nested lists to NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.errors import ZlideError


def as_array(value: Any, where: str) -> NDArray[Any]:
    """Return an array, nested lists, a tensor or a list of tensors as an array of real numbers.

    Shape and values stay the same. Tensors may require gradients and may be on any device.
    Raises ZlideError, starting with `where`, for values that are not numbers and for ragged lists.
    """
    remedy = "give an array, a tensor or lists of numbers"
    try:
        array = np.asarray(
            [_detach(item) for item in value] if isinstance(value, list | tuple) else _detach(value)
        )
    except (TypeError, ValueError, RuntimeError) as error:
        reason = str(error).split(". ")[0]
        problem = f"expected numbers, found {type(value).__name__}: {reason}"
        raise ZlideError(where, problem, remedy) from error
    if array.dtype.kind not in "iuf":
        found = f"{type(value).__name__} of {array.dtype}" if array.ndim else repr(value)
        raise ZlideError(where, f"expected numbers, found {found}", remedy)
    return array


def as_float32(value: Any, where: str) -> NDArray[np.float32]:
    """Return `as_array(value, where)` as float32; numbers beyond its range become infinity."""
    with np.errstate(over="ignore"):
        return np.asarray(as_array(value, where), np.float32, order="C")


def _detach(value: Any) -> Any:
    """Return a tensor as a NumPy array without its gradient, and any other value unchanged."""
    if not hasattr(value, "detach"):
        return value
    tensor = value.detach().cpu()
    # NumPy has no bfloat16.
    return (tensor.double() if tensor.is_floating_point() else tensor).numpy()
