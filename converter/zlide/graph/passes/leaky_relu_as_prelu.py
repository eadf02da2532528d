"""leaky_relu(x) → prelu(x, slopes), with the same slope for each channel.

Before: _FusedConv2D → LeakyRelu. After: _FusedConv2D → Prelu, which can be fused.
The wasm backend takes 5 ns an element for LeakyRelu, and 0.2 for Prelu.
"""

from __future__ import annotations

import numpy as np

from zlide.graph.ir import Uses, Value, const, make

MIN_CHANNELS = 4
"""Channels from which Prelu is the faster: its kernel goes channel by channel, 4 at a time."""


def leaky_relu_as_prelu(_uses: Uses, value: Value) -> Value | None:
    if value.op != "LeakyRelu" or value.rank < 2 or value.shape[-1] < MIN_CHANNELS:
        return None
    slopes = np.full(value.shape[-1], value.attributes["alpha"], np.float32)
    return make("Prelu", value.inputs[0], const(slopes))
