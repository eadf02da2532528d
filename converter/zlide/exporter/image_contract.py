"""Check by calls whether a module keeps the contract of `ImageDecoder` or `ImageEncoder`."""

from __future__ import annotations

import torch
from torch import Tensor

from zlide.decoders import ImageDecoder, ImageEncoder
from zlide.errors import ZlideError
from zlide.exporter.contract import (
    AVOID_NAN,
    FIRST,
    LAST,
    SEE_CONTRACT,
    call,
    check_rows,
    check_weights,
    describe,
)
from zlide.exporter.guards import ForbidTensorReads


@torch.no_grad()
def check_image_decoder(decoder: ImageDecoder, z: Tensor) -> Tensor:
    """Call the decoder at z (B, Z), B ≥ 3, and return the pixels (B, H, W, C).

    Raises ZlideError if they have another shape, leave [0, 1], or a row depends on other rows.
    """
    check_weights(decoder, "decoder")
    pixels = _run(decoder, z, "decoder", "z")
    if pixels.dim() != 4 or len(pixels) != len(z) or pixels.shape[3] not in {1, 3}:
        problem = f"expected pixels ({len(z)}, H, W, C), C 1 or 3, found {describe(pixels)}"
        remedy = (
            "put the channels last: pixels.permute(0, 2, 3, 1); "
            "a decoder of sentences needs vocabulary="
        )
        raise ZlideError("decoder", problem, remedy)
    if not (pixels.min() >= 0 and pixels.max() <= 1):
        problem = f"expected pixels from 0 to 1, found {pixels.min():.3g} to {pixels.max():.3g}"
        raise ZlideError("decoder", problem, "end it with a sigmoid, or scale and clamp its output")
    first, last = (_run(decoder, z[rows], "decoder", "z") for rows in (FIRST, LAST))
    check_rows(pixels, first, last, "decoder", "pixels")
    return pixels


@torch.no_grad()
def check_image_encoder(encoder: ImageEncoder, pixels: Tensor, latent_size: int) -> None:
    """Call the encoder on pixels (B, H, W, C), B ≥ 3.

    Raises ZlideError if it does not return (B, latent_size), or a row depends on other rows.
    """
    check_weights(encoder, "encoder")
    mean = _run(encoder, pixels, "encoder", "pixels")
    shape = (len(pixels), latent_size)
    if mean.shape != shape:
        problem = f"expected posterior means {shape}, found {describe(mean)}"
        raise ZlideError("encoder", problem, SEE_CONTRACT)
    first, last = (_run(encoder, pixels[rows], "encoder", "pixels") for rows in (FIRST, LAST))
    check_rows(mean, first, last, "encoder", "posterior means")


def _run(module: ImageDecoder | ImageEncoder, x: Tensor, where: str, what: str) -> Tensor:
    if not callable(module):
        problem = f"expected a module that takes {what}, found a {type(module).__name__}"
        raise ZlideError(where, problem, SEE_CONTRACT)
    with ForbidTensorReads(where, [x]):
        result = call(where, module, x)
    if not isinstance(result, Tensor) or not result.is_floating_point():
        problem = f"expected numbers for {what} {describe(x)}, found {describe(result)}"
        raise ZlideError(where, problem, SEE_CONTRACT)
    if torch.isnan(result).any():
        raise ZlideError(where, f"expected numbers, found NaN for {what} {describe(x)}", AVOID_NAN)
    return result
