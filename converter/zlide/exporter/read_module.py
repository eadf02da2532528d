"""Take a decoder or an encoder as a module, or as the path of an ONNX file."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import Any

from zlide.errors import ZlideError
from zlide.graph import read_onnx_module
from zlide.modalities import Modality, ValuesModality


def read_module(module: Any, kind: Modality) -> Any:
    """Return the module in an ONNX file for a path, and anything else as it is.

    Raises ZlideError for a file that cannot be read or converted, and for one of text: a file holds
    one function, and a text decoder has two.
    """
    if not isinstance(module, str | PathLike):
        return module
    path = Path(module)
    if not isinstance(kind, ValuesModality):
        problem = f"expected an nn.Module for {kind.decoder_spec.samples}, found an ONNX file"
        remedy = "a file holds one function; give a module with the methods start and step"
        raise ZlideError(path, problem, remedy)
    return read_onnx_module(path, channels_last=kind.channels_last)
