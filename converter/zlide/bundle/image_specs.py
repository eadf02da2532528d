"""The decoder and the encoder of pictures in a manifest."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Literal

from pydantic import Field

from zlide.bundle.parts import Graph, Part
from zlide.bundle.specs import DecoderSpec, EncoderSpec, Widths
from zlide.files import read_png


class Size(Part):
    """The size of a picture in pixels, and its channels: 1 for grey, 3 for RGB."""

    height: int = Field(ge=1, le=4096)
    width: int = Field(ge=1, le=4096)
    channels: Literal[1, 3]


class ImageDecoder(DecoderSpec):
    """image: z → pixels (B, H, W, C) in [0, 1]."""

    samples: ClassVar[str] = "pictures"
    agreement: ClassVar[str] = "pixel by pixel"

    kind: Literal["image"] = "image"
    image: Graph
    size: Size

    def widths(self, latent_size: int) -> Mapping[str, tuple[Widths, Widths]]:
        return {"image": ([latent_size], [None])}

    def poster_bytes(self) -> int:
        return self.size.height * self.size.width * self.size.channels

    def check_pictures(self, path: Path, count: int) -> None:
        """Raise ZlideError unless `path` is a PNG of `count` pictures, one below the other."""
        size = self.size
        shape = (count * size.height, size.width, size.channels)
        read_png(path, shape, "export the bundle again")


class ImageEncoder(EncoderSpec):
    """image: pixels (B, H, W, C) in [0, 1] → posterior mean (B, Z).

    The page crops an imported picture around its centre to `aspect`, width by height, and scales it
    to `size`, as training frames were. Each pixel is a triangle-weighted mean of those it covers.
    """

    kind: Literal["image"] = "image"
    image: Graph
    size: Size
    aspect: float = Field(gt=0)

    def widths(self, latent_size: int) -> Mapping[str, tuple[Widths, Widths]]:
        return {"image": ([None], [latent_size])}
