"""Write hues.json: the words for vivid colours, with which both languages' words are compared.

The hue is an exact fraction of degrees. A word holds from its angle on, below the next one.
Colours lie beside and on the angles where the word changes. All of them are vivid: the weakest
channel is 0 and the strongest 255, where neither language adds a shade such as "dark".
"""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

WORDS = {
    0: "red",
    15: "orange",
    45: "yellow",
    70: "green",
    165: "cyan",
    195: "blue",
    260: "purple",
    300: "pink",
    345: "red",
}
"""The word for hues from this angle on, in degrees."""

RGB = tuple[int, int, int]


def hue(color: RGB) -> Fraction:
    """Return the hue in degrees, below 360."""
    red, green, blue = color
    largest, chroma = max(color), max(color) - min(color)
    if largest == red:
        return 60 * (Fraction(green - blue, chroma) % 6)
    if largest == green:
        return 60 * (2 + Fraction(blue - red, chroma))
    return 60 * (4 + Fraction(red - green, chroma))


def vivid_colors() -> list[RGB]:
    """Return the 1,530 colours with a channel of 0 and one of 255, by rising hue."""
    channels = range(256)
    colors = {
        color
        for middle in channels
        for color in (
            (255, middle, 0),
            (middle, 255, 0),
            (0, 255, middle),
            (0, middle, 255),
            (middle, 0, 255),
            (255, 0, middle),
        )
    }
    return sorted(colors, key=hue)


def render() -> str:
    """Return the text of hues.json."""
    colors = vivid_colors()
    word_of = {
        color: WORDS[max(angle for angle in WORDS if angle <= hue(color))] for color in colors
    }
    changes = [i for i in range(1, len(colors)) if word_of[colors[i]] != word_of[colors[i - 1]]]
    chosen = {*range(0, len(colors), 51), *(i + step for i in changes for step in (-1, 0, 1))}
    cases = [
        {"color": "#{:02x}{:02x}{:02x}".format(*colors[i]), "word": word_of[colors[i]]}
        for i in sorted(chosen)
    ]
    lines = ",\n".join(map(json.dumps, cases))
    return f'{{"cases": [\n{lines}\n]}}\n'


if __name__ == "__main__":
    (Path(__file__).parent / "hues.json").write_text(render(), "utf-8")
