"""One PyTorch module → one TensorFlow.js graph model on disk, compared with PyTorch on the way."""

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
from zlide.parity import relative_difference

TOLERANCE = 1e-4
"""Largest difference, in float32, between PyTorch and TensorFlow at the same inputs, relative to the largest value (at least 1)."""


@dataclass(frozen=True)
class Converted:
    """A graph as written, its nodes by op without constants, the bytes of its weights, how far TensorFlow was from PyTorch,
    and the graph to run: the tensors of the inputs, in order → those of the outputs."""

    graph: Graph
    ops: dict[str, int]
    weights: int
    difference: float
    run: Callable[..., tuple[Tensor, ...]]


def convert(
    module: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str], to: Path, where: str
) -> Converted:
    """Convert `module`, called with `inputs` (each (B, …), B ≥ 2) in that order, and write `model.json` and shards into `to`.

    `outputs` names the flat tuple that the module returns. Integer inputs are int32 in the graph. The path of the graph in the
    result is `model.json`, to be placed by the caller. An output that the module passes through from an input is left out of the
    graph: its name in the result is the input's.
    Raises ZlideError for what cannot be exported, converted or run by every backend, and for a result that PyTorch does not agree with.
    """
    from zlide.graph.audit import refuse_uneven, refuse_unportable
    from zlide.graph.finite import make_finite, without_infinities
    from zlide.graph.onnx_export import export_onnx
    from zlide.graph.rename import rename
    from zlide.graph.shards import write_graph
    from zlide.graph.simplify import simplify

    with torch.no_grad():
        expected = module(*inputs.values())
    passed = _passed_through(expected, inputs)
    made = [name for name, source in zip(outputs, passed, strict=True) if source is None]
    # In eval mode as a whole: the exporter gives a module back in the mode of its outermost one, and dropout would be live from then on.
    model = make_finite(
        simplify(
            export_onnx(_Only(module, [s is None for s in passed]).eval(), inputs, made, where)
        )
    )
    with _quiet():
        function = _to_tensorflow(model, inputs, made, where)
    names = [source or name for name, source in zip(outputs, passed, strict=True)]
    run = _runner(function, list(inputs), names)
    difference = _compare(_first_run(run, inputs, where), expected, names, where)
    with tempfile.TemporaryDirectory() as scratch, _quiet():
        try:
            converted, weights = rename(*_to_tfjs(function, Path(scratch)), made)
        except (
            ValueError
        ) as error:  # its first line says that ops are unsupported, each of the others names one
            refuse_unportable(str(error).split()[-1:], model, where)
            raise
        nodes = converted["modelTopology"]["node"]
        refuse_unportable((node["op"] for node in nodes), model, where)
        refuse_uneven(nodes, where)
        # TensorFlow computes constants of its own, which may be infinite anew: log(0) of a mask of zeros and ones.
        size = write_graph(
            converted, {name: without_infinities(values) for name, values in weights.items()}, to
        )
    graph = Graph(path="model.json", inputs=list(inputs), outputs=names)
    return Converted(graph, count_ops(nodes), size, difference, run)


class _Only(nn.Module):
    """`module` with only the outputs that `keep` marks."""

    def __init__(self, module: nn.Module, keep: Sequence[bool]) -> None:
        super().__init__()
        self.module = module
        self.keep = list(keep)

    def forward(self, *inputs: Tensor) -> tuple[Tensor, ...]:
        return tuple(
            output for output, keep in zip(self.module(*inputs), self.keep, strict=True) if keep
        )


def _passed_through(outputs: Sequence[Tensor], inputs: Mapping[str, Tensor]) -> list[str | None]:
    """For each output the name of the input that it is, untouched, or None; the first counts as made, when otherwise none would be."""
    sources = [
        next((name for name, tensor in inputs.items() if output is tensor), None)
        for output in outputs
    ]
    return sources if None in sources else [None, *sources[1:]]


