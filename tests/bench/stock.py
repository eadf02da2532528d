"""The road without zlide, in one process: torch.onnx.export → onnx-tf → TensorFlow.js, of the decoder alone, nothing compared.

python -m tests.bench.stock weights/sentences FOLDER   prints the seconds after the imports
"""

from __future__ import annotations

import sys
from pathlib import Path
from time import perf_counter

import click
import torch
from onnx_tf.backend import prepare
from tensorflowjs.converters.tf_saved_model_conversion_v2 import convert_tf_saved_model

from tests.bench import rival
from tests.bench.contenders import STOCK_OPSET
from zlide.checkpoint import SentenceCheckpoint, read_checkpoint


def main(weights: Path, to: Path) -> None:
    checkpoint = read_checkpoint(weights)
    position = rival.some_position(checkpoint.axes, 1)
    to.mkdir(parents=True)
    if isinstance(checkpoint, SentenceCheckpoint):
        decoder, begin = checkpoint.model.decoder, checkpoint.vocabulary.begin
        first = rival.Begin(checkpoint.axes, decoder)
        with torch.no_grad():
            state = first(*position.values())
            renewed = rival.renewed_by(decoder, torch.zeros(1, checkpoint.axes.latent), begin)
        before = {"token": torch.zeros(1, dtype=torch.int64), **{f"state{i}": part for i, part in enumerate(state)}}
        parts = [
            ("start", first, position, list(before)[1:]),
            ("step", rival.Step(decoder, renewed), before, ["likeliest", *(f"next{i}" for i in renewed)]),
        ]
    else:
        parts = [("picture", rival.Painted(checkpoint.axes, checkpoint.model.decoder), position, ["pixels"])]
    for name, module, inputs, outputs in parts:
        onnx = rival.write_onnx(module, inputs, outputs, to / f"{name}.onnx", opset=STOCK_OPSET, dynamic=False)
        convert(onnx, to / name)


def convert(onnx_file: Path, to: Path) -> None:
    import onnx

    prepare(onnx.load(onnx_file)).export_graph(str(to / "saved"))
    convert_tf_saved_model(str(to / "saved"), str(to / "graph"), strip_debug_ops=True)  # as its command does


if __name__ == "__main__":
    began = perf_counter()
    main(*map(Path, sys.argv[1:]))
    click.echo(perf_counter() - began)
