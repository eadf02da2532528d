"""PyTorch → ONNX → TensorFlow.js. Only this room imports onnx.

lowering/ replaces layers and functions, trace/ writes ONNX, onnx_file/ reads ONNX,
emit/ turns it into values (ir/),
passes/ make these small, model_json.py and shards.py write them, evaluator/ reads them back.
"""

from __future__ import annotations

from zlide.graph.call_sites import (
    BATCH_STATISTICS,
    Calls,
    CallSite,
    RecordCalls,
    call_site,
    error_site,
)
from zlide.graph.convert import TOLERANCE
from zlide.graph.evaluator.written_graph import read_graph
from zlide.graph.lowering import bake_parametrizations, lower, lowered_functions, register_lowering
from zlide.graph.onnx_file import OnnxModule, read_onnx_module
from zlide.graph.parts import Parts, convert_axes
from zlide.graph.refusals import remedy_for_difference
from zlide.graph.text import convert_text_decoder, convert_text_encoder, decoder_of, encoder_of
from zlide.graph.values import convert_values_decoder, convert_values_encoder

__all__ = [
    "BATCH_STATISTICS",
    "TOLERANCE",
    "CallSite",
    "Calls",
    "OnnxModule",
    "Parts",
    "RecordCalls",
    "bake_parametrizations",
    "call_site",
    "convert_axes",
    "convert_text_decoder",
    "convert_text_encoder",
    "convert_values_decoder",
    "convert_values_encoder",
    "decoder_of",
    "encoder_of",
    "error_site",
    "lower",
    "lowered_functions",
    "read_graph",
    "read_onnx_module",
    "register_lowering",
    "remedy_for_difference",
]