def _to_tensorflow(
    model: Any, inputs: Mapping[str, Tensor], outputs: Sequence[str], where: str
) -> Any:
    """The ONNX graph as a TensorFlow function of named tensors with a dynamic batch."""
    import tensorflow as tf
    from onnx_tf.backend import prepare

    from zlide.graph import handlers, pictures  # noqa: F401 (registers them)

    looked_up = {n.input[1] for n in model.graph.node if n.op_type == "Gather"}
    otherwise = {
        name
        for n in model.graph.node
        for i, name in enumerate(n.input)
        if n.op_type != "Gather" or i != 1
    }
    wide = {
        name
        for name, t in inputs.items()
        if not t.is_floating_point() and not (name in looked_up and name not in otherwise)
    }
    specs = {
        name: tf.TensorSpec(
            [None, *t.shape[1:]], tf.float32 if t.is_floating_point() else tf.int32, name=name
        )
        for name, t in inputs.items()
    }

    def made_by(run: Callable[..., dict[str, Any]]) -> Any:
        def call(**tensors: Any) -> dict[str, Any]:
            made = run(
                **{name: tf.cast(t, tf.int64) if name in wide else t for name, t in tensors.items()}
            )
            return {name: made[name] for name in outputs}

        return tf.function(call, autograph=False).get_concrete_function(**specs)

    try:
        module = prepare(model, logging_level=logging.ERROR).tf_module
        as_written: Any = type(module).__call__
        try:
            # That TensorFlow rewrites the Python of the handlers takes most of the time of a conversion, and few need it.
            return made_by(partial(as_written.python_function, module))
        except (
            tf.errors.OperatorNotAllowedInGraphError
        ):  # a handler asks what only a graph that runs can know
            return made_by(module)
    except ZlideError as error:  # a handler of ours says it all
        raise ZlideError(where, str(error)) from error
    except Exception as error:  # onnx-tf raises whatever the handler of an op stumbles over
        if (line := _last_line(error)).startswith(
            "ZlideError: "
        ):  # a handler of ours says it all, and TensorFlow gives that as text
            raise ZlideError(where, line.removeprefix("ZlideError: ")) from error
        raise ZlideError(
            where,
            f"onnx-tf cannot convert it: {line}",
            "use the usual layers and elementwise operations",
        ) from error


def _first_run(
    run: Callable[..., tuple[Tensor, ...]], inputs: Mapping[str, Tensor], where: str
) -> tuple[Tensor, ...]:
    try:
        return run(*inputs.values())
    except Exception as error:  # shapes that do not fit are found when TensorFlow runs
        raise ZlideError(
            where,
            f"TensorFlow cannot run it: {_last_line(error)}",
            "use the usual layers and elementwise operations",
        ) from error


def _last_line(error: Exception) -> str:
    """Where TensorFlow says what is wrong, below a traceback of its own."""
    lines = [line.strip() for line in str(error).splitlines()]
    return next(
        (line for line in reversed(lines) if line and not line.startswith("[[")),
        type(error).__name__,
    )


def _runner(
    function: Any, inputs: Sequence[str], outputs: Sequence[str]
) -> Callable[..., tuple[Tensor, ...]]:
    """`function` from tensors of PyTorch to tensors of PyTorch."""
    import tensorflow as tf

    def run(*tensors: Tensor) -> tuple[Tensor, ...]:
        given = dict(zip(inputs, tensors, strict=True))
        made = function(
            **{
                name: tf.constant(
                    t.detach().numpy().astype(np.float32 if t.is_floating_point() else np.int32)
                )
                for name, t in given.items()
            }
        )
        return tuple(
            given[name] if name in given else torch.from_numpy(made[name].numpy())
            for name in outputs
        )

    return run


def _compare(
    found: Sequence[Tensor], expected: Sequence[Tensor], names: Sequence[str], where: str
) -> float:
    """The largest difference over all outputs. Raises ZlideError where it is too large."""
    worst = 0.0
    for name, ours, theirs in zip(names, expected, found, strict=True):
        if ours.shape != theirs.shape:
            raise ZlideError(
                where,
                f"{name}: PyTorch gives {tuple(ours.shape)}, TensorFlow {tuple(theirs.shape)}",
                "use static shapes",
            )
        if not ours.is_floating_point():
            continue  # the greedy token: a tie of logits, which are compared themselves, may fall either way
        difference = relative_difference(ours, theirs)
        if not difference <= TOLERANCE:
            raise ZlideError(
                where,
                f"{name}: PyTorch and TensorFlow differ by {difference:.2g}",
                "please report this with the module",
            )
        worst = max(worst, difference)
    return worst


def _to_tfjs(function: Any, scratch: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Freeze, optimize and convert → model.json without weights, and the weights by name."""
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
    """Keep what TensorFlow and the converters print to themselves."""
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
