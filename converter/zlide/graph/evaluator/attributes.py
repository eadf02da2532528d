"""Read the attributes of nodes, as model.json spells them."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from zlide.graph.evaluator.operation import Array

_DTYPES = {
    "DT_FLOAT": np.dtype(np.float32),
    "DT_DOUBLE": np.dtype(np.float32),
    "DT_HALF": np.dtype(np.float32),
    "DT_INT32": np.dtype(np.int32),
    "DT_INT64": np.dtype(np.int32),
    "DT_BOOL": np.dtype(np.bool_),
}
"""The dtype of a tensor in TensorFlow.js, by TensorFlow's name of a type."""

_IGNORED = frozenset(
    """
    T Tidx Tdim Tlen Tparams Tindices Taxis Tshape Tmultiples Tpaddings TArgs Targs Index SrcT
    output_type index_type sorted Tk Tperm N num_args num_host_args Truncate use_cudnn_on_gpu
    epsilon incompatible_shape_error grad_a grad_b grad_x grad_y
    """.split()
)
"""Attributes that repeat the types and the number of inputs, or that TensorFlow.js ignores."""

_FIXED = {"data_format": {"NHWC", "NDHWC"}, "filter_format": {"HWIO"}}
"""Attributes of which TensorFlow.js runs one value, or one for each number of dimensions."""


@dataclass(frozen=True)
class TensorSpec:
    """The declared shape and dtype of a tensor.

    shape: −1 is any size; None is any shape. dtype: None is any.
    """

    shape: tuple[int, ...] | None
    dtype: np.dtype[Any] | None

    def fits(self, values: Array) -> bool:
        return self.dtype in {None, values.dtype} and self.has_shape(values.shape)

    def has_shape(self, shape: tuple[int, ...]) -> bool:
        return self.shape is None or (
            len(self.shape) == len(shape)
            and all(size in {-1, found} for size, found in zip(self.shape, shape, strict=True))
        )

    def __str__(self) -> str:
        return f"{self.dtype or 'any dtype'} {'of any shape' if self.shape is None else self.shape}"


def read_attributes(attributes: Mapping[str, Any], known: frozenset[str]) -> dict[str, Any]:
    """Return the attributes that an operation knows, by name, as Python values.

    Raises ValueError for an attribute that could change the result and is not known, and for a
    layout other than channels last.
    """
    values = {}
    for name, attribute in attributes.items():
        if name in known:
            values[name] = _value(attribute)
        elif name in _FIXED:
            if (found := _value(attribute)) not in _FIXED[name]:
                raise ValueError(f"expected {name} {min(_FIXED[name])}, found {found}")
        elif name not in _IGNORED:
            raise ValueError(f"unknown attribute {name}")
    return values


def read_spec(dtype: str | None, shape: Mapping[str, Any] | None) -> TensorSpec:
    """Return the declared dtype and shape, from their forms in model.json."""
    is_known = shape is not None and not shape.get("unknownRank")
    sizes = tuple(int(each.get("size", 0)) for each in (shape or {}).get("dim", []))
    return TensorSpec(sizes if is_known else None, None if dtype is None else _dtype(dtype))


def _value(attribute: Mapping[str, Any]) -> Any:
    if "list" in attribute:
        ((kind, values),) = (attribute["list"] or {"i": []}).items()
        return [_value({kind: value}) for value in values]
    ((kind, value),) = attribute.items()
    match kind:
        case "b":
            return bool(value)
        case "i":
            return int(value)
        case "f":
            return float(value)
        case "s":
            return base64.b64decode(value).decode()
        case "type":
            return _dtype(value)
    raise ValueError(f"expected an attribute of kind b, i, f, s, type or list, found {kind}")


def _dtype(name: str) -> np.dtype[Any]:
    if name not in _DTYPES:
        raise ValueError(f"unknown dtype {name}")
    return _DTYPES[name]
