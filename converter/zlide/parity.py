"""Parity of two text decoders: they decode the same words, except at ties.

Sums of floats differ in the last digit between machines. Where PyTorch's two best logits are
closer than `TIE` in float64, either word is right. Such ties are tolerated, listed and limited.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from zlide.decoders import TextDecoder

TIE = 1e-4
"""Logits closer than this are a tie."""

MASKED = 1e30
"""Numbers beyond this count as infinite. Masks use them; no model computes with their digits."""

MAX_TOLERATED = 1e-3
"""Largest share of positions that may be ties."""


@dataclass(frozen=True)
class Difference:
    """A position whose sentences differ, first at the word `word`.

    expected, found: ids. gap: the difference of PyTorch's two best logits there, in float64.
    """

    index: int
    word: int
    expected: list[int]
    found: list[int]
    gap: float


@dataclass(frozen=True)
class Comparison:
    """The result of comparing `positions` positions: `ties` are tolerated, `wrong` are not."""

    positions: int
    ties: list[Difference] = field(default_factory=list)
    wrong: list[Difference] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        """True if nothing is wrong and at most 1 of 1,000 positions is a tie."""
        return not self.wrong and len(self.ties) <= MAX_TOLERATED * self.positions


def compare_sentences(
    decoder: TextDecoder,
    z: Tensor,
    expected: Sequence[list[int]],
    found: Sequence[list[int]],
    *,
    begin: int,
) -> Comparison:
    """Compare the sentences that PyTorch and another decoder decoded at z (N, Z).

    decoder: the PyTorch decoder, which settles ties. expected, found: N lists of ids each, without
    begin and end.
    """
    differing = [i for i in range(len(expected)) if list(expected[i]) != list(found[i])]
    exact = _to_float64(decoder) if differing else decoder
    ties: list[Difference] = []
    wrong: list[Difference] = []
    for i in differing:
        word = _first_difference(expected[i], found[i])
        prefix = [begin, *expected[i][:word]]
        try:
            gap = _gap(exact, z[i : i + 1].double(), prefix)
        except RuntimeError:  # a module that creates float32 tensors does not run in float64
            gap = _gap(decoder, z[i : i + 1], prefix)
        difference = Difference(i, word, list(expected[i]), list(found[i]), gap)
        (ties if gap < TIE else wrong).append(difference)
    return Comparison(len(expected), ties, wrong)


def compare_with_margins(
    expected: Sequence[list[int]], found: Sequence[list[int]], margins: NDArray[np.float32]
) -> Comparison:
    """Compare the sentences of PyTorch, whose margins (N, max_length) are known, with others.

    expected, found: N lists of ids each, without begin and end.
    """
    ties: list[Difference] = []
    wrong: list[Difference] = []
    for i, (ours, theirs) in enumerate(zip(expected, found, strict=True)):
        if ours == theirs:
            continue
        word = _first_difference(ours, theirs)
        gap = float(margins[i, word]) if word < margins.shape[1] else float("inf")
        (ties if gap < TIE else wrong).append(Difference(i, word, ours, theirs, gap))
    return Comparison(len(expected), ties, wrong)


def relative_difference(ours: Tensor, theirs: Tensor) -> float:
    """Return the largest difference of two tensors of one shape, relative to their size.

    The size is the largest absolute value of `ours` below `MASKED`, at least 1. Values beyond
    `MASKED` with the same sign are equal, because masks use −∞ or the smallest float32. NaN gives
    NaN.
    """
    size = ours[ours.abs() < MASKED].abs()
    ours, theirs = ours.clamp(-MASKED, MASKED), theirs.clamp(-MASKED, MASKED)
    return float((ours - theirs).abs().max()) / max(1.0, float(size.max()) if size.numel() else 1.0)


def relative_difference_of_values(ours: Tensor, theirs: Tensor) -> float:
    """Return the largest difference of the values of samples, relative to their size.

    The size is the largest absolute value of `ours`, at least 1. No value is a mask, so each digit
    counts. NaN and infinity give NaN or infinity.
    """
    ours, theirs = ours.double(), theirs.double()
    return float((ours - theirs).abs().max()) / max(1.0, float(ours.abs().max()))


def _first_difference(expected: Sequence[int], found: Sequence[int]) -> int:
    pairs = enumerate(zip(expected, found, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(expected), len(found)))


def _to_float64(decoder: TextDecoder) -> TextDecoder:
    """Return a copy of the decoder that computes in float64."""
    exact = copy.deepcopy(decoder)
    if isinstance(exact, nn.Module):
        exact.double()
    return exact


@torch.no_grad()
def _gap(decoder: TextDecoder, z: Tensor, prefix: Sequence[int]) -> float:
    """Return the difference of the two best logits after the tokens `prefix`."""
    state = decoder.start(z)
    for token in prefix:
        logits, state = decoder.step(torch.tensor([token]), state)
    first, second = logits[0].topk(2).values.tolist()
    return float(first - second)
