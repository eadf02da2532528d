"""Sample tokens: a seed draws the same tokens here and on the page.

The twin of this module is webapp/src/runtime/sampling.ts. A draw depends only on the seed and on
the index of the token in its sentence: not on the batch, and not on earlier tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SEEDS = 2**32
"""Number of seeds, which count from 0."""

TIE = 1e-3
"""Relative difference, at least absolute, below which two logits count as equal for `top_k`.

It is larger than the differences between PyTorch and the page, which would otherwise decide which
of two tied tokens may be drawn.
"""

_ROTATIONS = (13, 15, 26, 6, 17, 29, 16, 24)
_PARITY = 0x1BD11BDA
_UINT32 = 0xFFFFFFFF


@dataclass(frozen=True)
class Sampling:
    """Parameters of sampling: temperature > 0, top_k ≥ 1 or None for all, 0 ≤ seed < `SEEDS`."""

    temperature: float
    top_k: int | None
    seed: int


def threefry(counter: tuple[int, int], key: tuple[int, int]) -> tuple[int, int]:
    """Return the random bits of a counter and a key by Threefry-2x32 with 20 rounds.

    All arguments and results are unsigned 32-bit integers.
    Salmon, Moraes, Dror, Shaw: Parallel random numbers: as easy as 1, 2, 3. SC 2011.
    """
    keys = (*key, key[0] ^ key[1] ^ _PARITY)
    x, y = (counter[0] + key[0]) & _UINT32, (counter[1] + key[1]) & _UINT32
    for i in range(20):
        x = (x + y) & _UINT32
        bits = _ROTATIONS[i % 8]
        y = ((y << bits | y >> (32 - bits)) & _UINT32) ^ x
        injection, rest = divmod(i + 1, 4)
        if rest == 0:
            x = (x + keys[injection % 3]) & _UINT32
            y = (y + keys[(injection + 1) % 3] + injection) & _UINT32
    return x, y


def uniform(seed: int, index: int) -> float:
    """Return the random number of 53 bits in [0, 1) for the token at `index`, from 0."""
    high, low = threefry((index, 0), (seed, 0))
    return ((high >> 5) * 2**26 + (low >> 6)) / 2**53


def draw(logits: NDArray[np.float32], sampling: Sampling, index: int) -> tuple[int, float]:
    """Draw the token at `index` of a sentence from logits (V,), by inversion, in float64.

    The tokens that `top_k` leaves share [0, 1) by the softmax of logits / temperature, in the order
    of their ids. A rounding error in logits then moves an edge by as little, and changes no order.
    Tokens within `TIE` of the k-th highest logit stay too, as ties do in other samplers. The token
    drawn is the one whose share holds the random number. Returns it with the distance of the
    number from the nearest edge of that share.
    """
    kept = np.flatnonzero(logits >= _lowest_kept(logits, sampling.top_k))
    ranked = logits[kept].astype(np.float64)
    with np.errstate(over="ignore"):
        weights = np.exp((ranked - ranked.max()) / sampling.temperature)
    edges = np.cumsum(weights / weights.sum())
    number = uniform(sampling.seed, index)
    at = min(int(np.searchsorted(edges, number, side="right")), len(kept) - 1)
    lower_edge = edges[at - 1] if at else 0.0
    return int(kept[at]), float(min(number - lower_edge, abs(edges[at] - number)))


def _lowest_kept(logits: NDArray[np.float32], top_k: int | None) -> float:
    """Return the lowest logit that may be drawn, in float64."""
    if top_k is None or top_k >= len(logits):
        return -np.inf
    least = float(np.partition(logits, -top_k)[-top_k])
    return least - TIE * max(1.0, abs(least))


def probability(logits: NDArray[np.float32], token: int) -> float:
    """Return the probability of a token by the softmax of logits (V,), in float64."""
    weights = np.exp(logits.astype(np.float64) - np.float64(logits.max()))
    return float(weights[token] / weights.sum())
