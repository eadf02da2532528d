"""Export a PyTorch module to an ONNX graph with a dynamic batch."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from zlide.errors import ZlideError
from zlide.graph.call_sites import CallSite, RecordCalls, error_site
from zlide.graph.lowering.lowered_functions import lowered_functions
from zlide.graph.refusals import remedy_for_function, remedy_in_module
from zlide.graph.source import ModuleOrigin
from zlide.graph.trace.fold import fold_shapes
from zlide.graph.trace.fold_linear_algebra import FoldLinearAlgebra
from zlide.graph.trace.silent_exporter import silent_exporter
from zlide.graph.trace.traces import Traces
from zlide.graph.trace.write_through_views import WriteThroughViews

OPSET = 18
"""The first opset with Col2Im, which F.fold becomes."""

_OPERATOR = re.compile(r"operator (?:'\w+::)?(?P<name>\w+)")
"""The operator that a message of the exporter names."""


def export_onnx(
    module: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str], where: str
) -> Traces:
    """Trace `module(*inputs)` with as many rows as the inputs have, and with more.

    inputs: tensors (B, …), B ≥ 2. Raises ZlideError if PyTorch cannot export the module.
    """
    more = {name: torch.cat([tensor, tensor[:2]]) for name, tensor in inputs.items()}
    one, other = (fold_shapes(_trace(module, rows, outputs, where)) for rows in (inputs, more))
    rows = len(next(iter(inputs.values())))
    return Traces(one, other, (rows, rows + 2), ModuleOrigin(where))


def _trace(
    module: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str], where: str
) -> onnx.ModelProto:
    """Return the graph for these sizes only."""
    record = RecordCalls(getattr(module, "module", module), "")
    try:
        with (
            tempfile.TemporaryDirectory() as scratch,
            silent_exporter(),
            torch.no_grad(),
            record,
            FoldLinearAlgebra(len(inputs)),
            WriteThroughViews(record.module, "", len(next(iter(inputs.values())))),
            lowered_functions(),
        ):
            file = Path(scratch, "model.onnx")
            torch.onnx.export(
                module,
                tuple(inputs.values()),
                file,
                input_names=list(inputs),
                output_names=list(outputs),
                opset_version=OPSET,
                dynamo=False,
                verbose=True,  # keeps the lines of the author's code
            )
            return _with_inputs(onnx.load(str(file)), inputs)
    except (ZlideError, OSError):  # errors of the disk are not the module's
        raise
    except Exception as error:  # the exporter raises many types, RuntimeError of its C++ part too
        raise _refusal(error, record, where) from error


def _refusal(error: Exception, record: RecordCalls, where: str) -> ZlideError:
    """Return the error for what PyTorch cannot export, with the layer and the author's line."""
    line = _first_line(error)
    if (match := _OPERATOR.search(line)) is None:
        site = error_site(error, record.module, "")
        problem = f"cannot be exported to ONNX: {line}"
        is_compiled = "dynamo-optimized" in line
        remedy = "leave torch.compile out of it" if is_compiled else remedy_in_module("")
        return ZlideError(site if site.line else where, problem, remedy)
    function = match["name"].strip("_")
    site = record.calls.of(function) or CallSite(where)
    known = line.startswith("Exporting the operator")
    problem = f"cannot convert {function}" if known else f"cannot be exported to ONNX: {line}"
    return ZlideError(site, problem, remedy_for_function(function))


def _with_inputs(model: onnx.ModelProto, inputs: Mapping[str, Tensor]) -> onnx.ModelProto:
    """Add the inputs that the exporter left out as unused: the batch may be taken from them."""
    present = {value.name for value in model.graph.input}
    for name, tensor in inputs.items():
        if name not in present:
            kind = onnx.TensorProto.FLOAT if tensor.is_floating_point() else onnx.TensorProto.INT64
            model.graph.input.append(onnx.helper.make_tensor_value_info(name, kind, tensor.shape))
    return model


def _first_line(error: Exception) -> str:
    """Return the exporter's message without its request for a report and without values."""
    line = next(
        (line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__
    )
    return re.split(r"\. Please |\s*\[Caused by ", line)[0]
