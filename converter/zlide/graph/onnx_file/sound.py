"""See whether ONNX's shape inference survives a graph of a stranger.

Its C++ part ends the process for some graphs whose inputs do not fit their ops.
"""

from __future__ import annotations

import math
import subprocess
import sys
from pathlib import Path

from onnx import ModelProto, helper

from zlide.errors import ZlideError

_SMALL = 1024
"""Most numbers of a constant whose values may matter for shapes."""

_INFER = """
import sys, onnx
try:
    onnx.shape_inference.infer_shapes(onnx.load_model_from_string(sys.stdin.buffer.read()))
except Exception:
    pass  # Exceptions are told where the result is needed.
"""


def require_inferable(model: ModelProto, path: Path) -> None:
    """Raise ZlideError if shape inference of the model ends another process."""
    data = _without_weights(model).SerializeToString()
    done = subprocess.run(
        [sys.executable, "-c", _INFER], input=data, capture_output=True, check=False
    )
    if done.returncode:
        problem = f"expected a sound ONNX graph, found one that ends onnx ({done.returncode})"
        remedy = "try it with onnx.shape_inference.infer_shapes, and export it again"
        raise ZlideError(path, problem, remedy)


def _without_weights(model: ModelProto) -> ModelProto:
    """Return a copy whose large constants are inputs."""
    copy = ModelProto()
    copy.ir_version = model.ir_version
    copy.opset_import.extend(model.opset_import)
    graph = copy.graph
    graph.name = "shapes"
    graph.node.extend(model.graph.node)
    graph.input.extend(model.graph.input)
    graph.output.extend(model.graph.output)
    for tensor in model.graph.initializer:
        if math.prod(tensor.dims) <= _SMALL:
            graph.initializer.append(tensor)
        else:
            value = helper.make_tensor_value_info(tensor.name, tensor.data_type, tensor.dims)
            graph.input.append(value)
    return copy
