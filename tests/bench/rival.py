"""The decoder as a user would export it, from the sliders on, with torch.onnx.export."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import onnx
import torch
from torch import Tensor, nn

from zlide.axes import Axes
from zlide.checkpoint import Checkpoint, SentenceCheckpoint
from zlide.checkpoint.networks.sentence import SentenceDecoder
from zlide.decoders.contracts import TextDecoder
from zlide.vocabulary import Vocabulary

OPSET = 17
"""The newest that torch's exporter writes without its compiler."""

STOCK_OPSET = 12
"""The last that onnx-tf converts."""

Shapes = dict[str, dict[int, str]]


class _Positioned(nn.Module):
    """A decoder that begins at the sliders: sliders (B, K), residual (B, Z)."""

    def __init__(self, axes: Axes, decoder: nn.Module) -> None:
        super().__init__()
        self.decoder = decoder
        self.register_buffer("scaled", torch.from_numpy(axes.scaled))  # (K, Z)
        self.register_buffer("mean", torch.from_numpy(axes.mean))  # (Z,)

    def z(self, sliders: Tensor, residual: Tensor) -> Tensor:
        assert isinstance(self.scaled, Tensor)
        assert isinstance(self.mean, Tensor)
        return self.mean + sliders @ self.scaled + residual


class Whole(_Positioned):
    """A sentence in one graph: → tokens (B, max_length)."""

    def __init__(self, axes: Axes, decoder: nn.Module, vocabulary: Vocabulary) -> None:
        super().__init__(axes, decoder)
        self.vocabulary = vocabulary

    def forward(self, sliders: Tensor, residual: Tensor) -> Tensor:
        assert isinstance(self.decoder, TextDecoder)
        state = self.decoder.start(self.z(sliders, residual))
        token = torch.zeros_like(sliders[:, 0], dtype=torch.int64) + self.vocabulary.begin  # (B,)
        tokens = []
        for _ in range(self.vocabulary.max_length):
            logits, state = self.decoder.step(token, state)
            token = logits.argmax(1)
            tokens.append(token)
        return torch.stack(tokens, dim=1)


class Begin(_Positioned):
    """The first state of a sentence."""

    def forward(self, sliders: Tensor, residual: Tensor) -> tuple[Tensor, ...]:
        assert isinstance(self.decoder, TextDecoder)
        return self.decoder.start(self.z(sliders, residual))


class Step(nn.Module):
    """One step: token (B,), state… → the likeliest token, and the `renewed` parts of the state."""

    def __init__(self, decoder: nn.Module, renewed: Sequence[int]) -> None:
        super().__init__()
        self.decoder, self.renewed = decoder, renewed

    def forward(self, token: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        assert isinstance(self.decoder, TextDecoder)
        logits, after = self.decoder.step(token, state)
        return (logits.argmax(1), *(after[i] for i in self.renewed))


@dataclass(frozen=True)
class Exported:
    """A module to export, with its named arguments and the names of its outputs."""

    module: nn.Module
    inputs: dict[str, Tensor]
    outputs: list[str]


def stepwise(
    axes: Axes, decoder: SentenceDecoder, begin: int, batch: int
) -> tuple[Exported, Exported, list[int]]:
    """Return the start, one step, and the numbers of the state's parts that a step renews."""
    position, first = some_position(axes, batch), Begin(axes, decoder)
    with torch.no_grad():
        state = first(*position.values())
        renewed = renewed_by(decoder, torch.zeros(batch, axes.latent_size), begin)
    before = {f"state{i}": part for i, part in enumerate(state)}
    token = {"token": torch.zeros(batch, dtype=torch.int64)}
    step = Exported(
        Step(decoder, renewed), token | before, ["likeliest", *(f"next{i}" for i in renewed)]
    )
    return Exported(first, position, list(before)), step, renewed


class ImageModality(_Positioned):
    """A picture: → pixels (B, H, W, C)."""

    def forward(self, sliders: Tensor, residual: Tensor) -> Tensor:
        pixels: Tensor = self.decoder(self.z(sliders, residual))
        return pixels


def renewed_by(decoder: TextDecoder, z: Tensor, begin: int) -> list[int]:
    """Return the numbers of the state's parts that a step renews; the graph passes no others on."""
    state = decoder.start(z)
    _, after = decoder.step(torch.full((len(z),), begin), state)
    return [i for i, (old, new) in enumerate(zip(state, after, strict=True)) if old is not new]


def parts(checkpoint: Checkpoint, batch: int) -> dict[str, Exported]:
    """Return the modules to export by name: start and step for text, one decoder for images."""
    if isinstance(checkpoint, SentenceCheckpoint):
        start, step, _ = stepwise(
            checkpoint.axes, checkpoint.model.decoder, checkpoint.vocabulary.begin, batch
        )
        return {"start": start, "step": step}
    painted = ImageModality(checkpoint.axes, checkpoint.model.decoder)
    return {"picture": Exported(painted, some_position(checkpoint.axes, batch), ["pixels"])}


def write_stock(checkpoint: Checkpoint, folder: Path) -> Iterator[tuple[str, Path]]:
    """Each of the parts as an ONNX file that onnx-tf converts, of one sample at once, by name."""
    for name, part in parts(checkpoint, 1).items():
        yield (
            name,
            write_onnx(part, folder / f"stock-{name}.onnx", opset=STOCK_OPSET, dynamic=False),
        )


def write_onnx(part: Exported, to: Path, *, opset: int = OPSET, dynamic: bool = True) -> Path:
    """Export with a dynamic first dimension, the batch, unless all shapes must be known."""
    axes: Shapes = {name: {0: "batch"} for name in (*part.inputs, *part.outputs)} if dynamic else {}
    with torch.no_grad(), warnings.catch_warnings(action="ignore"):
        torch.onnx.export(
            part.module.eval(),
            tuple(part.inputs.values()),
            to,
            input_names=list(part.inputs),
            output_names=part.outputs,
            opset_version=opset,
            dynamic_axes=axes,
            dynamo=False,
        )
    return to


def quantized(model: Path, to: Path) -> Path:
    """Write the file with each weight of two or more dimensions in 8 bits, one range a weight."""
    loaded = onnx.load(model)
    graph, nodes = loaded.graph, []
    for tensor in [
        t for t in graph.initializer if t.data_type == onnx.TensorProto.FLOAT and len(t.dims) > 1
    ]:
        values = onnx.numpy_helper.to_array(tensor)
        low, high = min(0.0, float(values.min())), max(0.0, float(values.max()))
        scale = np.float32((high - low) / 255 or 1)
        zero = np.uint8(round(-low / scale))
        codes = (np.rint(values / scale) + zero).clip(0, 255).astype(np.uint8)
        graph.initializer.remove(tensor)
        parts = {
            f"{tensor.name}/{key}": value
            for key, value in {"codes": codes, "scale": scale, "zero": zero}.items()
        }
        graph.initializer.extend(
            onnx.numpy_helper.from_array(np.asarray(value), name) for name, value in parts.items()
        )
        nodes.append(onnx.helper.make_node("DequantizeLinear", list(parts), [tensor.name]))
    rest = list(graph.node)
    del graph.node[:]
    graph.node.extend([*nodes, *rest])
    onnx.save(loaded, to)
    return to


def some_position(axes: Axes, batch: int) -> dict[str, Tensor]:
    """Inputs of a module that begins at the sliders."""
    return {
        "sliders": torch.zeros(batch, axes.count),
        "residual": torch.zeros(batch, axes.latent_size),
    }
