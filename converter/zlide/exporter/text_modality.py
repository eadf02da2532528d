"""Sentences: a `TextDecoder` and a `TextEncoder` on their way into a bundle."""

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
from zlide.exporter.contract import CONTRACT, check_decoder, check_encoder, some_latents
from zlide.exporter.encoder_remarks import remarks_on
from zlide.exporter.freeze import freeze
from zlide.exporter.latent_width import explain_latent_width
from zlide.exporter.modality import Latents
from zlide.exporter.weight_changes import ForbidWeightChanges
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
"""Positions in a bundle at which the page can check itself."""

POSITIONS = 64
"""Random positions, in σ, at which PyTorch, lowered PyTorch and TensorFlow must decode the same sentences."""


class Sentences:
    """A decoder of sentences with its vocabulary: a `Kind`."""

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
            raise ZlideError(
                "encoder",
                f"expected the methods start, read and finish, found a {type(encoder).__name__} without",
                CONTRACT,
            )
        self.axes, self.latents, self.vocabulary = axes, latents, vocabulary
        self.z = some_latents(axes.latent_size)
        self.decoder = freeze(decoder, "decoder", "float32")
        z = validation_positions(axes, latents)
        with ForbidWeightChanges("decoder", self.decoder):
            with explain_latent_width(axes, self.decoder, self._first_logits):
                self.state = check_decoder(self.decoder, self.z, vocabulary)
            exact = self._decode(self.decoder, z)
        self.chosen = choose_precision(precision, partial(self._changed_by, encoder, z, exact))
        self.decoder = freeze(decoder, "decoder", self.chosen.precision)
        self.encoder = (
            None if encoder is None else freeze(encoder, "encoder", self.chosen.precision)
        )
        with ForbidWeightChanges("encoder", self.encoder):
            self.read = (
                ()
                if self.encoder is None
                else check_encoder(self.encoder, axes.latent_size, vocabulary)
            )
        exactly = (
            None if encoder is None else freeze(encoder, "encoder", "float32")
        )  # which made the latents of the examples
        self.remarks = () if exactly is None else tuple(remarks_on(exactly, vocabulary, latents))
        self.probe = self._probe()

    def convert_decoder(self, folder: Path) -> Parts:
        lowered = lower(self.decoder, "decoder")
        parts = convert_text_decoder(lowered, self.z, self.state, folder)
        self._compare({"lowered PyTorch": lowered, "TensorFlow": decoder_of(parts)})
        return parts

    def convert_encoder(self, folder: Path) -> Parts:
        if self.encoder is None:
            return Parts()
        lowered = lower(self.encoder, "encoder")
        parts = convert_text_encoder(lowered, self.read, folder)
        self._compare_encoders(
            self.encoder, {"lowered PyTorch": lowered, "TensorFlow": encoder_of(parts)}
        )
        return parts

    def pack(self, folder: Path, parts: Parts) -> dict[str, Any]:
        self.vocabulary.write(folder / "vocabulary.txt")
        probe = self.probe
        write_probe(
            folder / "probe.safetensors",
            Probe(
                probe.sliders[:PROBES],
                probe.residual[:PROBES],
                probe.z[:PROBES],
                probe.tokens[:PROBES],
            ),
        )
        metadata = {
            name: getattr(self.vocabulary, name) for name in ("begin", "end", "max_length", "lower")
        }
        return {
            "decoder": DecoderGraphs(
                start=parts.graph("decoder/start"), step=parts.graph("decoder/step")
            ),
            "encoder": self.encoder
            and EncoderGraphs(
                **{name: parts.graph(f"encoder/{name}") for name in ("start", "read", "finish")}
            ),
            "tokens": Tokens(vocabulary="vocabulary.txt", **metadata),
            "posters": self._posters(),
        }

    def _first_logits(self, z: Tensor) -> object:
        return self.decoder.step(
            torch.full((len(z),), self.vocabulary.begin), tuple(self.decoder.start(z))
        )[0]

    def _changed_by(
        self, encoder: Any, z: NDArray[np.float32], exact: list[list[int]], precision: Precision
    ) -> tuple[int, int]:
        if encoder is not None:
            freeze(encoder, "encoder", precision)  # whose weights must hold, too
        found = self._decode(freeze(self.decoder, "decoder", precision), z)
        return sum(a != b for a, b in zip(exact, found, strict=True)), len(z)

    def _probe(self) -> Probe:
        """Random positions, and what PyTorch decodes there."""
        sliders, residual, z = positions_near_examples(self.axes, self.latents, POSITIONS)
        tokens = np.full((len(z), self.vocabulary.max_length), self.vocabulary.end, np.int32)
        for row, sentence in zip(tokens, self._decode(self.decoder, z), strict=True):
            row[: len(sentence)] = sentence
        return Probe(sliders, residual, z, tokens)

    def _decode(self, decoder: TextDecoder, z: NDArray[np.float32]) -> list[list[int]]:
        words = self.vocabulary
        return decode_greedily(
            decoder,
            torch.from_numpy(z),
            begin=words.begin,
            end=words.end,
            max_length=words.max_length,
        )

    def _compare(self, others: Mapping[str, TextDecoder]) -> None:
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
            if comparison.wrong:
                first = comparison.wrong[0]
                raise ZlideError(
                    "export",
                    f"{name} differs from PyTorch at {len(comparison.wrong)} of {comparison.positions} positions, first: expected "
                    f"{vocabulary.text(first.expected)!r}, found {vocabulary.text(first.found)!r}",
                    "let no Python branch or loop depend on values; if none does, please report this with the module",
                )

    def _compare_encoders(self, encoder: TextEncoder, others: Mapping[str, TextEncoder]) -> None:
        """Read what was decoded, whatever it is, and compare the posterior means."""
        words = torch.from_numpy(self.probe.tokens).long()
        expected = encode_sentences(encoder, words)
        for name, other in others.items():
            difference = relative_difference(expected, encode_sentences(other, words))
            if not difference <= TOLERANCE:
                raise ZlideError(
                    "export",
                    f"the encoder: {name} differs from PyTorch by {difference:.2g}",
                    "please report this with the module",
                )

    def _posters(self) -> list[Poster]:
        """The first two examples and what they decode to."""
        some = dict(list(self.latents.items())[:2])
        if not some:
            return []
        z = np.stack(list(some.values()))
        rows = zip(some, self._decode(self.decoder, z), self.axes.from_z(z)[0], strict=True)
        return [
            Poster(text=text, decoded=self.vocabulary.text(ids), sliders=shortest_floats(sliders))
            for text, ids, sliders in rows
        ]
