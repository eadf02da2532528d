"""When two decoders say the same: the same words, save where PyTorch itself is all but undecided.

Sums of floats come out differently in the last digit on different machines. Where the two best logits of a step lie closer
than `TIE` in float64, either word is right; such positions are excused, listed and limited.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from zlide.decoders import TextDecoder

TIE = 1e-4
"""Logits closer than this are a tie."""

MASKED = 1e30
"""Numbers beyond this stand for infinity: they forbid something, and no model computes with their digits."""

MOST_EXCUSED = 1e-3
"""Share of the positions that may be excused."""


@dataclass(frozen=True)
class Difference:
    """At position `index` the word number `word` differs; `gap` is between PyTorch's two best logits there, in float64."""

    index: int
    word: int
    expected: list[int]
    found: list[int]
    gap: float


@dataclass(frozen=True)
class Comparison:
    """What became of `positions` positions; `ties` are excused, `wrong` are not."""

    positions: int
    ties: list[Difference] = field(default_factory=list)
    wrong: list[Difference] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """Whether nothing is wrong and no more than 1 in 1,000 had to be excused: none of fewer than 1,000."""
        return not self.wrong and len(self.ties) <= MOST_EXCUSED * self.positions


def compare_sentences(
    decoder: TextDecoder,
    z: Tensor,
    expected: Sequence[list[int]],
    found: Sequence[list[int]],
    *,
    begin: int,
) -> Comparison:
    """Compare what PyTorch decoded at z (N, Z) with what another decoder did: N lists of ids each, without begin and end."""
    differing = [i for i in range(len(expected)) if list(expected[i]) != list(found[i])]
    exact = _double(decoder) if differing else decoder
    ties: list[Difference] = []
    wrong: list[Difference] = []
    for i in differing:
        word = next(
            (k for k, (a, b) in enumerate(zip(expected[i], found[i], strict=False)) if a != b),
            min(len(expected[i]), len(found[i])),
        )
        prefix = [begin, *expected[i][:word]]
        try:
            gap = _gap(exact, z[i : i + 1].double(), prefix)
        except (
            RuntimeError
        ):  # a module that makes float32 tensors of its own cannot be run in float64
            gap = _gap(decoder, z[i : i + 1], prefix)
        (ties if gap < TIE else wrong).append(
            Difference(i, word, list(expected[i]), list(found[i]), gap)
        )
    return Comparison(len(expected), ties, wrong)


def relative_difference(ours: Tensor, theirs: Tensor) -> float:
    """The largest difference of two tensors of one shape, relative to the largest value of the first below `MASKED` (at least 1).

    What lies beyond `MASKED` on the same side is equal, as where a mask forbids a word by −∞ or by the smallest float32; NaN
    equals nothing, and gives NaN.
    """
    size = ours[ours.abs() < MASKED].abs()
    ours, theirs = ours.clamp(-MASKED, MASKED), theirs.clamp(-MASKED, MASKED)
    return float((ours - theirs).abs().max()) / max(1.0, float(size.max()) if size.numel() else 1.0)


def _double(decoder: TextDecoder) -> TextDecoder:
    """A copy that computes in float64."""
    exact = copy.deepcopy(decoder)
    if isinstance(exact, nn.Module):
        exact.double()
    return exact


@torch.no_grad()
def _gap(decoder: TextDecoder, z: Tensor, prefix: Sequence[int]) -> float:
    """Between the two best logits after `prefix`."""
    state = decoder.start(z)
    for token in prefix:
        logits, state = decoder.step(torch.tensor([token]), state)
    first, second = logits[0].topk(2).values.tolist()
    return float(first - second)
