"""Refuse ops that are not portable, and uses of portable ones that a backend cannot run.

An op is portable if the wasm, WebGL and WebGPU backends of TensorFlow.js all run it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from importlib import resources

from zlide.errors import ZlideError
from zlide.graph.ir import PART, Value, in_order
from zlide.graph.refusals import remedy_in_module

PORTABLE = frozenset(
    json.loads((resources.files(__package__) / "portable.json").read_text("utf-8"))
)
"""Portable ops, by TensorFlow's names.

`npm run portable` writes the list from what TensorFlow.js registers. The page's build leaves out
the rest of TensorFlow.js.
"""

_FLOAT_ONLY = frozenset({"Sum", "Mean", "Max", "Min", "Prod", "ArgMax", "ArgMin", "Transpose"})
"""Ops for which WebGPU has no shader for whole numbers."""

MAX_RANK = 4
"""Dimensions up to which all backends run the ops below."""

UP_TO_MAX_RANK = frozenset(
    "SelectV2 Cumsum ReverseV2 Pad PadV2 MirrorPad StridedSlice Tile BroadcastTo".split()
)
"""Ops that WebGL or WebGPU run in at most `MAX_RANK` dimensions."""


def refuse_unportable(outputs: Iterable[Value], where: str) -> None:
    """Raise ZlideError, with the line of the author's code, for what some backend cannot run.

    `tests/browser/test_ops.py` runs all other uses of the portable ops.
    """
    for value in in_order(list(outputs)):
        if value.op != PART and value.op not in PORTABLE:
            problem = f"expected ops that all browser backends run, found {value.op}"
            raise ZlideError(value.source or where, problem, remedy_in_module(value.op))
        for use in unsupported_uses(value):
            problem = f"expected uses of ops that all backends run, found {value.op} {use}"
            raise ZlideError(value.source or where, problem, remedy_in_module(value.op))


def unsupported_uses(value: Value) -> Iterator[str]:
    """Yield the uses that a backend of TensorFlow.js 4.22 cannot run, or computes wrongly.

    WebGPU has no shader for some ops of whole numbers, and sums from the end wrongly. WebAssembly
    reverses booleans outside its memory. Conv3D pads negatively if strides exceed the kernel.
    """
    kind = value.inputs[0].dtype.kind if value.inputs else "f"
    if value.op in _FLOAT_ONLY and kind == "i":
        yield "of whole numbers"
    if value.op in {"Transpose", "ReverseV2"} and kind == "b":
        yield "of booleans"
    if value.op in UP_TO_MAX_RANK and value.rank > MAX_RANK:
        yield f"in {value.rank} dimensions"
    if value.op == "Conv3D" and value.attributes["padding"] == "SAME":
        yield "with padding SAME"
    if value.op == "Cumsum" and value.attributes.get("reverse"):
        yield "from the end"
    if value.op == "Conv2D" and {*value.attributes["strides"]} != {1} != {
        *value.attributes["dilations"]
    }:
        yield "with strides and dilation"
