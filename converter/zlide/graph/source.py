"""Where an ONNX node comes from in the author's code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import onnx
import torch

from zlide.graph.refusals import remedy_in_file, remedy_in_module

_FRAME = re.compile(r"^(?P<path>.+)\((?P<line>\d+)\): ")

_LIBRARIES = (Path(torch.__file__).parent, Path(__file__).parents[1])
"""Code that is not the author's: PyTorch's and zlide's."""


class Origin(Protocol):
    """The module or the file that a graph comes from."""

    def locate(self, node: onnx.NodeProto) -> str:
        """Return where a node comes from, as an error names it."""

    def remedy(self, op: str) -> str:
        """Return a way that works instead of an ONNX op."""


@dataclass(frozen=True)
class ModuleOrigin:
    """A module that PyTorch traced; `where` names it if none of its layers computes a node."""

    where: str

    def locate(self, node: onnx.NodeProto) -> str:
        """Return the path of the layer in the module, and the author's line that calls it."""
        # The exporter names nodes by their layer: "/module/decoder/block.0/conv/Conv".
        layer = ".".join(node.name.split("/")[2:-1]) or self.where
        line = author_line(node.doc_string)
        return layer if line is None else f"{layer} ({line})"

    def remedy(self, op: str) -> str:
        return remedy_in_module(op)


@dataclass(frozen=True)
class FileOrigin:
    """An ONNX file, all of whose nodes have names."""

    name: str

    def locate(self, node: onnx.NodeProto) -> str:
        return f"{self.name}, node {node.name}"

    def remedy(self, op: str) -> str:
        return remedy_in_file(op)


def author_line(trace: str) -> str | None:
    """Return file and line of the innermost frame of a trace that is the author's."""
    for frame in trace.splitlines():
        match = _FRAME.match(frame.strip())
        if match is None:
            continue
        path = Path(match["path"])
        if not any(path.is_relative_to(folder) for folder in _LIBRARIES):
            return f"{path.name}, line {match['line']}"
    return None
