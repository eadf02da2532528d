"""The graphs of a text model: decoder, axes and encoder, each where the bundle's format has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from zlide.axes import Axes
from zlide.decoders import TextDecoder, TextEncoder
from zlide.graph.convert import Converted, convert
from zlide.manifest import Graph
from zlide.manifest import TextDecoder as DecoderGraphs
from zlide.manifest import TextEncoder as EncoderGraphs

State = tuple[Tensor, ...]


@dataclass(frozen=True)
class Parts:
    """Converted graphs by their folder in the bundle: "decoder/start", "axes/pca/to", …"""

    graphs: Mapping[str, Converted] = field(default_factory=dict)

    def __add__(self, other: Parts) -> Parts:
        return Parts({**self.graphs, **other.graphs})

    def graph(self, folder: str) -> Graph:
        return self.graphs[folder].graph.model_copy(update={"path": f"{folder}/model.json"})

    def text_decoder(self) -> DecoderGraphs:
        return DecoderGraphs(start=self.graph("decoder/start"), step=self.graph("decoder/step"))

    def text_encoder(self) -> EncoderGraphs:
        return EncoderGraphs(**{name: self.graph(f"encoder/{name}") for name in ("start", "read", "finish")})

    def axes(self, name: str) -> tuple[Graph, Graph]:
        return self.graph(f"axes/{name}/to"), self.graph(f"axes/{name}/from")

    def decoder(self) -> TensorFlowDecoder:
        return TensorFlowDecoder(self.graphs["decoder/start"], self.graphs["decoder/step"])

    def encoder(self) -> TensorFlowEncoder:
        return TensorFlowEncoder(*(self.graphs[f"encoder/{name}"] for name in ("start", "read", "finish")))


def convert_decoder(decoder: TextDecoder, z: Tensor, state: State, folder: Path) -> Parts:
    """start: z → state…; step: token, state… → logits, greedy token, state…; z (B, Z) and `state` (B, …) are examples, B ≥ 2."""
    states = _named("state", state)
    token = torch.zeros(len(z), dtype=torch.int64)
    outputs = ["logits", "greedy", *_named("next", state)]
    return Parts(
        {
            "decoder/start": convert(_Start(decoder), {"z": z}, list(states), folder / "decoder/start", "decoder.start"),
            "decoder/step": convert(_Step(decoder), {"token": token, **states}, outputs, folder / "decoder/step", "decoder.step"),
        }
    )


def convert_encoder(encoder: TextEncoder, state: State, folder: Path) -> Parts:
    """start: token → state…; read: forward, backward, state… → state…; finish: state… → mean."""
    states, after = _named("state", state), list(_named("next", state))
    token = torch.zeros(len(state[0]), dtype=torch.int64)
    both = {"forward": token, "backward": token.clone()}
    return Parts(
        {
            "encoder/start": convert(_EncoderStart(encoder), {"token": token}, list(states), folder / "encoder/start", "encoder.start"),
            "encoder/read": convert(_Read(encoder), {**both, **states}, after, folder / "encoder/read", "encoder.read"),
            "encoder/finish": convert(_Finish(encoder), states, ["mean"], folder / "encoder/finish", "encoder.finish"),
        }
    )


def convert_axes(axes: Axes, folder: Path) -> Parts:
    """to: sliders, residual → z; from: z → sliders, residual."""
    sliders, residual = torch.randn(3, axes.count), torch.randn(3, axes.latent)
    to, back = f"axes/{axes.name}/to", f"axes/{axes.name}/from"
    return Parts(
        {
            to: convert(_To(axes), {"sliders": sliders, "residual": residual}, ["z"], folder / to, f"axes {axes.name}"),
            back: convert(_From(axes), {"z": residual}, ["sliders", "residual"], folder / back, f"axes {axes.name}"),
        }
    )


def _named(prefix: str, state: State) -> dict[str, Tensor]:
    return {f"{prefix}{i}": tensor for i, tensor in enumerate(state)}


class TensorFlowDecoder:
    """The converted graphs behind the contract of `TextDecoder`, run by TensorFlow: one of the three that must agree."""

    def __init__(self, start: Converted, step: Converted) -> None:
        self._start, self._step = start, step

    def start(self, z: Tensor) -> State:
        return self._start.run(z)

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        logits, _greedy, *after = self._step.run(token, *state)
        return logits, tuple(after)


class TensorFlowEncoder:
    """The same behind the contract of `TextEncoder`."""

    def __init__(self, start: Converted, read: Converted, finish: Converted) -> None:
        self._start, self._read, self._finish = start, read, finish

    def start(self, batch: int) -> State:
        return self._start.run(torch.zeros(batch, dtype=torch.int64))

    def read(self, forward: Tensor, backward: Tensor, state: State) -> State:
        return self._read.run(forward, backward, *state)

    def finish(self, state: State) -> Tensor:
        (mean,) = self._finish.run(*state)
        return mean


class _Decoder(nn.Module):
    """One method of a decoder as a graph of its own."""

    def __init__(self, decoder: TextDecoder) -> None:
        super().__init__()
        self.decoder = decoder


class _Start(_Decoder):
    def forward(self, z: Tensor) -> State:
        return tuple(self.decoder.start(z))


class _Step(_Decoder):
    def forward(self, token: Tensor, *state: Tensor) -> State:
        logits, after = self.decoder.step(token, state)
        return logits, logits.argmax(dim=1), *after


class _Encoder(nn.Module):
    """One method of an encoder as a graph of its own."""

    def __init__(self, encoder: TextEncoder) -> None:
        super().__init__()
        self.encoder = encoder


class _EncoderStart(_Encoder):
    def forward(self, token: Tensor) -> State:
        # The state is the same for every row; adding a row's own zero gives it the batch, which is dynamic in the graph.
        zero = token.to(torch.float32) * 0  # (B,)
        return tuple(part + zero.view(-1, *[1] * (part.dim() - 1)) for part in self.encoder.start(1))


class _Read(_Encoder):
    def forward(self, forward: Tensor, backward: Tensor, *state: Tensor) -> State:
        return tuple(self.encoder.read(forward, backward, state))


class _Finish(_Encoder):
    def forward(self, *state: Tensor) -> State:
        return (self.encoder.finish(state),)


class _Axes(nn.Module):
    mean: Tensor
    scaled: Tensor
    back: Tensor

    def __init__(self, axes: Axes) -> None:
        super().__init__()
        for name in ("mean", "scaled", "back"):
            self.register_buffer(name, torch.from_numpy(np.ascontiguousarray(getattr(axes, name))))


class _To(_Axes):
    def forward(self, sliders: Tensor, residual: Tensor) -> State:
        return (sliders @ self.scaled + self.mean + residual,)


class _From(_Axes):
    def forward(self, z: Tensor) -> State:
        centred = z - self.mean
        sliders = centred @ self.back
        return sliders, centred - sliders @ self.scaled
