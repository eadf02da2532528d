"""Export a PyTorch module to an ONNX graph that onnx-tf reads."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from zlide.errors import ZlideError
from zlide.graph.lowering import lowered_functions
from zlide.graph.trace.silent_exporter import silent_exporter

OPSET = 12
"""The last opset of which onnx-tf 1.10 knows Squeeze, Unsqueeze and Split."""


REMEDY = "leave out the converter, to use our own"


def export_opset_12(
    module: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str], where: str
) -> onnx.ModelProto:
    """Trace `module(*inputs)` once, with a dynamic first dimension of all inputs and outputs.

    Raises ZlideError if PyTorch cannot export the module at this opset.
    """
    try:
        with (
            tempfile.TemporaryDirectory() as scratch,
            torch.no_grad(),
            silent_exporter(),
            lowered_functions(),
        ):
            file = Path(scratch, "model.onnx")
            torch.onnx.export(
                module,
                tuple(inputs.values()),
                file,
                input_names=list(inputs),
                output_names=list(outputs),
                dynamic_axes={name: {0: "batch"} for name in (*inputs, *outputs)},
                opset_version=OPSET,
                dynamo=False,
            )
            return onnx.load(str(file))
    except (ZlideError, OSError):  # errors of the disk are not the module's
        raise
    except Exception as error:  # the exporter raises many types, RuntimeError of its C++ part too
        lines = str(error).splitlines() or [type(error).__name__]
        raise ZlideError(
            where,
            f"cannot be exported to ONNX at opset {OPSET}, which onnx-tf reads: {lines[0]}",
            REMEDY,
        ) from error
