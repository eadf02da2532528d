"""transpose of whole numbers or truth values → cast to floats and back.

Before: mask bool → Transpose. After: Cast to float32 → Transpose → Cast to bool.
WebGPU has no shader that transposes anything but floats.
"""

from __future__ import annotations

from zlide.graph.ir import FLOAT, Uses, Value
from zlide.graph.ir.build import cast, to_float, transpose
from zlide.graph.passes.kinds import permutation


def transpose_as_float(_uses: Uses, value: Value) -> Value | None:
    perm = permutation(value)
    if perm is None or value.dtype == FLOAT:
        return None
    return cast(transpose(to_float(value.inputs[0]), perm), value.dtype)
