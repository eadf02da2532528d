"""Kinds whose samples are arrays of values, decoded by one graph."""

from __future__ import annotations

import base64
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
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
    Graph,
    Manifest,
    Probe,
    StoredReference,
    Tensors,
)
from zlide.contract import (
    SEE_CONTRACT,
    call_with,
    check_calls,
    check_finite,
    check_rows,
    describe_value,
    locate_mixed_rows,
)
from zlide.converters import Converter
from zlide.decoders import decode_values
from zlide.describe import FeatureExtractor
from zlide.errors import ZlideError
from zlide.graph import (
    TOLERANCE,
    Parts,
    convert_values_decoder,
    convert_values_encoder,
    remedy_for_difference,
)
from zlide.modalities.modality import Array, Latents
from zlide.modalities.reference import ENCODED, Positions, positions_of
from zlide.parity import relative_difference_of_values

Module = Callable[[Tensor], Tensor]


class ValuesModality(ABC):
    """A `Modality` whose decoder is one module, z (B, Z) → values (B, …), and so is its encoder.

    A subclass names the kind, its specs and its features, and checks the values. By default they
    are stored in float32, and the model has no encoder.
    """

    kind: ClassVar[str]
    decoder_spec: ClassVar[type[DecoderSpec]]
    encoder_spec: ClassVar[type[EncoderSpec] | None] = None
    tensor: ClassVar[str] = "values"

    channels_last: ClassVar[bool] = False
    """The values are pictures (B, H, W, C), which ONNX files have as (B, C, H, W)."""

    value: ClassVar[str] = "value"
    """The noun for one of the values."""

    visible_difference: ClassVar[float]
    """The smallest difference of a value that is seen."""

    rounding: ClassVar[float] = 0.0
    """The largest difference between a value and its stored form."""

    half_rounding: ClassVar[float | None] = None
    """The largest difference between a value and its float16; None if float32 is needed."""

    probe_storage: ClassVar[str] = ""
    probe_count: ClassVar[int] = 8
    poster_count: ClassVar[int] = 1

    @classmethod
    def read(cls, _bundle: Path, _manifest: Manifest) -> Self:
        return cls()

    @abstractmethod
    def check_values(self, values: Tensor, rows: int) -> None:
        """Raise ZlideError unless the decoder's values (rows, …) are a sample in each row."""

    @abstractmethod
    def decoder_entry(self, graph: Graph, values: Tensor) -> DecoderSpec:
        """Return the manifest's entry of the decoder, which gives values like these (B, …)."""

    def encoder_entry(self, graph: Graph, values: Tensor) -> EncoderSpec:
        """Return the manifest's entry of the encoder, which reads values like these (B, …)."""
        raise NotImplementedError

    @abstractmethod
    def features(self, decoder: Module) -> FeatureExtractor: ...

    def store(self, values: Array) -> NDArray[Any]:
        """Return values as bundles store them, of the same shape."""
        return values.astype("<f4")

    def restore(self, stored: NDArray[Any]) -> Array:
        """Return stored values as float32."""
        return stored.astype(np.float32)

    def example_values(self, values: Array) -> Array:
        """Return the values of the examples (M, …) that the encoder is tried with, or none."""
        return values[:0]

    def format_difference(self, difference: float) -> str:
        """Return a difference of a value in words."""
        return f"{difference:.1e}"

    def check_types(self, decoder: object, encoder: object) -> None:  # noqa: ARG002 (any module has a call)
        """Refuse an encoder if the kind has none."""
        if encoder is not None and self.encoder_spec is None:
            samples = self.decoder_spec.samples
            problem = f"expected none for a decoder of {samples}, found {type(encoder).__name__}"
            raise ZlideError("encoder", problem, "leave it out")

    @torch.no_grad()
    def check_decoder(self, decoder: Module, z: Tensor) -> Tensor:
        """Call the decoder at z (B, Z), B ≥ 3, and return its values (B, …).

        Raises ZlideError if they are not samples, or if a row depends on other rows.
        """
        with check_calls(decoder, "decoder"), locate_mixed_rows(decoder, z, "decoder"):
            values = call_with(decoder, z, "decoder", "z")
            self.check_values(values, len(z))
            check_rows(
                values,
                lambda rows: call_with(decoder, z[rows], "decoder", "z"),
                "decoder",
                self.tensor,
                relative_difference_of_values,
            )
        return values

    def first_output(self, decoder: Module, z: Tensor) -> object:
        return decoder(z)

    @torch.no_grad()
    def check_encoder(self, encoder: Module, values: Tensor, latent_size: int) -> Tensor:
        """Call the encoder on values (B, …), B ≥ 3, and return them.

        Raises ZlideError if it does not give (B, latent_size), or a row depends on other rows.
        """
        with check_calls(encoder, "encoder"), locate_mixed_rows(encoder, values, "encoder"):
            mean = call_with(encoder, values, "encoder", self.tensor)
            shape = (len(values), latent_size)
            if mean.shape != shape:
                problem = f"expected posterior means {shape}, found {describe_value(mean)}"
                raise ZlideError("encoder", problem, SEE_CONTRACT)
            check_rows(
                mean,
                lambda rows: call_with(encoder, values[rows], "encoder", self.tensor),
                "encoder",
                "posterior means",
                relative_difference_of_values,
            )
        return values

    def sample_size(self, outputs: Tensor) -> int:
        return outputs[0].numel()

    def check_examples(self, _latents: Latents, _values: Tensor, _encoder: object) -> Iterator[str]:
        yield from ()

    def decode(self, decoder: Module, z: Array) -> Array:
        return decode_values(decoder, z)

    def decode_for_reference(self, decoder: Module, z: Array) -> tuple[Array, Tensors]:
        values = self.decode(decoder, z)
        return values, {self.tensor: values}

    def check_samples(self, values: Array, _tensors: Tensors) -> None:
        """Raise ZlideError unless all values are finite, and as `check_values` wants them."""
        tensor, count = torch.from_numpy(values), len(values)
        finite = torch.isfinite(tensor)
        if not finite.all():
            bad = count - int(finite.flatten(1).all(1).sum())
            check_finite(tensor, "decoder", f"at {bad:,} of {count:,} positions")
        try:
            self.check_values(tensor, count)
        except ZlideError as error:
            bad = sum(not self._are_valid(tensor[i : i + 1]) for i in range(count))
            problem = f"{error.problem} at {bad:,} of {count:,} positions"
            raise ZlideError(error.where, problem, error.remedy) from error

    def _are_valid(self, values: Tensor) -> bool:
        try:
            self.check_values(values, len(values))
        except ZlideError:
            return False
        return True

    @torch.no_grad()
    def encode(self, encoder: Module, values: Array) -> Tensor:
        return encoder(torch.from_numpy(values))

    def count_changed(self, exact: Array, found: Array) -> int:
        """Return how many samples differ by an RMSE above `visible_difference`, or by NaN."""
        squares = np.square(exact - found).mean(tuple(range(1, exact.ndim)))
        return int((~(squares <= self.visible_difference**2)).sum())

    def compare(
        self, other: str, _decoder: Module, _z: Array, samples: tuple[Array, Array]
    ) -> None:
        expected, found = map(torch.from_numpy, samples)
        check_finite(expected, "decoder", f"at one of {len(expected)} positions")
        difference = relative_difference_of_values(expected, found)
        if not difference <= TOLERANCE:
            problem = f"the decoder: {other} differs from PyTorch by {difference:.2g}"
            raise ZlideError("export", problem, remedy_for_difference())

    def convert_decoder(
        self, decoder: Module, z: Tensor, _values: Tensor, folder: Path, converter: Converter
    ) -> Parts:
        names = {"kind": self.kind, "name": self.tensor}
        return convert_values_decoder(decoder, z, folder, converter, **names)

    def convert_encoder(
        self, encoder: Module, values: Tensor, folder: Path, converter: Converter
    ) -> Parts:
        names = {"kind": self.kind, "name": self.tensor}
        return convert_values_encoder(encoder, values, folder, converter, **names)

    def converted_decoder(self, parts: Parts) -> Module:
        return lambda z: parts.graphs[f"decoder/{self.kind}"].run(z)[0]

    def converted_encoder(self, parts: Parts) -> Module:
        return lambda values: parts.graphs[f"encoder/{self.kind}"].run(values)[0]

    def pack(self, _folder: Path, parts: Parts, values: Tensor) -> dict[str, Any]:
        encoder = f"encoder/{self.kind}"
        return {
            "decoder": self.decoder_entry(parts.graph(f"decoder/{self.kind}"), values),
            "encoder": self.encoder_entry(parts.graph(encoder), values)
            if encoder in parts.graphs
            else None,
        }

    def compact(self, tensors: Tensors) -> Tensors:
        if self.half_rounding is None:
            return tensors
        return {name: values.astype(np.float16) for name, values in tensors.items()}

    def probe_samples(self, values: Array) -> NDArray[Any]:
        return self.store(values)

    def poster_texts(self, values: Array) -> list[str]:
        """Return the bytes of the stored values in base64. Raises ZlideError for infinite ones."""
        check_finite(torch.from_numpy(values), "decoder", "for one of the first examples")
        return [base64.b64encode(each.tobytes()).decode() for each in self.store(values)]

    @torch.no_grad()
    def reference(
        self,
        decoder: Module,
        encoder: Module | None,
        positions: Positions,
        _examples: Sequence[str],
    ) -> ValuesReference:
        values = self.decode(decoder, positions.z)
        inputs, encoded = values[:0], np.zeros((0, positions.z.shape[1]), np.float32)
        if encoder is not None:
            inputs = np.concatenate([self.example_values(values), values])[:ENCODED]
            encoded = self.encode(encoder, inputs).numpy()
        return ValuesReference(self, positions, values, self.visible_difference, inputs, encoded)

    def reference_from_probe(self, probe: Probe) -> ValuesReference:
        """Return the values of a probe, whose rounding is allowed for; nothing is encoded."""
        values = self.restore(probe.samples)
        return ValuesReference(
            modality=self,
            positions=positions_of(probe),
            values=values,
            allowed=self.visible_difference + self.rounding,
            inputs=values[:0],
            encoded=np.zeros((0, probe.z.shape[1]), np.float32),
        )

    def reference_from_file(
        self, path: Path, stored: StoredReference, manifest: Manifest
    ) -> ValuesReference:
        """Return the values of a stored reference, whose rounding to float16 is allowed for."""
        values, rounding = self._stored_values(path, stored, manifest), 0.0
        if values.dtype == np.float16 and self.half_rounding is not None:
            rounding = self.half_rounding
        values = values.astype(np.float32)
        return ValuesReference(
            modality=self,
            positions=positions_of(stored),
            values=values,
            allowed=self.visible_difference + rounding,
            inputs=values[:0],
            encoded=np.zeros((0, stored.z.shape[1]), np.float32),
        )

    def _stored_values(
        self, path: Path, stored: StoredReference, manifest: Manifest
    ) -> NDArray[Any]:
        """Return the values of a stored reference. Raises ZlideError for those of another model."""
        shapes = {name: (*each.shape, each.dtype.name) for name, each in stored.samples.items()}
        values = stored.samples.get(self.tensor)
        dtypes = ["float32"] if self.half_rounding is None else ["float32", "float16"]
        size = manifest.decoder.poster_bytes()
        if (
            values is None
            or len(stored.samples) > 1
            or values.dtype.name not in dtypes
            or self.store(np.zeros((1, *values.shape[1:]), np.float32)).nbytes != size
        ):
            problem = (
                f"expected {self.tensor} of {' or '.join(dtypes)}, {size:,} bytes for each sample "
                f"as the bundle stores it, found {shapes}"
            )
            raise ZlideError(path, problem, "export the bundle again")
        if not np.isfinite(values).all():
            problem = f"expected finite {self.tensor}, found NaN or infinity"
            raise ZlideError(path, problem, "export the bundle again")
        return values

    def posters_match(self, decoder: Module, z: Array, found: Sequence[str]) -> bool:
        expected = self.store(self.decode(decoder, z))
        return all(
            self._poster_matches(text, stored) for text, stored in zip(found, expected, strict=True)
        )

    def _poster_matches(self, text: str, expected: NDArray[Any]) -> bool:
        found = np.frombuffer(base64.b64decode(text), expected.dtype)
        if found.size != expected.size:
            return False
        differences = np.abs(self.restore(found) - self.restore(expected).ravel())
        return bool(differences.max() <= self.visible_difference + self.rounding)

    def content_differences(self, _bundle: Path, _manifest: Manifest) -> Iterator[str]:
        yield from ()


