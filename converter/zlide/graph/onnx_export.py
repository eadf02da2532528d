"""A PyTorch module → an ONNX graph with a dynamic batch."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from zlide.errors import ZlideError

OPSET = 12
"""The last one whose Unsqueeze, Squeeze and Split onnx-tf 1.10 knows."""


def export_onnx(module: nn.Module, inputs: Mapping[str, Tensor], outputs: Sequence[str], where: str) -> onnx.ModelProto:
    """Trace `module(*inputs)`, whose first dimensions are the batch. Raises ZlideError for what cannot be exported."""
    names = [*inputs, *outputs]
    try:
        with tempfile.TemporaryDirectory() as scratch, warnings.catch_warnings(), torch.no_grad():
            file = Path(scratch, "model.onnx")
            warnings.simplefilter("ignore")  # of tracing: what it warns of is checked afterwards, by the audit and by parity
            torch.onnx.export(
                module,
                tuple(inputs.values()),
                file,
                input_names=list(inputs),
                output_names=list(outputs),
                dynamic_axes={name: {0: "batch"} for name in names},
                opset_version=OPSET,
                dynamo=False,
            )
            return onnx.load(str(file))
    except ZlideError:
        raise
    except Exception as error:  # the exporter raises many types, down to RuntimeError of its C++ half
        raise ZlideError(where, f"cannot be exported to ONNX: {_first_line(error)}", "use standard layers and static shapes") from error


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
