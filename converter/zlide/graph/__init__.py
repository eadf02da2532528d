"""PyTorch → ONNX → TensorFlow.js. Only this room imports onnx.

lowering/ replaces layers and functions, trace/ writes ONNX, onnx_file/ reads ONNX,
emit/ turns it into values (ir/),
passes/ make these small, model_json.py and shards.py write them, evaluator/ reads them back.
"""

from __future__ import annotations

from zlide.graph.convert import TOLERANCE
from zlide.graph.evaluator.written_graph import read_graph
from zlide.graph.lowering import bake_parametrizations, lower, lowered_functions, register_lowering
from zlide.graph.onnx_file import OnnxModule, read_onnx_module
from zlide.graph.parts import Parts, convert_axes
from zlide.graph.text import convert_text_decoder, convert_text_encoder, decoder_of, encoder_of
from zlide.graph.values import convert_values_decoder, convert_values_encoder

__all__ = [
    "TOLERANCE",
    "OnnxModule",
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
    "lowered_functions",
    "read_graph",
    "read_onnx_module",
    "register_lowering",
]
