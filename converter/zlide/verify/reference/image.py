"""The pictures that PyTorch decodes at some positions."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from zlide.bundle import Poster, read_picture_probe
from zlide.checkpoint import WorldCheckpoint
from zlide.decoders import PIXEL_STEP, decode_images, to_bytes
from zlide.errors import ZlideError
from zlide.verify.reference import (
    AXES_TOLERANCE,
    ENCODED,
    Array,
    Positions,
    random_positions_and_examples,
)


@dataclass(frozen=True)
class PictureFindings:
    """The largest difference of a pixel in each picture, (N,), and the largest that is allowed.

    Pixels are in [0, 1].
    """

    differences: Array
    allowed: float

    @property
    def equal(self) -> bool:
        return bool((self.differences <= self.allowed).all())

    def rows(self) -> list[tuple[str, str]]:
        equal = int((self.differences <= self.allowed).sum())
        largest = self.differences.max(initial=0.0) * 255
        return [
            ("pictures that agree pixel by pixel", f"{equal:,} of {len(self.differences):,}"),
            ("largest difference of a pixel", f"{largest:.2g} of 255"),
        ]

    def lines(self) -> list[str]:
        return []


@dataclass(frozen=True)
class PictureReference:
    """A `Reference`: the pixels (N, H, W, C) at `positions`, in [0, 1].

    allowed: the largest difference of a pixel.
    pictures: what the browser encodes (M, H, W, C), with posterior means `encoded` (M, Z).
    """

    positions: Positions
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

    def compare(self, found: Any, parts: Sequence[bytes]) -> PictureFindings:  # noqa: ARG002 (pictures come in parts)
        decoded = np.frombuffer(b"".join(parts), "<f4")
        if decoded.size != self.pixels.size:
            raise ZlideError(
                "verify",
                f"expected {len(self.pixels)} pictures of {self.pixels.shape[1:]}, "
                f"the page sent {decoded.size:,} numbers",
                "build the site again",
            )
        differences = np.abs(decoded.reshape(self.pixels.shape) - self.pixels)
        return PictureFindings(differences.max((1, 2, 3), initial=0.0), self.allowed)


@torch.no_grad()
def reference_from_checkpoint(
    checkpoint: WorldCheckpoint, count: int, seed: int
) -> PictureReference:
    """Decode `count` random positions and all examples with a checkpoint.

    Its weights have the precision of the bundle. It encodes the examples and what it decoded.
    """
    model, latents = checkpoint.model, list(checkpoint.examples.values())
    positions = random_positions_and_examples(checkpoint.axes, latents, count, seed)
    pixels = decode_images(model.decoder, positions.z)
    examples = checkpoint.pictures.astype(np.float32) / 255
    pictures = np.concatenate([examples, pixels])[:ENCODED]
    encoded = model.encoder(torch.from_numpy(pictures)).numpy()
    return PictureReference(positions, pixels, PIXEL_STEP, pictures, encoded)


def reference_from_probe(path: Path, count: int | None = None) -> PictureReference:
    """Return the first `count` pictures of a bundle's probe, or all; nothing is encoded.

    The probe has bytes, whose rounding allows another half of a step.
    """
    sliders, residual, z, pixels = read_picture_probe(path)
    sliders, residual, z = (part[:count] for part in (sliders, residual, z))
    pixels = pixels[:count]
    return PictureReference(
        positions=Positions(sliders, residual, z, (sliders, residual)),
        pixels=pixels.astype(np.float32) / 255,
        allowed=1.5 * PIXEL_STEP,
        pictures=np.zeros((0, *pixels.shape[1:]), np.float32),
        encoded=np.zeros((0, z.shape[1]), np.float32),
    )


def posters_match(posters: Sequence[Poster], checkpoint: WorldCheckpoint) -> bool:
    """Return whether each poster shows an example, its sliders and the picture decoded there.

    The weights of `checkpoint` have the precision of the bundle.
    """
    return all(_poster_matches(poster, checkpoint) for poster in posters)


def _poster_matches(poster: Poster, checkpoint: WorldCheckpoint) -> bool:
    if poster.text not in checkpoint.examples:
        return False
    z = checkpoint.examples[poster.text][None]
    found = np.frombuffer(base64.b64decode(poster.decoded), np.uint8)
    expected = to_bytes(decode_images(checkpoint.model.decoder, z)).ravel()
    if found.shape != expected.shape or np.abs(found.astype(int) - expected).max() > 1:
        return False
    sliders = checkpoint.axes.from_z(z)[0][0]
    return bool(np.abs(np.array(poster.sliders) - sliders).max() <= AXES_TOLERANCE)
