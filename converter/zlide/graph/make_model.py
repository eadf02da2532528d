"""A module as the nodes of a model.json and its weights, by each of the converters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from torch import Tensor, nn

from zlide.converters import Converter
from zlide.graph.audit import refuse_unportable
from zlide.graph.emit import emit_graph
from zlide.graph.model_json import Weights, to_model_json
from zlide.graph.passes import optimize
from zlide.graph.trace.onnx_export import export_onnx
from zlide.graph.trace.traces import Traces

Inputs = Mapping[str, Tensor]

Trace = Callable[[nn.Module, Inputs, Sequence[str], str], Traces]
"""Writes a module as ONNX, as `export_onnx` does."""

MakeModel = Callable[[nn.Module, Inputs, Sequence[str], str], tuple[dict[str, Any], Weights]]
"""Returns model.json without its weights, and the weights by name.

It takes a lowered module in eval mode, its inputs (B, …) by name with B ≥ 2, and the names of the
flat tuple that it returns. The last argument is the place that errors name.
"""


def by_zlide(
    module: nn.Module,
    inputs: Inputs,
    outputs: Sequence[str],
    where: str,
    trace: Trace = export_onnx,
) -> tuple[dict[str, Any], Weights]:
    """Convert by our own converter, as `MakeModel` says.

    trace: writes the module as ONNX; by default PyTorch does.
    """
    emitted = emit_graph(trace(module, inputs, outputs, where), where)
    found = dict(zip(outputs, optimize([emitted.outputs[name] for name in outputs]), strict=True))
    refuse_unportable(found.values(), where)
    return to_model_json({name: emitted.inputs[name] for name in inputs}, found)


def _by_onnx_tf(
    module: nn.Module, inputs: Inputs, outputs: Sequence[str], where: str
) -> tuple[dict[str, Any], Weights]:
    from zlide.graph.onnx_tf.chain import convert_by_chain

    return convert_by_chain(module, inputs, outputs, where)


MAKERS: Mapping[Converter, MakeModel] = {
    Converter.ZLIDE: by_zlide,
    Converter.ONNX_TF: _by_onnx_tf,
}