@dataclass(frozen=True)
class ValuesReference:
    """A `Reference`: the values (N, …) at `positions`.

    allowed: the largest difference of a value.
    inputs: what the browser encodes (M, …), with posterior means `encoded` (M, Z).
    """

    modality: ValuesModality
    positions: Positions
    values: Array
    allowed: float
    inputs: Array
    encoded: Array
    tolerance = 1e-3

    def job(self) -> dict[str, Any]:
        """Return the inputs as `values`: their shape, and float32 numbers in base64."""
        if not len(self.inputs):
            return {}
        data = base64.b64encode(self.inputs.astype("<f4").tobytes()).decode()
        return {"values": {"shape": self.inputs.shape, "data": data}}

    def compare(self, _found: Any, parts: Sequence[bytes]) -> ValuesFindings:
        """Compare with the values that the page posted in parts: float32, little-endian."""
        decoded = np.frombuffer(b"".join(parts), "<f4")
        if decoded.size != self.values.size:
            samples = self.modality.decoder_spec.samples
            raise ZlideError(
                "verify",
                f"expected {len(self.values)} {samples} of {self.values.shape[1:]}, "
                f"the page sent {decoded.size:,} numbers",
                f"correct the values in the page's spec of {self.modality.kind}, "
                "or export the bundle again",
            )
        differences = np.abs(decoded.reshape(self.values.shape) - self.values)
        largest = differences.max(tuple(range(1, differences.ndim)), initial=0.0)
        return ValuesFindings(self.modality, largest, self.allowed)


@dataclass(frozen=True)
class ValuesFindings:
    """The largest difference of a value in each sample, (N,), and the largest that is allowed."""

    modality: ValuesModality
    differences: Array
    allowed: float

    @property
    def equal(self) -> bool:
        return bool((self.differences <= self.allowed).all())

    def rows(self) -> list[tuple[str, str]]:
        equal, count = int((self.differences <= self.allowed).sum()), len(self.differences)
        largest = self.modality.format_difference(float(self.differences.max(initial=0.0)))
        spec = self.modality.decoder_spec
        return [
            (f"{spec.samples} that agree {spec.agreement}", f"{equal:,} of {count:,}"),
            (f"largest difference of a {self.modality.value}", largest),
        ]

    def lines(self) -> list[str]:
        return []
