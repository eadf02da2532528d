"""Make sampling.json: words as Python draws them, to which the page is held.

Logits are given by their number alone: number i is (i · 7919 mod 1009) / 64, so that of many some are equal.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from zlide.decoders.sampling import SEEDS, Sampling, draw, probability, uniform

PLACES = [(0, 0), (0, 1), (1, 0), (42, 15), (SEEDS - 1, 3), (123_456_789, 63)]  # seed, place
HOW = [
    (1.0, None),
    (0.8, 40),
    (0.7, None),
    (2.0, None),
    (0.1, 3),
    (1.3, 1),
    (50.0, None),
    (0.5, 10_000),
]  # temperature, top
WORDS = [2, 64, 1009, 6832]


def case(
    words: int, temperature: float, top: int | None, seed: int, place: int
) -> dict[str, object]:
    logits = (np.arange(words) * 7919 % 1009 / 64).astype(np.float32)
    word, margin = draw(logits, Sampling(temperature, top, seed), place)
    given = {"words": words, "temperature": temperature, "top": top, "seed": seed, "place": place}
    return {**given, "word": word, "margin": margin, "probability": probability(logits, word)}


def made() -> str:
    draws = [{"seed": seed, "place": place, "draw": uniform(seed, place)} for seed, place in PLACES]
    cases = [case(words, *how, *place) for words in WORDS for how in HOW for place in PLACES]
    lines = [",\n".join(map(json.dumps, some)) for some in (draws, cases)]
    return f'{{"draws": [\n{lines[0]}\n], "cases": [\n{lines[1]}\n]}}\n'


if __name__ == "__main__":
    (Path(__file__).parent / "sampling.json").write_text(made(), "utf-8")
