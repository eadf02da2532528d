"""Convert a PyTorch module to a TensorFlow.js graph model, and compare the two."""

from __future__ import annotations

import contextlib
import io
import json
import logging
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from zlide.bundle import Graph, count_ops
from zlide.errors import ZlideError
from zlide.graph.evaluator.tensors import Run, on_tensors
from zlide.graph.evaluator.written_graph import read_graph
from zlide.parity import relative_difference

TOLERANCE = 1e-4
"""Largest relative difference between PyTorch and a converted graph at the same inputs, in float32.

It is relative to the largest value, at least 1.
"""


@dataclass(frozen=True)
class Converted:
    """A converted graph.

    ops: number of nodes by op, without constants.
    weights: bytes of the shards.
    difference: relative difference between the written graph and PyTorch.
    run: the written graph, from the tensors of the inputs, in order, to those of the outputs.
    """

    graph: Graph
    ops: dict[str, int]
    weights: int
    difference: float
    run: Run


def convert(
    module: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str], to: Path, where: str
) -> Converted:
    """Convert `module` and write `model.json` and shards into the folder `to`.

    inputs: name → tensor (B, …), B ≥ 2, in the order of the module's arguments. Integers are int32
    in the graph.
    outputs: names of the flat tuple that the module returns. An output that the module passes
    through from an input is not in the graph: its name in the result is the input's.
    The path of the graph in the result is `model.json`; the caller adds the folder.
    Raises ZlideError if the module cannot be exported, converted or run by every backend, or if
    the results of TensorFlow or of the written graph differ.
    """
    from zlide.graph.audit import refuse_unportable, refuse_unsupported_uses
    from zlide.graph.finite import make_finite, without_infinities
    from zlide.graph.onnx_export import export_onnx
    from zlide.graph.rename import rename
    from zlide.graph.shards import write_graph
    from zlide.graph.simplify import simplify

    with torch.no_grad():
        expected = module(*inputs.values())
    sources = _passed_through(expected, inputs)
    computed = [name for name, source in zip(outputs, sources, strict=True) if source is None]
    # The exporter leaves a module in the mode of its outermost one: without eval() on the wrapper,
    # dropout would be active afterwards.
    model = make_finite(
        simplify(
            export_onnx(
                _Only(module, [source is None for source in sources]).eval(),
                inputs,
                computed,
                where,
            )
        )
    )
    with _quiet():
        function = _to_tensorflow(model, inputs, computed, where)
    names = [source or name for name, source in zip(outputs, sources, strict=True)]
    found = _run_in_tensorflow(function, inputs, names, where)
    _compare("TensorFlow", found, expected, names, where)
    with tempfile.TemporaryDirectory() as scratch, _quiet():
        try:
            converted, weights = rename(*_to_tfjs(function, Path(scratch)), computed)
        except ValueError as error:  # "Unsupported Ops", then one op in each line
            refuse_unportable(str(error).split()[-1:], model, where)
            raise
        nodes = converted["modelTopology"]["node"]
        refuse_unportable((node["op"] for node in nodes), model, where)
        refuse_unsupported_uses(nodes, where)
        # Constants that TensorFlow folds may be infinite again: log(0) of a mask of 0 and 1.
        size = write_graph(
            converted, {name: without_infinities(values) for name, values in weights.items()}, to
        )
    graph = Graph(path="model.json", inputs=list(inputs), outputs=names)
    run = on_tensors(read_graph(to / graph.path, graph.inputs, graph.outputs))
    found = run(*inputs.values())
    difference = _compare("the written graph", found, expected, names, where)
    return Converted(graph, count_ops(nodes), size, difference, run)


class _Only(nn.Module):
    """A module with only the outputs that `keep` selects."""

    def __init__(self, module: nn.Module, keep: Sequence[bool]) -> None:
        super().__init__()
        self.module = module
        self.keep = list(keep)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return tuple(
            output for output, keep in zip(self.module(*inputs), self.keep, strict=True) if keep
        )


def _passed_through(outputs: Sequence[Tensor], inputs: Mapping[str, Tensor]) -> list[str | None]:
    """Return for each output the name of the input that it is, or None if it is computed.

    The first counts as computed if no other is.
    """
    sources = [
        next((name for name, tensor in inputs.items() if output is tensor), None)
        for output in outputs
    ]
    return sources if None in sources else [None, *sources[1:]]


