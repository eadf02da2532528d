"""Pictures: the modality of an `ImageDecoder` and an `ImageEncoder`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from zlide.bundle import DecoderSpec, EncoderSpec, Graph, ImageDecoder, ImageEncoder, Size
from zlide.contract import describe_value
from zlide.describe import FeatureExtractor, PictureFeatures
from zlide.errors import ZlideError
from zlide.files import write_png
from zlide.graph import Parts
from zlide.modalities.modality import Array, Latents
from zlide.modalities.values import Module, ValuesModality
from zlide.pictures import PIXEL_STEP, Pictures, to_bytes

EXCESS = 1e-5
"""How far pixels may leave [0, 1], since weighted means of pixels are rounded."""


@dataclass(frozen=True)
class ImageModality(ValuesModality):
    """Pictures: values are pixels (B, H, W, C) in [0, 1], stored as bytes.

    pictures: those of the examples, in their order; None if there are none.
    """

    pictures: Pictures | None = None

    kind: ClassVar[str] = "image"
    decoder_spec: ClassVar[type[DecoderSpec]] = ImageDecoder
    encoder_spec: ClassVar[type[EncoderSpec] | None] = ImageEncoder
    tensor: ClassVar[str] = "pixels"
    channels_last: ClassVar[bool] = True
    value: ClassVar[str] = "pixel"
    visible_difference: ClassVar[float] = PIXEL_STEP
    rounding: ClassVar[float] = PIXEL_STEP / 2
    half_rounding: ClassVar[float | None] = 2**-12
    probe_storage: ClassVar[str] = "at 8 bits"

    def check_values(self, values: Tensor, rows: int) -> None:
        """Raise ZlideError unless the values are pixels from 0 to 1, channels last."""
        if values.dim() != 4 or len(values) != rows or values.shape[3] not in {1, 3}:
            problem = f"expected pixels ({rows}, H, W, C), C 1 or 3, found {describe_value(values)}"
            remedy = "return a picture for each row; a decoder of sentences needs vocabulary="
            if values.dim() == 4 and len(values) == rows and values.shape[1] in {1, 3}:
                remedy = "put the channels last: pixels.permute(0, 2, 3, 1)"
            raise ZlideError("decoder", problem, remedy)
        if not (values.min() >= -EXCESS and values.max() <= 1 + EXCESS):
            problem = f"expected pixels from 0 to 1, found {values.min():.3g} to {values.max():.3g}"
            remedy = "end it with a sigmoid, or scale and clamp its output"
            raise ZlideError("decoder", problem, remedy)

    def check_examples(self, latents: Latents, values: Tensor, _encoder: object) -> Iterator[str]:
        """Check the number and the size of the pictures; there are no remarks."""
        shape = tuple(values.shape[1:])
        frames = np.zeros((0, *shape), np.uint8) if self.pictures is None else self.pictures.bytes
        expected = (len(latents), *shape)
        if frames.shape != expected:
            problem = (
                f"expected frames {expected}, one for each example in the decoder's size, "
                f"found {frames.shape}"
            )
            remedy = "give zlide.Pictures(frames), in the order of the examples"
            raise ZlideError("pictures", problem, remedy)
        yield from ()

    def decoder_entry(self, graph: Graph, values: Tensor) -> ImageDecoder:
        return ImageDecoder(image=graph, size=_size_of(values))

    def encoder_entry(self, graph: Graph, values: Tensor) -> ImageEncoder:
        size = _size_of(values)
        aspect = size.width / size.height if self.pictures is None else self.pictures.aspect
        return ImageEncoder(image=graph, size=size, aspect=aspect)

    def pack(self, folder: Path, parts: Parts, values: Tensor) -> dict[str, Any]:
        """Write the pictures of the examples in one column, besides what all kinds have."""
        keys = super().pack(folder, parts, values)
        if self.pictures is None or not len(self.pictures.bytes):
            return keys
        frames = self.pictures.bytes
        write_png(folder / "pictures.png", frames.reshape(-1, *frames.shape[2:]))
        return {**keys, "pictures": "pictures.png"}

    def store(self, values: Array) -> NDArray[np.uint8]:
        return to_bytes(values)

    def restore(self, stored: NDArray[Any]) -> Array:
        return stored.astype(np.float32) / np.float32(255)

    def example_values(self, values: Array) -> Array:
        return values[:0] if self.pictures is None else self.restore(self.pictures.bytes)

    def format_difference(self, difference: float) -> str:
        return f"{difference * 255:.2g} of 255"

    def features(self, decoder: Module) -> FeatureExtractor:
        return PictureFeatures(decoder)


def _size_of(pixels: Tensor) -> Size:
    height, width, channels = pixels.shape[1:]
    return Size.model_validate({"height": height, "width": width, "channels": channels})
