"""PyTorch → ONNX → onnx-tf → TensorFlow.js. Only this room imports onnx or TensorFlow.

`convert.py` imports TensorFlow inside functions, since that takes three seconds.
"""

from __future__ import annotations

from zlide.graph.convert import TOLERANCE
from zlide.graph.evaluator.written_graph import read_graph
from zlide.graph.lowering import lowered_functions, bake_parametrizations, lower, register_lowering
from zlide.graph.parts import Parts, convert_axes
from zlide.graph.text import convert_text_decoder, convert_text_encoder, decoder_of, encoder_of
from zlide.graph.values import convert_values_decoder, convert_values_encoder

__all__ = [
    "TOLERANCE",
    "lowered_functions",
    "Parts",
    "bake_parametrizations",
    "convert_axes",
    "convert_text_decoder",
    "convert_text_encoder",
    "convert_values_decoder",
    "convert_values_encoder",
    "decoder_of",
    "encoder_of",
    "lower",
    "read_graph",
    "register_lowering",
]
