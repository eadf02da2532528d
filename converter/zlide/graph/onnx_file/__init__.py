"""ONNX files as decoders and encoders: read, make the batch dynamic, run, trace."""

from __future__ import annotations

from zlide.graph.onnx_file.module import OnnxModule
from zlide.graph.onnx_file.read_module import read_onnx_module

__all__ = ["OnnxModule", "read_onnx_module"]
