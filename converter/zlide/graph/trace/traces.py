"""Two traces of one module or file, with different numbers of rows in the batch."""

from __future__ import annotations

from dataclasses import dataclass

import onnx

from zlide.graph.source import Origin


@dataclass(frozen=True)
class Traces:
    """ONNX graphs of fixed sizes, for `rows[0]` and for `rows[1]` rows.

    origin: where their nodes come from.
    """

    one: onnx.ModelProto
    other: onnx.ModelProto
    rows: tuple[int, int]
    origin: Origin
