"""Convert the decoder and the encoder of a text model."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn

from zlide.converters import Converter
from zlide.decoders import TextDecoder, TextEncoder
from zlide.graph.convert import convert
from zlide.graph.evaluator.tensors import Run
from zlide.graph.make_model import MAKERS
from zlide.graph.parts import Parts

State = tuple[Tensor, ...]


def convert_text_decoder(
    decoder: TextDecoder,
    z: Tensor,
    state: State,
    folder: Path,
    converter: Converter = Converter.ZLIDE,
) -> Parts:
    """Convert a decoder to two graphs, traced with z (B, Z) and `state` (B, …), B ≥ 2.

    start: z → state…. step: token, state… → logits, greedy token, state….
    """
    states = _named("state", state)
    token = torch.zeros(len(z), dtype=torch.int64)
    outputs = ["logits", "greedy", *_named("next", state)]
    return Parts(
        {
            "decoder/start": convert(
                _Start(decoder),
                {"z": z},
                list(states),
                folder / "decoder/start",
                "decoder.start",
                MAKERS[converter],
            ),
            "decoder/step": convert(
                _Step(decoder),
                {"token": token, **states},
                outputs,
                folder / "decoder/step",
                "decoder.step",
                MAKERS[converter],
            ),
        }
    )


def convert_text_encoder(
    encoder: TextEncoder, state: State, folder: Path, converter: Converter = Converter.ZLIDE
) -> Parts:
    """Convert an encoder to three graphs, traced with `state` (B, …), B ≥ 2.

    start: token → state…. read: forward, backward, state… → state…. finish: state… → mean.
    """
    states, after = _named("state", state), list(_named("next", state))
    token = torch.zeros(len(state[0]), dtype=torch.int64)
    both = {"forward": token, "backward": token.clone()}
    return Parts(
        {
            "encoder/start": convert(
                _EncoderStart(encoder),
                {"token": token},
                list(states),
                folder / "encoder/start",
                "encoder.start",
                MAKERS[converter],
            ),
            "encoder/read": convert(
                _Read(encoder),
                {**both, **states},
                after,
                folder / "encoder/read",
                "encoder.read",
                MAKERS[converter],
            ),
            "encoder/finish": convert(
                _Finish(encoder),
                states,
                ["mean"],
                folder / "encoder/finish",
                "encoder.finish",
                MAKERS[converter],
            ),
        }
    )


def decoder_of(parts: Parts) -> WrittenDecoder:
    """Return the decoder of the written graphs."""
    return WrittenDecoder(*(parts.graphs[f"decoder/{name}"].run for name in ("start", "step")))


def encoder_of(parts: Parts) -> WrittenEncoder:
    """Return the encoder of the written graphs."""
    return WrittenEncoder(
        *(parts.graphs[f"encoder/{name}"].run for name in ("start", "read", "finish"))
    )


def _named(prefix: str, state: State) -> dict[str, Tensor]:
    return {f"{prefix}{i}": tensor for i, tensor in enumerate(state)}


class WrittenDecoder:
    """A `TextDecoder` that runs written graphs."""

    def __init__(self, start: Run, step: Run) -> None:
        self._start, self._step = start, step

    def start(self, z: Tensor) -> State:
        return self._start(z)

    def step(self, token: Tensor, state: State) -> tuple[Tensor, State]:
        logits, _greedy, *after = self._step(token, *state)
        return logits, tuple(after)


class WrittenEncoder:
    """A `TextEncoder` that runs written graphs."""

    def __init__(self, start: Run, read: Run, finish: Run) -> None:
        self._start, self._read, self._finish = start, read, finish

    def start(self, batch: int) -> State:
        return self._start(torch.zeros(batch, dtype=torch.int64))

    def read(self, forward: Tensor, backward: Tensor, state: State) -> State:
        return self._read(forward, backward, *state)

    def finish(self, state: State) -> Tensor:
        (mean,) = self._finish(*state)
        return mean


class _Decoder(nn.Module):
    """A module whose forward is one method of a decoder."""

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
    """A module whose forward is one method of an encoder."""

    def __init__(self, encoder: TextEncoder) -> None:
        super().__init__()
        self.encoder = encoder


class _EncoderStart(_Encoder):
    def forward(self, token: Tensor) -> State:
        # The state is the same in every row. Adding zeros (B,) gives it the dynamic batch.
        zero = token.to(torch.float32) * 0  # (B,)
        return tuple(
            part + zero.view(-1, *[1] * (part.dim() - 1)) for part in self.encoder.start(1)
        )


class _Read(_Encoder):
    def forward(self, forward: Tensor, backward: Tensor, *state: Tensor) -> State:
        return tuple(self.encoder.read(forward, backward, state))


class _Finish(_Encoder):
    def forward(self, *state: Tensor) -> State:
        return (self.encoder.finish(state),)
