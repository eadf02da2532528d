"""PyTorch → ONNX → onnx-tf → TensorFlow.js. Only this room imports onnx or TensorFlow.

`convert.py` imports TensorFlow inside functions, since that takes three seconds.
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