def _to_tensorflow(
    model: Any, inputs: Mapping[str, Tensor], outputs: Sequence[str], where: str
) -> Any:
    """Return an ONNX graph as a TensorFlow function of named tensors with a dynamic batch."""
    import tensorflow as tf
    from onnx_tf.backend import prepare

    import zlide.graph.handlers  # registers handlers
    import zlide.graph.pictures  # noqa: F401 (registers handlers)

    gathered = {n.input[1] for n in model.graph.node if n.op_type == "Gather"}
    other_inputs = {
        name
        for n in model.graph.node
        for i, name in enumerate(n.input)
        if n.op_type != "Gather" or i != 1
    }
    int64_inputs = {
        name
        for name, t in inputs.items()
        if not t.is_floating_point() and not (name in gathered and name not in other_inputs)
    }
    specs = {
        name: tf.TensorSpec(
            [None, *t.shape[1:]], tf.float32 if t.is_floating_point() else tf.int32, name=name
        )
        for name, t in inputs.items()
    }

    def trace(run: Callable[..., dict[str, Any]]) -> Any:
        def call(**tensors: Any) -> dict[str, Any]:
            results = run(
                **{
                    name: tf.cast(t, tf.int64) if name in int64_inputs else t
                    for name, t in tensors.items()
                }
            )
            return {name: results[name] for name in outputs}

        return tf.function(call, autograph=False).get_concrete_function(**specs)

    try:
        module = prepare(model, logging_level=logging.ERROR).tf_module
        traced_call: Any = type(module).__call__
        try:
            # AutoGraph takes most of the time of a conversion, and few handlers need it.
            return trace(partial(traced_call.python_function, module))
        except tf.errors.OperatorNotAllowedInGraphError:  # a handler branches on a tensor
            return trace(module)
    except ZlideError as error:  # from one of our handlers
        raise ZlideError(where, str(error)) from error
    except Exception as error:  # onnx-tf does not wrap the errors of its handlers
        # TensorFlow passes the error of one of our handlers on as text.
        if (line := _last_line(error)).startswith("ZlideError: "):
            raise ZlideError(where, line.removeprefix("ZlideError: ")) from error
        raise ZlideError(
            where,
            f"onnx-tf cannot convert it: {line}",
            "use the usual layers and elementwise operations",
        ) from error


def _run_in_tensorflow(
    function: Any, inputs: Mapping[str, Tensor], outputs: Sequence[str], where: str
) -> tuple[Tensor, ...]:
    import tensorflow as tf

    arrays = {
        name: t.detach().numpy().astype(np.float32 if t.is_floating_point() else np.int32)
        for name, t in inputs.items()
    }
    try:
        results = function(**{name: tf.constant(array) for name, array in arrays.items()})
        return tuple(
            inputs[name] if name in inputs else torch.from_numpy(results[name].numpy())
            for name in outputs
        )
    except Exception as error:  # TensorFlow finds mismatched shapes only when it runs
        raise ZlideError(
            where,
            f"TensorFlow cannot run it: {_last_line(error)}",
            "use the usual layers and elementwise operations",
        ) from error


def _last_line(error: Exception) -> str:
    """Return the last line with a message, which TensorFlow puts below its own traceback."""
    lines = [line.strip() for line in str(error).splitlines()]
    return next(
        (line for line in reversed(lines) if line and not line.startswith("[[")),
        type(error).__name__,
    )


def _compare(
    other: str,
    found: Sequence[Tensor],
    expected: Sequence[Tensor],
    names: Sequence[str],
    where: str,
) -> float:
    """Return the largest difference of all outputs. Raises ZlideError if it is too large.

    other: the implementation that gave `found`; PyTorch gave `expected`.
    """
    largest = 0.0
    for name, ours, theirs in zip(names, expected, found, strict=True):
        if ours.shape != theirs.shape:
            raise ZlideError(
                where,
                f"{name}: expected {tuple(ours.shape)} as in PyTorch, "
                f"found {tuple(theirs.shape)} in {other}",
                "use static shapes",
            )
        if not ours.is_floating_point():
            continue  # the greedy token may differ at a tie; the logits are compared themselves
        difference = relative_difference(ours, theirs)
        if not difference <= TOLERANCE:
            raise ZlideError(
                where,
                f"{name}: PyTorch and {other} differ by {difference:.2g}",
                "please report this with the module",
            )
        largest = max(largest, difference)
    return largest


def _to_tfjs(function: Any, scratch: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Freeze, optimize and convert: return model.json without weights, and weights by name."""
    import tensorflow as tf
    from tensorflowjs import read_weights
    from tensorflowjs.converters.tf_saved_model_conversion_v2 import convert_tf_saved_model

    module = tf.Module()
    tf.saved_model.save(module, str(scratch / "saved"), signatures={"serving_default": function})
    convert_tf_saved_model(str(scratch / "saved"), str(scratch / "tfjs"))
    model = json.loads((scratch / "tfjs" / "model.json").read_text("utf-8"))
    weights = read_weights.read_weights(
        model["weightsManifest"], str(scratch / "tfjs"), flatten=True
    )
    return model, {entry["name"]: entry["data"] for entry in weights}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress what TensorFlow and the converters print."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    level = logging.root.manager.disable
    logging.disable(logging.ERROR)
    try:
        with (
            contextlib.redirect_stdout(io.StringIO()),
            contextlib.redirect_stderr(io.StringIO()),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)
