"""Convert the decoder and the encoder of an image model, with channels last."""

from __future__ import annotations

from pathlib import Path

from torch import Tensor, nn

from zlide.decoders import ImageDecoder, ImageEncoder
from zlide.graph.convert import convert
from zlide.graph.parts import Parts


def convert_image_decoder(decoder: ImageDecoder, z: Tensor, folder: Path) -> Parts:
    """Convert to `decoder/image`: z (B, Z) → pixels (B, H, W, C). Traces with `z`, B ≥ 2."""
    return Parts(
        {
            "decoder/image": convert(
                _AsTuple(decoder), {"z": z}, ["pixels"], folder / "decoder/image", "decoder"
            )
        }
    )


def convert_image_encoder(encoder: ImageEncoder, pixels: Tensor, folder: Path) -> Parts:
    """Convert to `encoder/image`: pixels (B, H, W, C) → mean (B, Z).

    Traces with `pixels`, B ≥ 2.
    """
    return Parts(
        {
            "encoder/image": convert(
                _AsTuple(encoder), {"pixels": pixels}, ["mean"], folder / "encoder/image", "encoder"
            )
        }
    )


class _AsTuple(nn.Module):
    """A module with its only output in a tuple."""

    def __init__(self, module: ImageDecoder | ImageEncoder) -> None:
        super().__init__()
        self.module = module

    def forward(self, x: Tensor) -> tuple[Tensor]:
        return (self.module(x),)
