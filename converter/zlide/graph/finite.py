"""Infinities in a graph's constants, as masks have them, become the largest float32: a bundle holds finite numbers alone.

A softmax gives 0 for either, and nothing that is added to the largest float32 brings it back into the range of a model's
numbers. Where PyTorch computes NaN of an infinity, export refuses the module anyway.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

LARGEST = np.finfo(np.float32).max


def without_infinities(values: NDArray[Any]) -> NDArray[Any]:
    """Numbers of any shape and dtype with ±`LARGEST` in place of ±∞; NaN stays."""
    if values.dtype.kind != "f" or not np.isinf(values).any():
        return values
    return np.asarray(np.clip(values, -LARGEST, LARGEST), np.float32)


def make_finite(model: onnx.ModelProto) -> onnx.ModelProto:
    """A copy of `model` whose initializers and constants hold no infinity."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    held = [
        *model.graph.initializer,
        *(
            a.t
            for n in model.graph.node
            if n.op_type == "Constant"
            for a in n.attribute
            if a.HasField("t")
        ),
    ]
    for tensor in held:
        values = numpy_helper.to_array(tensor)
        finite = without_infinities(values)
        if finite is not values:
            tensor.CopyFrom(numpy_helper.from_array(finite, tensor.name))
    return model
