"""The chain torch → ONNX → onnx-tf → TensorFlow SavedModel → tensorflowjs, as a second converter.

Nothing of the first one is in it but lowering. Its handlers and names are what the page asks for.
"""

from __future__ import annotations

import json
import logging
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import onnx
from numpy.typing import NDArray
from torch import Tensor, nn

from zlide.errors import ZlideError
from zlide.graph.audit import PORTABLE
from zlide.graph.finite import without_infinities
from zlide.graph.onnx_tf.export_opset_12 import REMEDY, export_opset_12
from zlide.graph.onnx_tf.quiet import quiet
from zlide.graph.onnx_tf.rename import rename
from zlide.graph.onnx_tf.unfuse import unfuse

Model = tuple[dict[str, Any], dict[str, NDArray[Any]]]
"""model.json without its weights, and the weights by name."""


def convert_by_chain(
    module: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str], where: str
) -> Model:
    """Convert a lowered module, as `MakeModel` says.

    Raises ZlideError for a module that a part of the chain refuses, and for ops that are not
    portable.
    """
    model = export_opset_12(module, inputs, outputs, where)
    with quiet():
        graph, weights = _convert(model, inputs, where)
    nodes = unfuse(graph["modelTopology"]["node"], weights)
    _refuse_unportable((node["op"] for node in nodes), where)
    topology = {**graph["modelTopology"], "node": nodes}
    finite = {name: without_infinities(values) for name, values in weights.items()}
    return rename({**graph, "modelTopology": topology}, finite, inputs, outputs)


def _convert(model: onnx.ModelProto, inputs: Mapping[str, Tensor], where: str) -> Model:
    """Convert to a graph with TensorFlow's names."""
    import tensorflow as tf
    from tensorflowjs.converters.tf_saved_model_conversion_v2 import convert_tf_saved_model
    from tensorflowjs.read_weights import read_weights

    with tempfile.TemporaryDirectory() as scratch:
        saved, written = (str(Path(scratch, name)) for name in ("saved", "written"))
        try:
            function = _to_tensorflow(model)
            _refuse_fixed_batch(function, inputs)
            tf.saved_model.save(tf.Module(), saved, {"serving_default": function})
            convert_tf_saved_model(saved, written)
        except OSError:  # errors of the disk are not the module's
            raise
        except Exception as error:  # each part of the chain raises many types
            problem = f"onnx-tf and TensorFlow cannot convert it: {_last_line(error)}"
            raise ZlideError(where, problem, REMEDY) from error
        graph = json.loads(Path(written, "model.json").read_text("utf-8"))
        weights = read_weights(graph["weightsManifest"], written, flatten=True)
    return graph, {entry["name"]: entry["data"] for entry in weights}


def _to_tensorflow(model: onnx.ModelProto) -> Any:
    """Return an ONNX graph as a TensorFlow function of tensors by name."""
    import tensorflow as tf
    from onnx_tf.backend import prepare

    import zlide.graph.onnx_tf.handlers
    import zlide.graph.onnx_tf.pictures  # noqa: F401 (registers handlers)

    found = prepare(model, logging_level=logging.ERROR)
    traced: Any = type(found.tf_module).__call__
    try:
        # AutoGraph takes most of the time of a conversion, and few of onnx-tf's handlers need it.
        plain = tf.function(partial(traced.python_function, found.tf_module), autograph=False)
        return plain.get_concrete_function(**found.signatures)
    except tf.errors.OperatorNotAllowedInGraphError:  # a handler branches on a tensor
        return found.tf_module.__call__.get_concrete_function(**found.signatures)


def _refuse_fixed_batch(function: Any, inputs: Mapping[str, Tensor]) -> None:
    """Run a function with one row. Raises its errors, and ValueError if it returns more rows."""
    import tensorflow as tf

    _, names = function.structured_input_signature
    for name, found in function(**{n: tf.constant(inputs[n][:1].numpy()) for n in names}).items():
        if found.shape[0] != 1:
            raise ValueError(f"expected one row of {name}, found {found.shape[0]}: a fixed batch")


def _refuse_unportable(ops: Iterable[str], where: str) -> None:
    if others := sorted({*ops} - PORTABLE):
        found = ", ".join(others)
        problem = f"expected ops that all browser backends run, found {found} from onnx-tf"
        raise ZlideError(where, problem, REMEDY)


def _last_line(error: Exception) -> str:
    """Return the last line with a message, which TensorFlow puts between its own tracebacks."""
    lines = [line.strip() for line in str(error).partition("Original stack trace")[0].splitlines()]
    own = (line for line in reversed(lines) if line and not line.startswith(("[[", "File ")))
    return next(own, type(error).__name__)
