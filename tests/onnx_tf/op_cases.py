"""Test cases for every op of the evaluator: those of the page, and ops that exporting refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.browser.op_cases import CASES, Case, Data


def transposed_convolutions() -> Iterator[Case]:
    windows: list[dict[str, Any]] = [
        {"padding": "SAME"},
        {"padding": "VALID"},
        {"padding": "EXPLICIT", "explicit_paddings": [0, 0, 1, 1, 0, 2, 0, 0]},
    ]
    for stride in (1, 2, 3):
        for window in windows:
            attributes = {"strides": [1, stride, stride, 1], **window}
            size = [2, 8, 7, 3]
            before = window.get("explicit_paddings", [0] * 8)
            sizes = [
                -(-n // stride)
                if window["padding"] == "SAME"
                else (n + before[2 * i + 2] + before[2 * i + 3] - 3) // stride + 1
                for i, n in enumerate(size[1:3])
            ]
            yield Case((size, Data((3, 3, 3, 4)), Data((2, *sizes, 4))), attributes)


TESTED = {**CASES, "Conv2DBackpropInput": list(transposed_convolutions())}


def reversed_sums() -> list[Case]:
    """Return sums from the end, which the page's WebGPU gets wrong and exporting refuses."""
    return [
        Case((Data((2, 3, 4)), axis), {"exclusive": exclusive, "reverse": True})
        for axis in range(-3, 3)
        for exclusive in (False, True)
    ]


TESTED["Cumsum"] = [*TESTED["Cumsum"], *reversed_sums()]
