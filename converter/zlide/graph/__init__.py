"""torch → ONNX → onnx-tf → TensorFlow.js. The only folder that imports onnx or TensorFlow.

`convert.py` is the way in; nothing is imported here, so that TensorFlow's three seconds are paid by who needs it.
"""

from __future__ import annotations

from zlide.graph.convert import TOLERANCE
from zlide.graph.image import convert_image_decoder, convert_image_encoder
from zlide.graph.lowering.layers import bake_parametrizations, lower
from zlide.graph.parts import Parts, convert_axes
from zlide.graph.text import convert_text_decoder, convert_text_encoder, decoder_of, encoder_of

__all__ = [
    "TOLERANCE",
    "Parts",
    "bake_parametrizations",
    "convert_axes",
    "convert_image_decoder",
    "convert_image_encoder",
    "convert_text_decoder",
    "convert_text_encoder",
    "decoder_of",
    "encoder_of",
    "lower",
]
