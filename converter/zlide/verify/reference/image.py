"""What PyTorch paints at some positions: the truth about a bundle of pictures."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from zlide.bundle import Poster, read_picture_probe
from zlide.checkpoint import WorldCheckpoint
from zlide.decoders import PIXEL_STEP, decode_images, to_bytes
from zlide.errors import ZlideError
from zlide.verify.reference import ENCODED, Positions, positions_among

Array = NDArray[np.float32]


@dataclass(frozen=True)
class PictureFindings:
    """The largest difference of a pixel in each of the pictures, (N,), pixels being in [0, 1]; how much is allowed."""

    differences: Array
    allowed: float

    @property
    def equal(self) -> bool:
        return bool((self.differences <= self.allowed).all())

    def rows(self) -> list[tuple[str, str]]:
        near = int((self.differences <= self.allowed).sum())
        return [
            ("pictures that agree pixel by pixel", f"{near:,} of {len(self.differences):,}"),
            (
                "largest difference of a pixel",
                f"{self.differences.max(initial=0.0) * 255:.2g} of 255",
            ),
        ]

    def lines(self) -> list[str]:
        return []


@dataclass(frozen=True)
class PictureReference:
    """At `places` PyTorch paints `pixels` (N, H, W, C), and it encodes `pictures` (M, H, W, C) to `encoded` (M, Z): a `Truth`."""

    places: Positions
    pixels: Array
    allowed: float
    pictures: Array
    encoded: Array
    tolerance = 1e-3

    def job(self) -> dict[str, Any]:
        if not len(self.pictures):
            return {}
        data = base64.b64encode(self.pictures.astype("<f4").tobytes()).decode()
        return {"pictures": {"shape": self.pictures.shape, "data": data}}

    def judge(self, found: Any, parts: Sequence[bytes]) -> PictureFindings:  # noqa: ARG002 (pictures come in parts)
        painted = np.frombuffer(b"".join(parts), "<f4")
        if painted.size != self.pixels.size:
            problem = f"asked for {len(self.pixels)} pictures of {self.pixels.shape[1:]}, the page sent {painted.size:,} numbers"
            raise ZlideError("verify", problem, "build the site again")
        apart = np.abs(painted.reshape(self.pixels.shape) - self.pixels)
        return PictureFindings(apart.max((1, 2, 3), initial=0.0), self.allowed)


@torch.no_grad()
def reference_of_checkpoint(
    checkpoint: WorldCheckpoint, positions: int, seed: int
) -> PictureReference:
    """What a checkpoint, whose weights are as they travel, paints at random positions and at its examples; it encodes their pictures and what
    was painted.
    """
    model, latents = checkpoint.model, list(checkpoint.examples.values())
    places = positions_among(checkpoint.axes, latents, positions, seed)
    pixels = decode_images(model.decoder, places.z)
    pictures = np.concatenate([checkpoint.pictures.astype(np.float32) / 255, pixels])[:ENCODED]
    return PictureReference(
        places, pixels, PIXEL_STEP, pictures, model.encoder(torch.from_numpy(pictures)).numpy()
    )


def reference_in_probe(path: Path, positions: int | None = None) -> PictureReference:
    """What the bundle itself says that PyTorch painted at its first positions, or at all: bytes, so that half of one more may differ."""
    sliders, residual, z, pixels = read_picture_probe(path)
    sliders, residual, z, pixels = (
        sliders[:positions],
        residual[:positions],
        z[:positions],
        pixels[:positions],
    )
    places = Positions(sliders, residual, z, (sliders, residual))
    empty = np.zeros((0, *pixels.shape[1:]), np.float32)
    return PictureReference(
        places,
        pixels.astype(np.float32) / 255,
        1.5 * PIXEL_STEP,
        empty,
        np.zeros((0, z.shape[1]), np.float32),
    )


def true_posters(posters: Sequence[Poster], checkpoint: WorldCheckpoint, tolerance: float) -> bool:
    """Whether each shows an example where it is, and what PyTorch, whose weights are as they travel, paints there."""
    for poster in posters:
        if poster.text not in checkpoint.examples:
            return False
        z = checkpoint.examples[poster.text][None]
        found = np.frombuffer(base64.b64decode(poster.decoded), np.uint8)
        expected = to_bytes(decode_images(checkpoint.model.decoder, z)).ravel()
        if found.shape != expected.shape or np.abs(found.astype(int) - expected).max() > 1:
            return False
        if np.abs(np.array(poster.sliders) - checkpoint.axes.from_z(z)[0][0]).max() > tolerance:
            return False
    return True
