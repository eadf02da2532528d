"""What people have in hand, as NumPy arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.errors import ZlideError


def as_array(value: Any, where: str) -> NDArray[Any]:
    """An array, nested lists, a tensor or a list of tensors → an array of the same real numbers.

    Tensors may require gradients and lie on any device. Raises ZlideError for what holds no numbers, or none in a regular shape.
    """
    remedy = "give an array, a tensor or lists of numbers"
    try:
        array = np.asarray(
            [_detached(part) for part in value]
            if isinstance(value, list | tuple)
            else _detached(value)
        )
    except (TypeError, ValueError, RuntimeError) as error:
        raise ZlideError(
            where,
            f"expected numbers, found {type(value).__name__}: {str(error).split('. ')[0]}",
            remedy,
        ) from error
    if array.dtype.kind not in "iuf":
        found = f"{type(value).__name__} of {array.dtype}" if array.ndim else repr(value)
        raise ZlideError(where, f"expected numbers, found {found}", remedy)
    return array


def as_float32(value: Any, where: str) -> NDArray[np.float32]:
    """The same as float32; what is too large becomes infinity."""
    with np.errstate(over="ignore"):
        return np.asarray(as_array(value, where), np.float32, order="C")


def _detached(value: Any) -> Any:
    """A tensor without its gradient, where NumPy can read it; anything else as it is."""
    if not hasattr(value, "detach"):
        return value
    tensor = value.detach().cpu()
    return (
        tensor.double() if tensor.is_floating_point() else tensor
    ).numpy()  # bfloat16 is none of NumPy's
