"""Convert a decoder and an encoder of samples that are arrays of values, such as pictures.

Pictures have their channels last.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from zlide.graph.convert import convert
from zlide.graph.onnx_file import OnnxModule
from zlide.graph.parts import Parts
from zlide.graph.trace.onnx_export import export_onnx

Module = Callable[[Tensor], Tensor]


def convert_values_decoder(
    decoder: Module, z: Tensor, folder: Path, *, kind: str, name: str
) -> Parts:
    """Convert to the graph `decoder/<kind>`: z (B, Z) → values (B, …), called `name`.

    Traces with `z`, B ≥ 2.
    """
    return _convert("decoder", decoder, {"z": z}, name, folder, kind)


def convert_values_encoder(
    encoder: Module, values: Tensor, folder: Path, *, kind: str, name: str
) -> Parts:
    """Convert to the graph `encoder/<kind>`: values (B, …), called `name`, → mean (B, Z).

    Traces with `values`, B ≥ 2.
    """
    return _convert("encoder", encoder, {name: values}, "mean", folder, kind)


def _convert(
    where: str, module: Module, inputs: dict[str, Tensor], output: str, folder: Path, kind: str
) -> Parts:
    path = f"{where}/{kind}"
    trace = module.trace if isinstance(module, OnnxModule) else export_onnx
    to = folder / path
    return Parts({path: convert(_AsTuple(where, module), inputs, [output], to, where, trace)})


class _AsTuple(nn.Module):
    """A module with its only output in a tuple; `role` is its name in the trace."""

    def __init__(self, role: str, module: Any) -> None:
        super().__init__()
        self.role = role
        self.add_module(role, module)

    def forward(self, x: Tensor) -> tuple[Tensor]:
        return (getattr(self, self.role)(x),)
