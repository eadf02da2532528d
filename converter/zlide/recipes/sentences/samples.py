"""What a model writes, to be read: figures do not say whether moving a slider is a pleasure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.axes import Axes
from zlide.recipes.posteriors import Posteriors
from zlide.recipes.sentences.evaluate import AXES, STEPS, Texts, moved, strips

Array = NDArray[np.float32]

_AROUND = 3  # sentences to look around
_EACH = 20  # samples around each, and from the aggregate posterior
_BETWEEN = 5  # interpolations


def collect_samples(
    texts: Texts,
    sentences: Sequence[str],
    means: Array,
    axes: Axes,
    training: Posteriors,
    *,
    seed: int = 1,
) -> dict[str, Any]:
    """Samples around `sentences` (posterior means (N, Z), N ≥ 2), from the aggregate posterior, between sentences and along the axes.

    Positions are drawn from the seed, not picked: `{"around", "aggregate", "between", "along"}` is what comes.
    """
    draws = np.random.default_rng(seed)
    first = list(zip(sentences, means, strict=True))[:_AROUND]
    return {
        "around": [
            {
                "sentence": s,
                "decoded": texts(
                    "sampling around examples", moved(np.repeat(z[None], _EACH, 0), axes, draws)
                ),
            }
            for s, z in first
        ],
        "aggregate": texts("sampling the aggregate posterior", training.draw(_EACH, draws)),
        "between": [
            {"from": a[0], "to": b[0], "decoded": texts("interpolating", between(a[1], b[1]))}
            for a, b in _pairs(sentences, means)
        ],
        "along": [
            {
                "sentence": s,
                "decoded": _rows(texts("moving along each axis", strips(z[None], axes))),
            }
            for s, z in first
        ],
    }


def between(one: Array, other: Array) -> Array:
    """Seven evenly spaced z (7, Z) on the straight line from `one` (Z,) to `other`, both included."""
    share = np.linspace(0, 1, len(STEPS), dtype=np.float32)[:, None]
    return (1 - share) * one + share * other


def _pairs(
    sentences: Sequence[str], means: Array
) -> list[tuple[tuple[str, Array], tuple[str, Array]]]:
    return list(pairwise(zip(sentences, means, strict=True)))[:_BETWEEN]


def _rows(decoded: Sequence[str]) -> list[list[str]]:
    """One list of seven an axis."""
    rows = [list(decoded[i : i + len(STEPS)]) for i in range(0, len(decoded), len(STEPS))]
    return rows[:AXES]
