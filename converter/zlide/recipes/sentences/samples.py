"""Sample sentences for the model card, because figures do not show how a model reads."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.axes import Axes
from zlide.recipes.posteriors import Posteriors
from zlide.recipes.sentences.evaluate import STEPS, move_randomly, traversals
from zlide.recipes.sentences.greedy_decoder import GreedyDecoder

Array = NDArray[np.float32]

_SENTENCES = 3  # with samples around them and traversals
_SAMPLES = 20  # around each of them, and from the aggregate posterior
_INTERPOLATIONS = 5


def collect_samples(
    decode: GreedyDecoder,
    sentences: Sequence[str],
    means: Array,
    axes: Axes,
    training: Posteriors,
    *,
    seed: int = 1,
) -> dict[str, Any]:
    """Return samples at positions that are drawn from the seed, none selected.

    sentences: at least 2, with posterior means (N, Z).
    Returns `around` the first sentences, from the `aggregate` posterior, `between` neighbouring
    sentences, and `along` the axes.
    """
    draws = np.random.default_rng(seed)
    positions = list(zip(sentences, means, strict=True))
    return {
        "around": [
            {
                "sentence": text,
                "decoded": decode(
                    "sampling around examples",
                    move_randomly(np.repeat(z[None], _SAMPLES, 0), axes, draws),
                ),
            }
            for text, z in positions[:_SENTENCES]
        ],
        "aggregate": decode("sampling the aggregate posterior", training.draw(_SAMPLES, draws)),
        "between": [
            {
                "from": text_a,
                "to": text_b,
                "decoded": decode("interpolating", interpolate(a, b)),
            }
            for (text_a, a), (text_b, b) in list(pairwise(positions))[:_INTERPOLATIONS]
        ],
        "along": [
            {
                "sentence": text,
                "decoded": _rows(decode("moving along each axis", traversals(z[None], axes))),
            }
            for text, z in positions[:_SENTENCES]
        ],
    }


def interpolate(a: Array, b: Array) -> Array:
    """Return seven evenly spaced z (7, Z) on the straight line from `a` (Z,) to `b` (Z,)."""
    share = np.linspace(0, 1, len(STEPS), dtype=np.float32)[:, None]
    return (1 - share) * a + share * b


def _rows(decoded: Sequence[str]) -> list[list[str]]:
    """Return the seven texts of each traversal."""
    return [list(decoded[i : i + len(STEPS)]) for i in range(0, len(decoded), len(STEPS))]
