"""Replace infinities in constants, as masks have them, by the largest float32.

A bundle has only finite numbers. A softmax gives 0 for either, and adding a model's numbers to the
largest float32 does not bring it back into their range. If PyTorch computes NaN from an infinity,
export refuses the module anyway.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper

LARGEST = np.finfo(np.float32).max


def without_infinities(values: NDArray[Any]) -> NDArray[Any]:
    """Return numbers of any shape and dtype with ±`LARGEST` for ±∞; NaN stays."""
    if values.dtype.kind != "f" or not np.isinf(values).any():
        return values
    return np.asarray(np.clip(values, -LARGEST, LARGEST), np.float32)


def make_finite(model: onnx.ModelProto) -> onnx.ModelProto:
    """Return a copy of `model` whose initializers and constants have no infinity."""
    model = onnx.ModelProto.FromString(model.SerializeToString())
    tensors = [
        *model.graph.initializer,
        *(
            a.t
            for n in model.graph.node
            if n.op_type == "Constant"
            for a in n.attribute
            if a.HasField("t")
        ),
    ]
    for tensor in tensors:
        values = numpy_helper.to_array(tensor)
        finite = without_infinities(values)
        if finite is not values:
            tensor.CopyFrom(numpy_helper.from_array(finite, tensor.name))
    return model
