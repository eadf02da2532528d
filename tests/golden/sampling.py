"""Write sampling.json: the words that Python draws, with which the page's are compared.

Logits are given by their number: number i is (i · 7919 mod 1009) / 64, so that some are equal.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from zlide.decoders.sampling import SEEDS, Sampling, draw, probability, uniform

# Pairs of a seed and the index of a word in its sentence.
DRAWS = [(0, 0), (0, 1), (1, 0), (42, 15), (SEEDS - 1, 3), (123_456_789, 63)]
# Pairs of temperature and top-k.
PARAMETERS = [
    (1.0, None),
    (0.8, 40),
    (0.7, None),
    (2.0, None),
    (0.1, 3),
    (1.3, 1),
    (50.0, None),
    (0.5, 10_000),
]
VOCABULARY_SIZES = [2, 64, 1009, 6832]


def case(
    words: int, temperature: float, top: int | None, seed: int, place: int
) -> dict[str, object]:
    logits = (np.arange(words) * 7919 % 1009 / 64).astype(np.float32)
    word, margin = draw(logits, Sampling(temperature, top, seed), place)
    return {
        "words": words,
        "temperature": temperature,
        "top": top,
        "seed": seed,
        "place": place,
        "word": word,
        "margin": margin,
        "probability": probability(logits, word),
    }


def render() -> str:
    """Return the text of sampling.json."""
    draws = [{"seed": seed, "place": place, "draw": uniform(seed, place)} for seed, place in DRAWS]
    cases = [
        case(words, *parameters, *draw_)
        for words in VOCABULARY_SIZES
        for parameters in PARAMETERS
        for draw_ in DRAWS
    ]
    lines = [",\n".join(map(json.dumps, rows)) for rows in (draws, cases)]
    return f'{{"draws": [\n{lines[0]}\n], "cases": [\n{lines[1]}\n]}}\n'


if __name__ == "__main__":
    (Path(__file__).parent / "sampling.json").write_text(render(), "utf-8")
