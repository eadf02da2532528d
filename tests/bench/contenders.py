"""Who competes, from the same sliders: the bundle, ONNX files of the decoder, what the packages make of it without zlide, and its bare products."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from tests.bench import floor, rival
from tests.bench.programs import convert_untouched
from zlide.checkpoint import Checkpoint, SentenceCheckpoint, WorldCheckpoint
from zlide.published import published

STOCK_OPSET = 12
"""The last that onnx-tf converts."""

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Contender:
    """What the page loads, and the PyTorch module whose samples it must give, None where it gives none."""

    load: dict[str, Any]
    decoder: nn.Module | None
    stock: bool = False  # then it takes one position at once, and need not run at all


def of_checkpoint(checkpoint: Checkpoint, bundle: str, models: Path, tell: Tell) -> dict[str, Contender]:
    """Every contender of a model by name, in files below `models`; `bundle` is the address of what zlide publishes, as float16."""
    if isinstance(checkpoint, SentenceCheckpoint):
        return _of_sentences(checkpoint, bundle, models, tell)
    return _of_pictures(checkpoint, bundle, models, tell)


def _of_sentences(checkpoint: SentenceCheckpoint, bundle: str, models: Path, tell: Tell) -> dict[str, Contender]:
    decoder, axes, vocabulary = checkpoint.model.decoder, checkpoint.axes, checkpoint.vocabulary
    position = rival.some_position(axes, 3)
    begin = rival.Begin(axes, decoder)
    with torch.no_grad():
        state = begin(*position.values())
        renewed = rival.renewed_by(decoder, torch.zeros(3, axes.latent), vocabulary.begin)
    before = {"token": torch.zeros(3, dtype=torch.int64), **{f"state{i}": part for i, part in enumerate(state)}}
    after = ["likeliest", *(f"next{i}" for i in renewed)]
    step = rival.Step(decoder, renewed)
    words = {"begin": vocabulary.begin, "end": vocabulary.end, "longest": vocabulary.longest, "renewed": renewed}

    tell("exporting to ONNX")
    rival.write_onnx(rival.Whole(axes, decoder, vocabulary), position, ["tokens"], models / "whole.onnx")
    rival.write_onnx(begin, position, list(before)[1:], models / "start.onnx")
    rival.write_onnx(step, before, after, models / "step.onnx")
    tell("converting ONNX to TensorFlow.js, without zlide")
    for name, module, inputs, outputs in (("start", begin, position, list(before)[1:]), ("step", step, before, after)):
        one = {key: value[:1] for key, value in inputs.items()}
        onnx = rival.write_onnx(module, one, outputs, models / f"stock-{name}.onnx", opset=STOCK_OPSET, dynamic=False)
        convert_untouched(onnx, models / f"stock-{name}")
    once, each = floor.of_sentence(decoder)
    return {
        "zlide": Contender({"kind": "zlide", "bundle": bundle}, published(decoder, "decoder", "float16")),
        "onnxruntime-web, unrolled": Contender({"kind": "unrolled", "model": "../models/whole.onnx", "end": vocabulary.end}, decoder),
        "onnxruntime-web, stepwise": Contender(
            {"kind": "stepwise", "start": "../models/start.onnx", "step": "../models/step.onnx", "words": words}, decoder
        ),
        "stock": Contender(
            {
                "kind": "stock words",
                "start": "../models/stock-start/graph/model.json",
                "step": "../models/stock-step/graph/model.json",
                "words": words,
            },
            decoder,
            stock=True,
        ),
        "floor": _floor([floor.of_axes(axes), *once], each),
    }


def _of_pictures(checkpoint: WorldCheckpoint, bundle: str, models: Path, tell: Tell) -> dict[str, Contender]:
    decoder, axes = checkpoint.model.decoder, checkpoint.axes
    module = rival.Painted(axes, decoder)
    tell("exporting to ONNX")
    rival.write_onnx(module, rival.some_position(axes, 3), ["pixels"], models / "picture.onnx")
    tell("converting ONNX to TensorFlow.js, without zlide")
    onnx = rival.write_onnx(module, rival.some_position(axes, 1), ["pixels"], models / "stock.onnx", opset=STOCK_OPSET, dynamic=False)
    convert_untouched(onnx, models / "stock")
    return {
        "zlide": Contender({"kind": "zlide", "bundle": bundle}, published(decoder, "decoder", "float16")),
        "onnxruntime-web": Contender({"kind": "painted", "model": "../models/picture.onnx"}, decoder),
        "stock": Contender({"kind": "stock pictures", "model": "../models/stock/graph/model.json"}, decoder, stock=True),
        "floor": _floor([floor.of_axes(axes), *floor.of_picture(decoder)], []),
    }


def _floor(once: list[floor.Product], step: list[floor.Product]) -> Contender:
    return Contender({"kind": "floor", "once": [asdict(p) for p in once], "step": [asdict(p) for p in step]}, None)
