"""Two traces of one module, with different numbers of rows in the batch."""

from __future__ import annotations

from dataclasses import dataclass

import onnx


@dataclass(frozen=True)
class Traces:
    """ONNX graphs of fixed sizes, for `rows[0]` and for `rows[1]` rows."""

    one: onnx.ModelProto
    other: onnx.ModelProto
    rows: tuple[int, int]
