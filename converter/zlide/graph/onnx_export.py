"""A PyTorch module → an ONNX graph with a dynamic batch."""

from __future__ import annotations

import contextlib
import re
import tempfile
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from zlide.errors import ZlideError
from zlide.graph.audit import refuse_onnx_ops
from zlide.graph.batch import free_batch
from zlide.graph.fold import fold_shapes

OPSET = 12
"""The last one whose Unsqueeze, Squeeze and Split onnx-tf 1.10 knows."""

_LOG = "_jit_onnx_log"


def export_onnx(
    module: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str], where: str
) -> onnx.ModelProto:
    """Trace `module(*inputs)`, whose first dimensions are the batch, at least 2. Raises ZlideError for what cannot be exported."""
    more = {name: torch.cat([tensor, tensor[:2]]) for name, tensor in inputs.items()}
    one, other = (fold_shapes(_trace(module, rows, outputs, where)) for rows in (inputs, more))
    refuse_onnx_ops(one, where)
    return free_batch(one, other, where)


def _trace(
    module: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str], where: str
) -> onnx.ModelProto:
    """The graph at exactly these sizes."""
    try:
        with tempfile.TemporaryDirectory() as scratch, _silent(), torch.no_grad():
            file = Path(scratch, "model.onnx")
            torch.onnx.export(
                module,
                tuple(inputs.values()),
                file,
                input_names=list(inputs),
                output_names=list(outputs),
                opset_version=OPSET,
                dynamo=False,
            )
            return _with_inputs(onnx.load(str(file)), inputs)
    except (ZlideError, OSError):  # the disk's are no fault of the module
        raise
    except (
        Exception
    ) as error:  # the exporter raises many types, down to RuntimeError of its C++ half
        raise ZlideError(
            where, f"cannot be exported to ONNX: {_first_line(error)}", "use standard layers"
        ) from error


def _with_inputs(model: onnx.ModelProto, inputs: Mapping[str, Tensor]) -> onnx.ModelProto:
    """With the inputs that the exporter left out because nothing reads them: what becomes of the batch may."""
    held = {value.name for value in model.graph.input}
    for name, tensor in inputs.items():
        if name not in held:
            kind = onnx.TensorProto.FLOAT if tensor.is_floating_point() else onnx.TensorProto.INT64
            model.graph.input.append(onnx.helper.make_tensor_value_info(name, kind, tensor.shape))
    return model


@contextlib.contextmanager
def _silent() -> Iterator[None]:
    """Without the warnings of tracing, which parity answers, and without the whole graph that PyTorch prints when it fails."""
    log = getattr(torch._C, _LOG)  # noqa: SLF001 (the exporter switches its log on and offers no way to switch it off)
    setattr(torch._C, _LOG, lambda *_: None)  # noqa: SLF001
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        setattr(torch._C, _LOG, log)  # noqa: SLF001


def _first_line(error: Exception) -> str:
    """What the exporter has to say, without the request to report it and the values that it was about."""
    line = next(
        (line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__
    )
    return re.split(r"\. Please |\s*\[Caused by ", line)[0]
