"""The contenders: the bundle, ONNX files, the stock conversion without zlide, and bare products."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from tests.bench import floor, litert, rival
from tests.bench.larger import LargerDecoder
from tests.bench.programs import CHAIN, convert_untouched
from zlide.bundle.manifest import Precision
from zlide.checkpoint import Checkpoint, SentenceCheckpoint, WorldCheckpoint
from zlide.contract.freeze import freeze
from zlide.errors import ZlideError
from zlide.graph import lower
from zlide.graph.convert import convert

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Contender:
    """The files that the page loads, and the PyTorch module that gives the same samples, if any."""

    load: dict[str, Any]
    decoder: nn.Module | None
    stock: bool = False  # then it takes one position at once, and need not run at all


class Values(nn.Module):
    """A module whose output is in a tuple, as those of a converted module are."""

    def __init__(self, module: nn.Module) -> None:
        super().__init__()
        self.module = module

    def forward(self, *inputs: Tensor) -> tuple[Tensor]:
        return (self.module(*inputs),)


def of_larger(
    larger: LargerDecoder, models: Path, tell: Tell
) -> tuple[dict[str, Contender], dict[str, str]]:
    """Return the contenders of a larger decoder, and why others are missing.

    zlide is its graph in float32, from the sliders on, run as the page runs it. A bundle would be
    compared at many positions before it is written, which takes minutes.
    """
    models.mkdir(parents=True, exist_ok=True)
    picture = rival.ImageModality(larger.axes, larger.decoder)
    tell("converting with zlide")
    inputs = rival.some_position(larger.axes, 2)
    convert(Values(lower(picture)), inputs, ["pixels"], models / "graph", "a larger decoder")
    tell("exporting to ONNX")
    inputs = rival.some_position(larger.axes, 3)
    rival.write_onnx(rival.Exported(picture, inputs, ["pixels"]), models / "picture.onnx")
    contenders = {
        "zlide": Contender({"kind": "graph", "folder": "../models/graph/"}, larger.decoder),
        "onnxruntime-web": Contender(
            {"kind": "painted", "model": "../models/picture.onnx"}, larger.decoder
        ),
    }
    tell("converting to LiteRT")
    try:
        litert.write_tflite(picture, rival.some_position(larger.axes, 1), models / "picture.tflite")
    except ZlideError as error:
        return contenders, {"LiteRT.js": error.problem}
    load = {"kind": "tflite", "model": "../models/picture.tflite"}
    return {**contenders, "LiteRT.js": Contender(load, larger.decoder)}, {}


def of_checkpoint(
    checkpoint: Checkpoint, bundle: str, precision: Precision, models: Path, tell: Tell
) -> dict[str, Contender]:
    """Return the contenders of a model by name, with files below `models`.

    bundle: Address of the bundle.
    precision: Its precision.
    """
    if isinstance(checkpoint, SentenceCheckpoint):
        return _of_sentences(checkpoint, bundle, precision, models, tell)
    return _of_pictures(checkpoint, bundle, precision, models, tell)


def _of_sentences(
    checkpoint: SentenceCheckpoint, bundle: str, precision: Precision, models: Path, tell: Tell
) -> dict[str, Contender]:
    decoder, axes, vocabulary = checkpoint.model.decoder, checkpoint.axes, checkpoint.vocabulary
    start, step, renewed = rival.stepwise(axes, decoder, vocabulary.begin, 3)
    words = {
        "begin": vocabulary.begin,
        "end": vocabulary.end,
        "max_length": vocabulary.max_length,
        "renewed": renewed,
    }

    tell("exporting to ONNX")
    rival.write_onnx(
        rival.Exported(rival.Whole(axes, decoder, vocabulary), start.inputs, ["tokens"]),
        models / "whole.onnx",
    )
    rival.write_onnx(start, models / "start.onnx")
    rival.write_onnx(step, models / "step.onnx")
    _convert_untouched(checkpoint, models, tell)
    once, each = floor.of_sentence(decoder)
    return {
        "zlide": Contender(
            {"kind": "zlide", "bundle": bundle}, freeze(decoder, "decoder", precision)
        ),
        "onnxruntime-web, unrolled": Contender(
            {"kind": "unrolled", "model": "../models/whole.onnx", "end": vocabulary.end}, decoder
        ),
        "onnxruntime-web, stepwise": Contender(
            {
                "kind": "stepwise",
                "start": "../models/start.onnx",
                "step": "../models/step.onnx",
                "words": words,
            },
            decoder,
        ),
        **_stock(
            {
                "kind": "stock words",
                "start": "../models/stock-start/graph/model.json",
                "step": "../models/stock-step/graph/model.json",
                "words": words,
            },
            decoder,
        ),
        "floor": _floor([floor.of_axes(axes), *once], each),
    }


def _of_pictures(
    checkpoint: WorldCheckpoint, bundle: str, precision: Precision, models: Path, tell: Tell
) -> dict[str, Contender]:
    decoder, axes = checkpoint.model.decoder, checkpoint.axes
    tell("exporting to ONNX")
    rival.write_onnx(rival.parts(checkpoint, 3)["picture"], models / "picture.onnx")
    _convert_untouched(checkpoint, models, tell)
    return {
        "zlide": Contender(
            {"kind": "zlide", "bundle": bundle}, freeze(decoder, "decoder", precision)
        ),
        "onnxruntime-web": Contender(
            {"kind": "painted", "model": "../models/picture.onnx"}, decoder
        ),
        **_stock(
            {"kind": "stock pictures", "model": "../models/stock-picture/graph/model.json"}, decoder
        ),
        "floor": _floor([floor.of_axes(axes), *floor.of_picture(decoder)], []),
    }


def _convert_untouched(checkpoint: Checkpoint, models: Path, tell: Tell) -> None:
    """Convert the parts of a decoder without zlide, where the packages for that are."""
    if CHAIN.is_dir():
        tell("converting ONNX to TensorFlow.js, without zlide")
        for name, onnx in rival.write_stock(checkpoint, models):
            convert_untouched(onnx, models / f"stock-{name}")


def _stock(load: dict[str, Any], decoder: nn.Module) -> dict[str, Contender]:
    return {"stock": Contender(load, decoder, stock=True)} if CHAIN.is_dir() else {}


def _floor(once: list[floor.Product], step: list[floor.Product]) -> Contender:
    return Contender(
        {"kind": "floor", "once": [asdict(p) for p in once], "step": [asdict(p) for p in step]},
        None,
    )
