"""Dtypes of ONNX as those of TensorFlow.js: float32, int32 and bool."""

from __future__ import annotations

from typing import Any

import numpy as np
from onnx import helper

from zlide.graph.ir import BOOL, FLOAT, INT

_BY_KIND = {"f": FLOAT, "i": INT, "u": INT, "b": BOOL}


def dtype_of(onnx_type: int) -> np.dtype[Any] | None:
    """Return the dtype for an ONNX type, or None for text, bfloat16 and complex numbers."""
    return _BY_KIND.get(np.dtype(helper.tensor_dtype_to_np_dtype(onnx_type)).kind)
