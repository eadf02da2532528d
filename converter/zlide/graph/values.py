"""Convert a decoder and an encoder of samples that are arrays of values, such as pictures.

Pictures have their channels last.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from zlide.converters import Converter
from zlide.errors import ZlideError
from zlide.graph.convert import convert
from zlide.graph.make_model import MAKERS, MakeModel, by_zlide
from zlide.graph.onnx_file import OnnxModule
from zlide.graph.parts import Parts

Module = Callable[[Tensor], Tensor]


def convert_values_decoder(
    decoder: Module,
    z: Tensor,
    folder: Path,
    converter: Converter = Converter.ZLIDE,
    *,
    kind: str,
    name: str,
) -> Parts:
    """Convert to the graph `decoder/<kind>`: z (B, Z) → values (B, …), called `name`.

    Traces with `z`, B ≥ 2.
    """
    return _convert(decoder, {"z": z}, name, folder / "decoder" / kind, converter)


def convert_values_encoder(
    encoder: Module,
    values: Tensor,
    folder: Path,
    converter: Converter = Converter.ZLIDE,
    *,
    kind: str,
    name: str,
) -> Parts:
    """Convert to the graph `encoder/<kind>`: values (B, …), called `name`, → mean (B, Z).

    Traces with `values`, B ≥ 2.
    """
    return _convert(encoder, {name: values}, "mean", folder / "encoder" / kind, converter)


def _convert(
    module: Module, inputs: dict[str, Tensor], output: str, to: Path, converter: Converter
) -> Parts:
    role = to.parent.name
    make = _maker(module, role, converter)
    found = convert(_AsTuple(role, module), inputs, [output], to, role, make)
    return Parts({f"{role}/{to.name}": found})


def _maker(module: Module, where: str, converter: Converter) -> MakeModel:
    """Return what converts a module. Raises ZlideError for an ONNX file by another converter."""
    if not isinstance(module, OnnxModule):
        return MAKERS[converter]
    if converter is not Converter.ZLIDE:
        problem = f"expected a PyTorch module for {converter}, found an ONNX file"
        raise ZlideError(where, problem, "leave out the converter, to use our own")
    return partial(by_zlide, trace=module.trace)


class _AsTuple(nn.Module):
    """A module with its only output in a tuple; `role` is its name in the trace."""

    def __init__(self, role: str, module: Any) -> None:
        super().__init__()
        self.role = role
        self.add_module(role, module)

    def forward(self, x: Tensor) -> tuple[Tensor]:
        return (getattr(self, self.role)(x),)
