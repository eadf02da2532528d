"""The stock chain in one process: torch.onnx.export → onnx-tf → TensorFlow.js, without checks."""

from __future__ import annotations

from pathlib import Path

from onnx_tf.backend import prepare
from tensorflowjs.converters.tf_saved_model_conversion_v2 import convert_tf_saved_model

from tests.bench import rival
from zlide.checkpoint import read_checkpoint


def main(weights: Path, to: Path) -> None:
    """Convert each part of the decoder in `weights` into a folder of its own in `to`."""
    to.mkdir(parents=True)
    for name, onnx in rival.write_stock(read_checkpoint(weights), to):
        convert(onnx, to / name)


def convert(onnx_file: Path, to: Path) -> None:
    import onnx

    prepare(onnx.load(onnx_file)).export_graph(str(to / "saved"))
    convert_tf_saved_model(
        str(to / "saved"), str(to / "graph"), strip_debug_ops=True
    )  # as its command does
