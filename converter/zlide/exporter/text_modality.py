"""Export of a `TextDecoder` and a `TextEncoder`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zlide.axes import Axes
from zlide.bundle import Poster, Precision, Probe, Tokens, shortest_floats, write_probe
from zlide.bundle import TextDecoder as DecoderGraphs
from zlide.bundle import TextEncoder as EncoderGraphs
from zlide.decoders import TextDecoder, TextEncoder, decode_greedily, encode_sentences
from zlide.errors import ZlideError
from zlide.exporter.contract import SEE_CONTRACT, sample_latents
from zlide.exporter.encoder_remarks import remarks_on
from zlide.exporter.freeze import freeze
from zlide.exporter.guards import ForbidWeightChanges
from zlide.exporter.latent_size import explain_latent_size
from zlide.exporter.modality import Latents
from zlide.exporter.text_contract import State, check_text_decoder, check_text_encoder
from zlide.graph import (
    TOLERANCE,
    Parts,
    convert_text_decoder,
    convert_text_encoder,
    decoder_of,
    encoder_of,
    lower,
)
from zlide.parity import compare_sentences, relative_difference
from zlide.positions import positions_near_examples, validation_positions
from zlide.quantization import choose_precision
from zlide.vocabulary import Vocabulary

PROBES = 24
"""Number of positions in the probe."""

POSITIONS = 64
"""Number of positions at which PyTorch, lowered PyTorch and TensorFlow must decode the same."""


class TextModality:
    """A decoder of sentences with its vocabulary and an optional encoder: a `Modality`."""

    positions = POSITIONS

    def __init__(
        self,
        decoder: Any,
        encoder: Any,
        axes: Axes,
        latents: Latents,
        vocabulary: Vocabulary,
        precision: Precision | None,
    ) -> None:
        if not isinstance(encoder, TextEncoder | None):
            problem = (
                "expected the methods start, read and finish, "
                f"found a {type(encoder).__name__} without"
            )
            raise ZlideError("encoder", problem, SEE_CONTRACT)
        self.axes, self.latents, self.vocabulary = axes, latents, vocabulary
        self.z = sample_latents(axes.latent_size)
        self.decoder = freeze(decoder, "decoder", "float32")
        z = validation_positions(axes, latents)
        with ForbidWeightChanges("decoder", self.decoder):
            with explain_latent_size(axes, self.decoder, self._first_logits):
                self.state = check_text_decoder(self.decoder, self.z, vocabulary)
            exact = self._decode(self.decoder, z)
        self.precision = choose_precision(
            precision, partial(self._count_changed, encoder, z, exact)
        )
        self.decoder = freeze(decoder, "decoder", self.precision.precision)
        self.encoder: Any = None
        self.encoder_state: State = ()
        self.remarks: tuple[str, ...] = ()
        if encoder is not None:
            self._take_encoder(encoder)
        self.probe = self._probe()

    def _take_encoder(self, encoder: Any) -> None:
        self.encoder = freeze(encoder, "encoder", self.precision.precision)
        with ForbidWeightChanges("encoder", self.encoder):
            self.encoder_state = check_text_encoder(
                self.encoder, self.axes.latent_size, self.vocabulary
            )
        # The latents of the examples come from the encoder before quantization.
        exact = freeze(encoder, "encoder", "float32")
        self.remarks = tuple(remarks_on(exact, self.vocabulary, self.latents))

    def convert_decoder(self, folder: Path) -> Parts:
        lowered = lower(self.decoder, "decoder")
        parts = convert_text_decoder(lowered, self.z, self.state, folder)
        self._compare({"lowered PyTorch": lowered, "TensorFlow": decoder_of(parts)})
        return parts

    def convert_encoder(self, folder: Path) -> Parts:
        if self.encoder is None:
            return Parts()
        lowered = lower(self.encoder, "encoder")
        parts = convert_text_encoder(lowered, self.encoder_state, folder)
        self._compare_encoders({"lowered PyTorch": lowered, "TensorFlow": encoder_of(parts)})
        return parts

    def pack(self, folder: Path, parts: Parts) -> dict[str, Any]:
        self.vocabulary.write(folder / "vocabulary.txt")
        write_probe(
            folder / "probe.safetensors",
            Probe(
                self.probe.sliders[:PROBES],
                self.probe.residual[:PROBES],
                self.probe.z[:PROBES],
                self.probe.tokens[:PROBES],
            ),
        )
        return {
            "decoder": DecoderGraphs(
                start=parts.graph("decoder/start"), step=parts.graph("decoder/step")
            ),
            "encoder": self.encoder
            and EncoderGraphs(
                **{name: parts.graph(f"encoder/{name}") for name in ("start", "read", "finish")}
            ),
            "tokens": Tokens(
                vocabulary="vocabulary.txt",
                begin=self.vocabulary.begin,
                end=self.vocabulary.end,
                max_length=self.vocabulary.max_length,
                lower=self.vocabulary.lower,
            ),
            "posters": self._posters(),
        }

    def _first_logits(self, z: Tensor) -> object:
        token = torch.full((len(z),), self.vocabulary.begin)
        return self.decoder.step(token, tuple(self.decoder.start(z)))[0]

    def _count_changed(
        self, encoder: Any, z: NDArray[np.float32], exact: list[list[int]], precision: Precision
    ) -> tuple[int, int]:
        """Return how many of the sentences at z (N, Z) a precision changes, and N."""
        if encoder is not None:
            freeze(encoder, "encoder", precision)  # raises Overflow if its weights do not fit
        found = self._decode(freeze(self.decoder, "decoder", precision), z)
        return sum(a != b for a, b in zip(exact, found, strict=True)), len(z)

    def _probe(self) -> Probe:
        """Return random positions with the sentences that PyTorch decodes there."""
        sliders, residual, z = positions_near_examples(self.axes, self.latents, POSITIONS)
        tokens = np.full((len(z), self.vocabulary.max_length), self.vocabulary.end, np.int32)
        for row, sentence in zip(tokens, self._decode(self.decoder, z), strict=True):
            row[: len(sentence)] = sentence
        return Probe(sliders, residual, z, tokens)

    def _decode(self, decoder: TextDecoder, z: NDArray[np.float32]) -> list[list[int]]:
        return decode_greedily(
            decoder,
            torch.from_numpy(z),
            begin=self.vocabulary.begin,
            end=self.vocabulary.end,
            max_length=self.vocabulary.max_length,
        )

    def _compare(self, others: Mapping[str, TextDecoder]) -> None:
        """Raise ZlideError if one of `others` decodes another sentence than PyTorch."""
        z, vocabulary = self.probe.z, self.vocabulary
        expected = self._decode(self.decoder, z)
        for name, other in others.items():
            comparison = compare_sentences(
                self.decoder,
                torch.from_numpy(z),
                expected,
                self._decode(other, z),
                begin=vocabulary.begin,
            )
            if not comparison.wrong:
                continue
            first = comparison.wrong[0]
            problem = (
                f"{name} differs from PyTorch at {len(comparison.wrong)} of "
                f"{comparison.positions} positions, first: "
                f"expected {vocabulary.text(first.expected)!r}, "
                f"found {vocabulary.text(first.found)!r}"
            )
            remedy = (
                "let no Python branch or loop depend on values; "
                "if none does, please report this with the module"
            )
            raise ZlideError("export", problem, remedy)

    def _compare_encoders(self, others: Mapping[str, TextEncoder]) -> None:
        """Raise ZlideError if one of `others` encodes the probe's sentences otherwise."""
        words = torch.from_numpy(self.probe.tokens).long()
        expected = encode_sentences(self.encoder, words)
        for name, other in others.items():
            difference = relative_difference(expected, encode_sentences(other, words))
            if not difference <= TOLERANCE:
                problem = f"the encoder: {name} differs from PyTorch by {difference:.2g}"
                raise ZlideError("export", problem, "please report this with the module")

    def _posters(self) -> list[Poster]:
        """Return the first two examples with the sentences that they decode to."""
        examples = dict(list(self.latents.items())[:2])
        if not examples:
            return []
        z = np.stack(list(examples.values()))
        rows = zip(examples, self._decode(self.decoder, z), self.axes.from_z(z)[0], strict=True)
        return [
            Poster(text=text, decoded=self.vocabulary.text(ids), sliders=shortest_floats(sliders))
            for text, ids, sliders in rows
        ]
