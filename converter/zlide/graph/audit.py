"""Refuse ops that are not portable, and uses of portable ones that a backend computes wrongly.

An op is portable if the wasm, WebGL and WebGPU backends of TensorFlow.js all run it.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import resources

from zlide.errors import ZlideError
from zlide.graph.ir import PART, Value, in_order
from zlide.graph.refusals import unsupported_remedy

PORTABLE = frozenset((resources.files(__package__) / "portable.txt").read_text("utf-8").split())
"""Portable ops, by TensorFlow's names.

`webapp/src/runtime/portable.test.ts` runs each op of the same list, and checks that all three
backends have its kernels.
"""


def refuse_unportable(outputs: Iterable[Value], where: str) -> None:
    """Raise ZlideError, with the line of the author's code, for an op that is not portable."""
    for value in in_order(list(outputs)):
        if value.op != PART and value.op not in PORTABLE:
            problem = f"expected ops that all browser backends run, found {value.op}"
            raise ZlideError(value.source or where, problem, unsupported_remedy(value.op))
