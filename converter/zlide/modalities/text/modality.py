"""Sentences: the modality of a `TextDecoder` and a `TextEncoder`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from zlide.bundle import (
    DecoderSpec,
    EncoderSpec,
    Manifest,
    Probe,
    StoredReference,
    Tensors,
    Tokens,
)
from zlide.bundle import TextDecoder as TextDecoderSpec
from zlide.bundle import TextEncoder as TextEncoderSpec
from zlide.contract import AVOID_NAN, SEE_CONTRACT
from zlide.converters import Converter
from zlide.decoders import (
    TextDecoder,
    TextEncoder,
    decode_greedily,
    decode_with_margins,
    encode_sentences,
)
from zlide.describe import FeatureExtractor, SentenceFeatures
from zlide.errors import ZlideError
from zlide.graph import (
    Parts,
    convert_text_decoder,
    convert_text_encoder,
    decoder_of,
    encoder_of,
    remedy_for_difference,
)
from zlide.modalities.modality import Array, Latents
from zlide.modalities.reference import Positions
from zlide.modalities.text.contract import State, check_text_decoder, check_text_encoder
from zlide.modalities.text.encoder_remarks import remarks_on
from zlide.modalities.text.reference import (
    SentenceReference,
    Sentences,
    reference_from_file,
    reference_from_probe,
    reference_with_encoder,
)
from zlide.parity import compare_sentences
from zlide.vocabulary import Vocabulary, read_words

VOCABULARY = "vocabulary.txt"


@dataclass(frozen=True)
class TextModality:
    """Sentences of a vocabulary. Decoded samples are lists of token ids, without begin and end."""

    vocabulary: Vocabulary

    kind: ClassVar[str] = "text"
    decoder_spec: ClassVar[type[DecoderSpec]] = TextDecoderSpec
    encoder_spec: ClassVar[type[EncoderSpec] | None] = TextEncoderSpec
    tensor: ClassVar[str] = "tokens"
    probe_storage: ClassVar[str] = ""
    probe_count: ClassVar[int] = 24
    poster_count: ClassVar[int] = 2

    @classmethod
    def read(cls, bundle: Path, manifest: Manifest) -> Self:
        tokens = manifest.tokens
        if tokens is None:
            raise ZlideError(bundle, "expected tokens, found none", "export the bundle again")
        vocabulary = Vocabulary(
            read_words(bundle / tokens.vocabulary),
            begin=tokens.begin,
            end=tokens.end,
            max_length=tokens.max_length,
            lower=tokens.lower,
        )
        return cls(vocabulary)

    def check_types(self, decoder: object, encoder: object) -> None:
        if not isinstance(decoder, TextDecoder):
            found = f"a {type(decoder).__name__} without"
            problem = f"expected the methods start and step, found {found}"
            raise ZlideError("decoder", problem, SEE_CONTRACT)
        if not isinstance(encoder, TextEncoder | None):
            found = f"a {type(encoder).__name__} without"
            problem = f"expected the methods start, read and finish, found {found}"
            raise ZlideError("encoder", problem, SEE_CONTRACT)

    def check_decoder(self, decoder: TextDecoder, z: Tensor) -> State:
        return check_text_decoder(decoder, z, self.vocabulary)

    def sample_size(self, _outputs: object) -> int:
        return 1

    def first_output(self, decoder: TextDecoder, z: Tensor) -> object:
        token = torch.full((len(z),), self.vocabulary.begin)
        return decoder.step(token, tuple(decoder.start(z)))[0]

    def check_encoder(self, encoder: TextEncoder, _state: State, latent_size: int) -> State:
        return check_text_encoder(encoder, latent_size, self.vocabulary)

    def check_examples(
        self, latents: Latents, _state: State, encoder: TextEncoder | None
    ) -> Iterator[str]:
        if encoder is not None:
            yield from remarks_on(encoder, self.vocabulary, latents)

    def decode(self, decoder: TextDecoder, z: Array) -> Sentences:
        return decode_greedily(
            decoder,
            torch.from_numpy(z),
            begin=self.vocabulary.begin,
            end=self.vocabulary.end,
            max_length=self.vocabulary.max_length,
        )

    def decode_for_reference(self, decoder: TextDecoder, z: Array) -> tuple[Sentences, Tensors]:
        sentences, margins = decode_with_margins(
            decoder,
            torch.from_numpy(z),
            begin=self.vocabulary.begin,
            end=self.vocabulary.end,
            max_length=self.vocabulary.max_length,
        )
        return sentences, {"tokens": self.probe_samples(sentences), "margins": margins.numpy()}

    def check_samples(self, _sentences: Sentences, tensors: Tensors) -> None:
        """Raise ZlideError if a logit was NaN."""
        margins = tensors["margins"]
        if bad := int(np.isnan(margins).any(1).sum()):
            problem = f"expected numbers, found NaN at {bad:,} of {len(margins):,} positions"
            raise ZlideError("decoder.step", problem, AVOID_NAN)

    def encode(self, encoder: TextEncoder, sentences: Sentences) -> Tensor:
        """Encode sentences, each with end tokens up to the maximum length."""
        return encode_sentences(encoder, torch.from_numpy(self.probe_samples(sentences)).long())

    def count_changed(self, exact: Sentences, found: Sentences) -> int:
        return sum(a != b for a, b in zip(exact, found, strict=True))

    def compare(
        self, other: str, decoder: TextDecoder, z: Array, samples: tuple[Sentences, Sentences]
    ) -> None:
        begin, text = self.vocabulary.begin, self.vocabulary.text
        comparison = compare_sentences(decoder, torch.from_numpy(z), *samples, begin=begin)
        if not comparison.wrong:
            return
        first = comparison.wrong[0]
        problem = (
            f"{other} differs from PyTorch at {len(comparison.wrong)} of "
            f"{comparison.positions} positions, first: "
            f"expected {text(first.expected)!r}, found {text(first.found)!r}"
        )
        remedy = (
            "let no Python branch or loop depend on values; "
            f"if none does, {remedy_for_difference()}"
        )
        raise ZlideError("export", problem, remedy)

    def convert_decoder(
        self, decoder: TextDecoder, z: Tensor, state: State, folder: Path, converter: Converter
    ) -> Parts:
        return convert_text_decoder(decoder, z, state, folder, converter)

    def convert_encoder(
        self, encoder: TextEncoder, state: State, folder: Path, converter: Converter
    ) -> Parts:
        return convert_text_encoder(encoder, state, folder, converter)

    def converted_decoder(self, parts: Parts) -> TextDecoder:
        return decoder_of(parts)

    def converted_encoder(self, parts: Parts) -> TextEncoder:
        return encoder_of(parts)

    def pack(self, folder: Path, parts: Parts, _state: State) -> dict[str, Any]:
        """Write the vocabulary."""
        self.vocabulary.write(folder / VOCABULARY)
        graphs = {name: parts.graph(name) for name in parts.graphs}
        decoder = {name: graphs[f"decoder/{name}"] for name in ("start", "step")}
        encoder = None
        if "encoder/start" in graphs:
            names = ("start", "read", "finish")
            encoder = TextEncoderSpec(**{name: graphs[f"encoder/{name}"] for name in names})
        return {
            "decoder": TextDecoderSpec(**decoder),
            "encoder": encoder,
            "tokens": Tokens(
                vocabulary=VOCABULARY,
                begin=self.vocabulary.begin,
                end=self.vocabulary.end,
                max_length=self.vocabulary.max_length,
                lower=self.vocabulary.lower,
            ),
        }

    def compact(self, tensors: Tensors) -> Tensors:
        return tensors

    def probe_samples(self, sentences: Sentences) -> NDArray[np.int32]:
        """Return tokens (N, max_length), padded with the end token."""
        shape = (len(sentences), self.vocabulary.max_length)
        tokens = np.full(shape, self.vocabulary.end, np.int32)
        for row, sentence in zip(tokens, sentences, strict=True):
            row[: len(sentence)] = sentence
        return tokens

    def poster_texts(self, sentences: Sentences) -> list[str]:
        return [self.vocabulary.text(ids) for ids in sentences]

    def reference(
        self,
        decoder: TextDecoder,
        encoder: TextEncoder | None,
        positions: Positions,
        examples: Sequence[str],
    ) -> SentenceReference:
        return reference_with_encoder(decoder, encoder, positions, self.vocabulary, examples)

    def reference_from_probe(self, probe: Probe) -> SentenceReference:
        return reference_from_probe(probe, self.vocabulary)

    def reference_from_file(
        self, path: Path, stored: StoredReference, _manifest: Manifest
    ) -> SentenceReference:
        return reference_from_file(path, stored, self.vocabulary)

    def posters_match(self, decoder: TextDecoder, z: Array, found: Sequence[str]) -> bool:
        """Return whether posters hold the sentences that are decoded at z, apart from ties."""
        ids = [[self.vocabulary.ids.get(word, -1) for word in text.split()] for text in found]
        expected, begin = self.decode(decoder, z), self.vocabulary.begin
        return not compare_sentences(decoder, torch.from_numpy(z), expected, ids, begin=begin).wrong

    def content_differences(self, bundle: Path, manifest: Manifest) -> Iterator[str]:
        expected, tokens = self.vocabulary, manifest.tokens
        if tokens is None or read_words(bundle / tokens.vocabulary) != list(expected.words):
            yield "vocabulary"
        keys = ("begin", "end", "max_length", "lower")
        if any(getattr(tokens, key, None) != getattr(expected, key) for key in keys):
            yield "tokens"

    def features(self, decoder: TextDecoder) -> FeatureExtractor:
        return SentenceFeatures(decoder, self.vocabulary)
