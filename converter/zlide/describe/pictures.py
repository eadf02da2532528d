"""Features of pictures: lightness and colour, in all and by region, and small bright spots."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from zlide.decoders import decode_values
from zlide.describe.effects import ContinuousFeature, Feature

LUMA = (0.299, 0.587, 0.114)
"""Weights of red, green and blue in the luma (ITU-R BT.601)."""

ROWS, COLUMNS = ("top", "upper", "lower", "bottom"), ("far left", "left", "right", "far right")
"""The names of the 4 × 4 regions of a picture."""

MIN_DIFFERENCE = 0.02
"""The smallest visible difference of a mean in [0, 1]."""

SPOT_CONTRAST = 0.25
"""A pixel belongs to a bright spot if its luma exceeds the mean around it by this, in [0, 1]."""

_SPOT_WINDOW = 9  # pixels high and wide, of the mean around a pixel

_STRONGER = (("redder", "less red"), ("greener", "less green"), ("bluer", "less blue"))
_GREYS = (
    ("black", 0.12),
    ("dark grey", 0.36),
    ("grey", 0.65),
    ("light grey", 0.9),
    ("white", math.inf),
)
# The same table is in webapp/src/samples/palette.ts; both are tested with tests/golden/hues.json.
_HUES = (
    ("red", 15),
    ("orange", 45),
    ("yellow", 70),
    ("green", 165),
    ("cyan", 195),
    ("blue", 260),
    ("purple", 300),
    ("pink", 345),
    ("red", 361),
)

Array = NDArray[np.float64]


@dataclass(frozen=True)
class PictureFeatures:
    """Decodes z (2, N, Z) and measures the features of the pictures: a `FeatureExtractor`."""

    decoder: Callable[[torch.Tensor], torch.Tensor]

    def __call__(self, z: NDArray[np.float32]) -> list[Feature]:
        pixels = decode_values(self.decoder, z.reshape(-1, z.shape[2]))
        return picture_features(pixels.reshape(2, -1, *pixels.shape[1:]))


def picture_features(pixels: NDArray[np.float32]) -> list[Feature]:
    """Return the features of pixels (2, N, H, W, C) in [0, 1].

    The first index is the end of the axis, and the second is the position.
    """
    colours = _region_means(pixels)  # (2, N, rows, columns, C)
    colours = np.broadcast_to(colours, (*colours.shape[:-1], 3))  # grey to red, green and blue
    luma = colours @ np.array(LUMA)

    def contrast(more: str, less: str, a: Array, b: Array) -> Feature:
        return ContinuousFeature(more, less, a.mean((2, 3)) - b.mean((2, 3)), MIN_DIFFERENCE)

    return [
        ContinuousFeature("lighter", "darker", luma.mean((2, 3)), MIN_DIFFERENCE),
        contrast("lighter left", "lighter right", luma[..., :2], luma[..., 2:]),
        contrast("lighter top", "lighter bottom", luma[:, :, :2], luma[:, :, 2:]),
        contrast("lighter middle", "lighter sides", luma[..., 1:-1], luma[..., [0, -1]]),
        ContinuousFeature(
            "more bright spots", "fewer bright spots", count_spot_pixels(pixels), 1, unit="pixels"
        ),
        *_region_features(colours, luma),
    ]


def count_spot_pixels(pixels: NDArray[np.float32]) -> Array:
    """Count the pixels in bright spots of each picture (…, H, W, C). Returns (…) float64."""
    luma = pixels @ np.array(LUMA, np.float32) if pixels.shape[-1] == 3 else pixels[..., 0]
    flat = torch.from_numpy(luma.reshape(-1, 1, *luma.shape[-2:]))
    around = F.avg_pool2d(
        flat, _SPOT_WINDOW, stride=1, padding=_SPOT_WINDOW // 2, count_include_pad=False
    )
    spots = (flat - around > SPOT_CONTRAST).sum((1, 2, 3)).numpy()
    return np.asarray(spots.reshape(luma.shape[:-2]), np.float64)


def colour_word(red: float, green: float, blue: float) -> str:
    """Return the common name of a colour in [0, 1]."""
    strongest, weakest = max(red, green, blue), min(red, green, blue)
    if strongest - weakest < max(0.05, strongest / 8):
        return next(word for word, up_to in _GREYS if (red + green + blue) / 3 < up_to)
    hue = 360 * colorsys.rgb_to_hsv(red, green, blue)[0]
    word = next(word for word, up_to in _HUES if hue < up_to)
    word = "brown" if word == "orange" and strongest < 0.7 else word
    return f"greyish {word}" if weakest > 0.6 * strongest and word != "brown" else word


def _region_features(colours: Array, luma: Array) -> Iterator[Feature]:
    """Yield lightness and the strength of red, green and blue in each region.

    If the colours at the two ends have different names, these names describe the change.
    """
    strength = 1.5 * (colours - colours.mean(-1, keepdims=True))
    measured = {
        ("lighter", "darker"): luma,
        **{words: strength[..., i] for i, words in enumerate(_STRONGER)},
    }
    for row, column in np.ndindex(*luma.shape[2:]):
        low, high = (colour_word(*end) for end in colours[:, :, row, column].mean(1))
        region = f"{ROWS[row]} {COLUMNS[column]}"
        for words, values in measured.items():
            here = values[:, :, row, column]
            rises = here[1].mean() > here[0].mean()
            more, less = words if low == high else (high, low) if rises else (low, high)
            yield ContinuousFeature(more, less, here, MIN_DIFFERENCE, region)


def _region_means(pixels: NDArray[np.float32]) -> Array:
    """Return the means of pixels (2, N, H, W, C) in each region, (2, N, 4, 4, C) float64."""
    rows = [part.mean(2) for part in np.array_split(pixels, len(ROWS), axis=2)]  # each (2, N, W, C)
    means = [
        np.stack([part.mean(2) for part in np.array_split(row, len(COLUMNS), axis=2)], 2)
        for row in rows
    ]
    return np.asarray(np.stack(means, 2), np.float64)
