"""Load the weights of an ONNX model that lie in other files."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from onnx import ModelProto, TensorProto, helper

from zlide.errors import ZlideError
from zlide.files import is_plain_path
from zlide.graph.onnx_file.limits import refuse_large

_KEEP_BESIDE = "keep the files of the export in one folder"


@dataclass(frozen=True)
class _Part:
    """The bytes of a tensor in a file."""

    tensor: TensorProto
    file: Path
    offset: int
    length: int


def load_external_data(model: ModelProto, path: Path) -> None:
    """Read the external data of the model at `path` into it.

    Raises ZlideError for files that are missing or outside the model's folder, and for sizes that
    are not those of the tensors or too large. All sizes are checked before a file is read.
    """
    parts = [
        _part(tensor, path)
        for tensor in _tensors(model)
        if tensor.data_location == TensorProto.EXTERNAL
    ]
    refuse_large(path, path.stat().st_size + sum(part.length for part in parts))
    for part in parts:
        with part.file.open("rb") as file:
            file.seek(part.offset)
            part.tensor.raw_data = file.read(part.length)
        part.tensor.data_location = TensorProto.DEFAULT
        del part.tensor.external_data[:]


def _tensors(model: ModelProto) -> Iterator[TensorProto]:
    yield from model.graph.initializer
    for node in model.graph.node:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)


def _part(tensor: TensorProto, path: Path) -> _Part:
    """Return where the numbers of a tensor are. Raises ZlideError if they cannot be there."""
    facts = {entry.key: entry.value for entry in tensor.external_data}
    location = facts.get("location", "")
    file = path.parent / location
    if not is_plain_path(location) or not file.resolve().is_relative_to(path.parent.resolve()):
        problem = f"expected external data in the folder of the file, found {location!r}"
        raise ZlideError(path, problem, _KEEP_BESIDE)
    if not file.is_file():
        raise ZlideError(path, f"expected its weights in {location}, found none", _KEEP_BESIDE)
    available = file.stat().st_size
    try:
        offset = int(facts.get("offset", 0))
        length = int(facts.get("length", available - offset))
        dtype = helper.tensor_dtype_to_np_dtype(tensor.data_type)
    except (ValueError, KeyError) as error:
        problem = f"expected the place of {tensor.name} in {location}, found {facts}"
        raise ZlideError(path, problem, "export it again") from error
    expected = math.prod(tensor.dims) * dtype.itemsize
    if length != expected or not 0 <= offset <= available - length:
        problem = (
            f"expected {expected:,} bytes of {tensor.name} in {location}, "
            f"found {min(length, available - offset):,}"
        )
        raise ZlideError(path, problem, "export it again, with the file of its weights")
    return _Part(tensor, file, offset, length)
