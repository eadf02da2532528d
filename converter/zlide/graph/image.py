"""The graphs of a picture model: its decoder's and its encoder's, channels last."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from zlide.decoders import ImageDecoder, ImageEncoder
from zlide.graph.convert import convert
from zlide.graph.parts import Parts


def convert_image_decoder(decoder: ImageDecoder, z: Tensor, folder: Path) -> Parts:
    """image: z (B, Z) → pixels (B, H, W, C); `z` is an example, B ≥ 2."""
    return Parts(
        {
            "decoder/image": convert(
                _Only(decoder), {"z": z}, ["pixels"], folder / "decoder/image", "decoder"
            )
        }
    )


def convert_image_encoder(encoder: ImageEncoder, pixels: Tensor, folder: Path) -> Parts:
    """image: pixels (B, H, W, C) → mean (B, Z); `pixels` is an example, B ≥ 2."""
    return Parts(
        {
            "encoder/image": convert(
                _Only(encoder), {"pixels": pixels}, ["mean"], folder / "encoder/image", "encoder"
            )
        }
    )


class _Only(nn.Module):
    """A module's one output in a tuple."""

    def __init__(self, module: ImageDecoder | ImageEncoder) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> tuple[Tensor]:
        return (self.module(x),)
