"""Words drawn by chance: the same seed draws the same words here and on the page, which says the same in webapp/src/runtime/chance.ts.

The draw depends on the seed and on the place of the word in its sentence, and on nothing else: on no batch, and on no word before it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SEEDS = 2**32
"""So many seeds there are, from 0 on."""

_ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
_PARITY = 0x1BD11BDA
_ONES = 0xFFFFFFFF


@dataclass(frozen=True)
class Sampling:
    """How words are drawn: among the `top` likeliest (at least 1; all where it is None), at a temperature above 0, by a seed below `SEEDS`."""

    temperature: float
    top: int | None
    seed: int


def threefry(counter: tuple[int, int], key: tuple[int, int]) -> tuple[int, int]:
    """Threefry-2x32 with 20 rounds: random bits that depend on a counter and a key alone, whole numbers of 32 bits all.

    Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC 2011.
    """
    keys = (*key, key[0] ^ key[1] ^ _PARITY)
    x, y = (counter[0] + key[0]) & _ONES, (counter[1] + key[1]) & _ONES
    for i in range(20):
        x = (x + y) & _ONES
        by = _ROTATIONS[i % 8]
        y = ((y << by | y >> (32 - by)) & _ONES) ^ x
        turn, rest = divmod(i + 1, 4)
        if rest == 0:
            x, y = (x + keys[turn % 3]) & _ONES, (y + keys[(turn + 1) % 3] + turn) & _ONES
    return x, y


def uniform(seed: int, place: int) -> float:
    """The number in [0, 1), of 53 bits, that a seed draws for the word at this place of a sentence, counted from 0."""
    high, low = threefry((place, 0), (seed, 0))
    return ((high >> 5) * 2**26 + (low >> 6)) / 2**53


def draw(logits: NDArray[np.float32], drawn: Sampling, place: int) -> tuple[int, float]:
    """logits (V) → the word that is drawn at this place, in float64, by inversion; and how far the draw was from the nearest edge of its share.

    The `top` highest logits, the highest first and of equal ones the lower id first, share [0, 1) by the softmax of logits / temperature. The
    word is the first up to which the shares are more than the draw.
    """
    order = np.argsort(-logits, kind="stable")[: drawn.top or None]
    ranked = logits[order].astype(np.float64)
    with np.errstate(over="ignore"):
        weights = np.exp((ranked - ranked[0]) / drawn.temperature)
    edges = np.cumsum(weights / weights.sum())
    at = uniform(drawn.seed, place)
    rank = min(int(np.searchsorted(edges, at, side="right")), len(order) - 1)
    below = edges[rank - 1] if rank else 0.0
    return int(order[rank]), float(min(at - below, abs(edges[rank] - at)))


def probability(logits: NDArray[np.float32], word: int) -> float:
    """logits (V) → how probable the model finds a word, in float64."""
    weights = np.exp(logits.astype(np.float64) - np.float64(logits.max()))
    return float(weights[word] / weights.sum())
