"""Compare sampled sentences and their confidences with those of PyTorch.

Sums of floats differ in the last digit between machines. Two words are both right if the draw is
closer than `EDGE` to the share of the other, or if they are equally probable. Such sentences are
tolerated, listed and limited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zlide.decoders import Decoded, DecodingMode, Sampling

EDGE = 1e-4
"""Distance, as a probability, between a draw and the share of another word."""

CONFIDENCE_TOLERANCE = 1e-4
"""Largest difference of a confidence."""

MAX_TOLERATED = 1e-2
"""Largest share of the sentences that may be tolerated."""

MODES: tuple[DecodingMode, ...] = tuple(
    mode
    for seed in range(34)
    for mode in (None, Sampling(0.8, 40, seed), Sampling(0.7, None, seed))
)[:100]
"""How the first positions are decoded a second time."""


@dataclass(frozen=True)
class SampledDifference:
    """Sentence `index` differs at word number `word`.

    gap: distance of the draw from the edge of another word, as a probability.
    """

    index: int
    word: int
    expected: list[int]
    found: list[int]
    gap: float


@dataclass(frozen=True)
class SampledComparison:
    """How `sentences` sentences compare; `difference` is the largest of a confidence."""

    sentences: int
    difference: float
    tolerated: list[SampledDifference] = field(default_factory=list)
    wrong: list[SampledDifference] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        return (
            not self.wrong
            and len(self.tolerated) <= MAX_TOLERATED * self.sentences
            and self.difference <= CONFIDENCE_TOLERANCE
        )


def compare_sampled(expected: Sequence[Decoded], found: Sequence[Decoded]) -> SampledComparison:
    """Compare what PyTorch sampled with what the page sampled."""
    difference = 0.0
    tolerated: list[SampledDifference] = []
    wrong: list[SampledDifference] = []
    for index, (ours, theirs) in enumerate(zip(expected, found, strict=True)):
        ours_confidence, theirs_confidence = _confidences(ours), _confidences(theirs)
        word = _first_difference(ours, theirs)
        if word is None:
            change = np.abs(ours_confidence - theirs_confidence).max(initial=0.0)
            difference = max(difference, float(change))
            continue
        if word < len(ours.margins):
            gap = ours.margins[word]
        elif word < min(len(ours_confidence), len(theirs_confidence)):
            gap = abs(float(ours_confidence[word] - theirs_confidence[word]))
        else:
            gap = float("inf")
        (tolerated if gap < EDGE else wrong).append(
            SampledDifference(index, word, ours.tokens, theirs.tokens, gap)
        )
    return SampledComparison(len(expected), difference, tolerated, wrong)


def _confidences(decoded: Decoded) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the confidence of each word, and of the end if it was decoded."""
    ending = [] if decoded.end_confidence is None else [decoded.end_confidence]
    return np.array([*decoded.confidence, *ending])


def _first_difference(ours: Decoded, theirs: Decoded) -> int | None:
    """Return the number of the first word that differs; the end counts as a word."""
    for number, (a, b) in enumerate(zip(ours.tokens, theirs.tokens, strict=False)):
        if a != b:
            return number
    if len(ours.tokens) != len(theirs.tokens):
        return min(len(ours.tokens), len(theirs.tokens))
    return None if len(_confidences(ours)) == len(_confidences(theirs)) else len(ours.tokens)


def mode_to_json(mode: DecodingMode) -> dict[str, Any]:
    """Return a decoding mode as the page reads it."""
    if mode is None:
        return {"kind": "greedy"}
    return {
        "kind": "drawn",
        "temperature": mode.temperature,
        "top": mode.top_k,
        "seed": mode.seed,
    }


def decoded_from_json(found: Mapping[str, Any]) -> Decoded:
    """Return a sentence that the page posted."""
    return Decoded(
        found["tokens"], found["confidence"], found.get("ending"), found.get("margins", [])
    )
