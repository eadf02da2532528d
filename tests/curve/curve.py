"""Curves: a third kind of output, added without a change of zlide."""

from collections.abc import Callable, Mapping
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field
from torch import Tensor, nn

from zlide.bundle import DecoderSpec, Graph, Widths
from zlide.contract import describe_value
from zlide.decoders import decode_values
from zlide.describe import ContinuousFeature, Feature, FeatureExtractor
from zlide.errors import ZlideError
from zlide.modalities import ValuesModality


class CurveSpec(DecoderSpec):
    """The decoder in a manifest. curve: z → values (B, T); length: T."""

    samples: ClassVar[str] = "curves"
    agreement: ClassVar[str] = "point by point"

    kind: Literal["curve"] = "curve"
    curve: Graph
    length: int = Field(ge=2)

    def widths(self, latent_size: int) -> Mapping[str, tuple[Widths, Widths]]:
        return {"curve": ([latent_size], [self.length])}

    def poster_bytes(self) -> int:
        return 4 * self.length


class CurveModality(ValuesModality):
    """Curves: values (B, T) of any size, stored in float32."""

    kind: ClassVar[str] = "curve"
    decoder_spec: ClassVar[type[DecoderSpec]] = CurveSpec
    value: ClassVar[str] = "point"
    visible_difference: ClassVar[float] = 0.01
    poster_count: ClassVar[int] = 8

    def check_values(self, values: Tensor, rows: int) -> None:
        if values.dim() != 2 or len(values) != rows:
            problem = f"expected curves ({rows}, T), found {describe_value(values)}"
            raise ZlideError("decoder", problem, "return one row of T values for each z")

    def decoder_entry(self, graph: Graph, values: Tensor) -> CurveSpec:
        return CurveSpec(curve=graph, length=values.shape[1])

    def features(self, decoder: Callable[[Tensor], Tensor]) -> FeatureExtractor:
        def measure(z: NDArray[np.float32]) -> list[Feature]:
            curves = decode_values(decoder, z.reshape(-1, z.shape[2])).astype(np.float64)
            curves = curves.reshape(2, -1, curves.shape[1])  # the ends of an axis, positions, T
            slope = curves[..., -1] - curves[..., 0]
            return [
                ContinuousFeature("higher", "lower", curves.mean(2), self.visible_difference),
                ContinuousFeature("rising", "falling", slope, self.visible_difference),
                ContinuousFeature("wavier", "flatter", curves.std(2), self.visible_difference),
            ]

        return measure


class CurveDecoder(nn.Module):
    """z (B, Z) → a curve (B, T)."""

    def __init__(self, latent_size: int, length: int) -> None:
        super().__init__()
        self.hidden = nn.Linear(latent_size, 24)
        self.out = nn.Linear(24, length)

    def forward(self, z: Tensor) -> Tensor:
        curve: Tensor = self.out(self.hidden(z).tanh())
        return curve
