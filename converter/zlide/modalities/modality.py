"""A modality: one kind of output, as one object."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from zlide.bundle import DecoderSpec, EncoderSpec, Manifest, Probe, StoredReference, Tensors
from zlide.converters import Converter
from zlide.describe import FeatureExtractor
from zlide.graph import Parts
from zlide.modalities.reference import Positions, Reference

Array = NDArray[np.float32]

Latents = Mapping[str, Array]
"""Name of an example → its latent (Z,)."""

Samples = Any
"""N decoded samples: an array (N, …), or lists of token ids."""

Outputs = Any
"""The results of a checked module for a few rows. Conversion traces with them."""


class Modality(Protocol):
    """One kind of output, with what a model of this kind has besides its modules and its axes.

    Decoders and encoders are those of PyTorch, lowered ones, or converted ones, unless stated.
    Methods that check raise ZlideError with a problem that the author can fix.
    """

    decoder_spec: ClassVar[type[DecoderSpec]]
    encoder_spec: ClassVar[type[EncoderSpec] | None]

    kind: ClassVar[str]
    """The key `kind` of the decoder and the encoder in a manifest."""

    tensor: ClassVar[str]
    """The name of the samples' tensor in a probe."""

    probe_count: ClassVar[int]
    """Number of positions in a probe."""

    probe_storage: ClassVar[str]
    """How a probe rounds samples, such as "at 8 bits"; empty if it does not."""

    poster_count: ClassVar[int]
    """Number of examples that become posters."""

    @classmethod
    def read(cls, bundle: Path, manifest: Manifest) -> Modality:
        """Return the modality of the model in a bundle."""

    # Check

    def check_types(self, decoder: object, encoder: object) -> None:
        """Check that the modules have the methods of the contract, before any is called."""

    def check_decoder(self, decoder: Any, z: Tensor) -> Outputs:
        """Check the contract by calls at z (B, Z), B ≥ 3, and return what the decoder gave."""

    def sample_size(self, outputs: Outputs) -> int:
        """Return the number of numbers in a sample, 1 if that does not matter for its decoding."""

    def first_output(self, decoder: Any, z: Tensor) -> object:
        """Return the first tensor (B, …) that is computed from z (B, Z)."""

    def check_encoder(self, encoder: Any, outputs: Outputs, latent_size: int) -> Outputs:
        """Check the contract by calls, and return what conversion traces the encoder with.

        outputs: those of `check_decoder`.
        """

    def check_examples(self, latents: Latents, outputs: Outputs, encoder: Any) -> Iterator[str]:
        """Check what belongs to the examples, and yield remarks for the author, one line each.

        outputs: those of `check_decoder`. encoder: in float32, or None.
        """

    # Decode, encode and compare

    def decode(self, decoder: Any, z: Array) -> Samples:
        """Decode z (N, Z)."""

    def decode_for_reference(self, decoder: Any, z: Array) -> tuple[Samples, Tensors]:
        """Decode z (N, Z). Return the samples, and the tensors of a stored reference."""

    def check_samples(self, samples: Samples, tensors: Tensors) -> None:
        """Check what `decode_for_reference` gave at many positions."""

    def encode(self, encoder: Any, samples: Samples) -> Tensor:
        """Return the posterior means (N, Z) of decoded samples."""

    def count_changed(self, exact: Samples, found: Samples) -> int:
        """Return how many of the samples differ visibly."""

    def compare(self, other: str, decoder: Any, z: Array, samples: tuple[Samples, Samples]) -> None:
        """Raise ZlideError if `other` decodes otherwise than PyTorch.

        other: the name of another implementation. decoder: that of PyTorch.
        samples: what PyTorch and the other decoded at z (N, Z).
        """

    # Convert and pack

    def convert_decoder(
        self, decoder: Any, z: Tensor, outputs: Outputs, folder: Path, converter: Converter
    ) -> Parts:
        """Write the graphs of a lowered decoder, traced with z and the checked outputs."""

    def convert_encoder(
        self, encoder: Any, outputs: Outputs, folder: Path, converter: Converter
    ) -> Parts:
        """Write the graphs of a lowered encoder, traced with what `check_encoder` returned."""

    def converted_decoder(self, parts: Parts) -> Any:
        """Return the decoder of the written graphs."""

    def converted_encoder(self, parts: Parts) -> Any:
        """Return the encoder of the written graphs."""

    def pack(self, folder: Path, parts: Parts, outputs: Outputs) -> dict[str, Any]:
        """Write the files that only this kind has, and return keys of the manifest.

        The keys are `decoder`, `encoder`, and `tokens` or `pictures` if the kind has them.
        outputs: those of `check_decoder`.
        """

    def compact(self, tensors: Tensors) -> Tensors:
        """Return the tensors of a stored reference in a smaller form if the kind has one."""

    def probe_samples(self, samples: Samples) -> NDArray[Any]:
        """Return decoded samples as a probe stores them, (N, …)."""

    def poster_texts(self, samples: Samples) -> list[str]:
        """Return decoded samples as posters hold them."""

    # Verify

    def reference(
        self, decoder: Any, encoder: Any, positions: Positions, examples: Sequence[str]
    ) -> Reference:
        """Decode `positions` with PyTorch, and encode the examples and what was decoded.

        The weights have the precision of the bundle. encoder: None if the model has none.
        """

    def reference_from_probe(self, probe: Probe) -> Reference:
        """Return the samples of a bundle's probe; nothing is encoded."""

    def reference_from_file(
        self, path: Path, stored: StoredReference, manifest: Manifest
    ) -> Reference:
        """Return the samples of a stored reference; nothing is encoded.

        path: that of the file, for errors. Raises ZlideError for samples of another model.
        """

    def posters_match(self, decoder: Any, z: Array, found: Sequence[str]) -> bool:
        """Return whether posters hold what PyTorch decodes at z (N, Z)."""

    def content_differences(self, bundle: Path, manifest: Manifest) -> Iterator[str]:
        """Yield the name of each part of a bundle of this kind that is not that of the model."""

    # Describe

    def features(self, decoder: Any) -> FeatureExtractor:
        """Return the function that measures the features of decoded samples."""
