"""Where an ONNX node comes from in the author's code."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch

_FRAME = re.compile(r"^(?P<path>.+)\((?P<line>\d+)\): ")

_LIBRARIES = (Path(torch.__file__).parent, Path(__file__).parents[1])
"""Code that is not the author's: PyTorch's and zlide's."""


@dataclass(frozen=True)
class Source:
    """The layer that computes a node, by its path in the module, and the line that calls it."""

    layer: str
    line: str | None

    def __str__(self) -> str:
        return self.layer if self.line is None else f"{self.layer} ({self.line})"


def source_of(node: onnx.NodeProto, where: str) -> Source:
    """Return the source of a node; `where` names the module if none of its layers computes it."""
    # The exporter names nodes by their layer: "/module/decoder/block.0/conv/Conv".
    path = ".".join(node.name.split("/")[2:-1])
    return Source(path or where, author_line(node.doc_string))


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
