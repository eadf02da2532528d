"""What can be told of pictures: how light they are, where, of what colour, and how many small bright spots they have."""

from __future__ import annotations

import colorsys
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from zlide.decoders import ImageDecoder, decode_images
from zlide.describe.effects import ContinuousFeature, Feature

LIGHT = (0.299, 0.587, 0.114)
"""How much red, green and blue are worth to an eye (ITU-R BT.601)."""

ROWS, COLUMNS = ("top", "upper", "lower", "bottom"), ("far left", "left", "right", "far right")
"""A picture is looked at in four rows of four places."""

VISIBLE = 0.02
"""Of white: a place that changes less looks the same."""

STANDS_OUT = 0.25
"""A pixel that is so much lighter than the mean around it, of white, belongs to a bright spot."""

_AROUND = 9  # pixels high and wide

_STRONGER = (("redder", "less red"), ("greener", "less green"), ("bluer", "less blue"))
_GREYS = (
    ("black", 0.12),
    ("dark grey", 0.36),
    ("grey", 0.65),
    ("light grey", 0.9),
    ("white", math.inf),
)
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
    """Paints and looks: z (2, N, Z) → traits of pictures."""

    decoder: ImageDecoder

    def __call__(self, z: NDArray[np.float32]) -> list[Feature]:
        pixels = decode_images(self.decoder, z.reshape(-1, z.shape[2]))
        return traits_of(pixels.reshape(2, -1, *pixels.shape[1:]))


def traits_of(pixels: NDArray[np.float32]) -> list[Feature]:
    """pixels (2, N, H, W, C) in [0, 1]: the pictures at one end of the axis, and those of the same positions at the other."""
    colours = _places(pixels)  # (2, N, rows, columns, C)
    colours = np.broadcast_to(
        colours, (*colours.shape[:-1], 3)
    )  # grey is as much red as green and blue
    light = colours @ np.array(LIGHT)
    return [
        ContinuousFeature("lighter", "darker", light.mean((2, 3)), VISIBLE),
        ContinuousFeature(
            "lighter left",
            "lighter right",
            light[..., :2].mean((2, 3)) - light[..., 2:].mean((2, 3)),
            VISIBLE,
        ),
        ContinuousFeature(
            "lighter top",
            "lighter bottom",
            light[:, :, :2].mean((2, 3)) - light[:, :, 2:].mean((2, 3)),
            VISIBLE,
        ),
        ContinuousFeature(
            "lighter middle",
            "lighter sides",
            light[..., 1:-1].mean((2, 3)) - light[..., [0, -1]].mean((2, 3)),
            VISIBLE,
        ),
        ContinuousFeature(
            "more bright spots", "fewer bright spots", bright_spots(pixels), 1, unit="pixels"
        ),
        *_in_places(colours, light),
    ]


def bright_spots(pixels: NDArray[np.float32]) -> Array:
    """How many pixels of each picture (…, H, W, C) stand out from what is around them: (…)."""
    light = pixels @ np.array(LIGHT, np.float32) if pixels.shape[-1] == 3 else pixels[..., 0]
    flat = torch.from_numpy(light.reshape(-1, 1, *light.shape[-2:]))
    around = F.avg_pool2d(flat, _AROUND, stride=1, padding=_AROUND // 2, count_include_pad=False)
    spots = (flat - around > STANDS_OUT).sum((1, 2, 3)).numpy()
    return np.asarray(spots.reshape(light.shape[:-2]), np.float64)


def colour_word(red: float, green: float, blue: float) -> str:
    """What people call a colour, of numbers in [0, 1]."""
    strongest, weakest = max(red, green, blue), min(red, green, blue)
    if strongest - weakest < max(0.05, strongest / 8):
        return next(word for word, up_to in _GREYS if (red + green + blue) / 3 < up_to)
    hue = 360 * colorsys.rgb_to_hsv(red, green, blue)[0]
    word = next(word for word, up_to in _HUES if hue < up_to)
    word = "brown" if word == "orange" and strongest < 0.7 else word
    return f"greyish {word}" if weakest > 0.6 * strongest and word != "brown" else word


def _in_places(colours: Array, light: Array) -> Iterator[Feature]:
    """Of each place how light it is, and how much each channel is above the mean of the other two.

    It is said by the words for its colours at both ends, where these differ.
    """
    strength = 1.5 * (colours - colours.mean(-1, keepdims=True))
    measured = {
        ("lighter", "darker"): light,
        **{words: strength[..., i] for i, words in enumerate(_STRONGER)},
    }
    for row, column in np.ndindex(*light.shape[2:]):
        low, high = (colour_word(*end) for end in colours[:, :, row, column].mean(1))
        for words, values in measured.items():
            there = values[:, :, row, column]
            rises = there[1].mean() > there[0].mean()
            more, less = words if low == high else (high, low) if rises else (low, high)
            yield ContinuousFeature(more, less, there, VISIBLE, f"{ROWS[row]} {COLUMNS[column]}")


def _places(pixels: NDArray[np.float32]) -> Array:
    """pixels (2, N, H, W, C) → their means in four rows of four places, (2, N, 4, 4, C)."""
    rows = [part.mean(2) for part in np.array_split(pixels, len(ROWS), axis=2)]  # each (2, N, W, C)
    means = [
        np.stack([part.mean(2) for part in np.array_split(row, len(COLUMNS), axis=2)], 2)
        for row in rows
    ]
    return np.asarray(np.stack(means, 2), np.float64)
