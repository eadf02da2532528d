"""conv(pad(x)) with zeros → conv(x) with padding of its own.

Before: Pad ((0, 0), (1, 1), (1, 1), (0, 0)) → Conv2D VALID. After: Conv2D EXPLICIT.
"""

from __future__ import annotations

from zlide.graph.ir import Uses, Value, make


def pad_into_convolution(_uses: Uses, value: Value) -> Value | None:
    source = value.inputs[0] if value.op == "Conv2D" else None
    if source is None or source.op != "Pad" or value.attributes["padding"] == "SAME":
        return None
    widths = source.inputs[1].array
    if widths is None or widths[[0, 3]].any():
        return None
    own = value.attributes.get("explicit_paddings") or [0] * 8
    both = [int(a + b) for a, b in zip(own, widths.ravel(), strict=True)]
    attributes = {**value.attributes, "padding": "EXPLICIT", "explicit_paddings": both}
    return make("Conv2D", source.inputs[0], value.inputs[1], **attributes)
