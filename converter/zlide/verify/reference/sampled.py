"""Whether a page writes sentences as PyTorch does, by chance too: the same words, and as sure of each.

Sums of floats come out differently in the last digit on different machines. Where a draw lies closer than `EDGE` to the share of another
word, or two words are as probable, either is right; such sentences are excused, listed and limited.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from zlide.decoders import Decoded, DecodingMode, Sampling

EDGE = 1e-4
"""Of the whole: a draw closer to the share of another word may fall on either side."""

SURE = 1e-4
"""By so much a confidence may differ."""

MAX_TOLERATED = 1e-2
"""Share of the sentences that may be excused."""

WRITINGS: tuple[DecodingMode, ...] = tuple(
    writing
    for seed in range(34)
    for writing in (None, Sampling(0.8, 40, seed), Sampling(0.7, None, seed))
)[:100]
"""How the first positions are written once more."""


@dataclass(frozen=True)
class Unlike:
    """Of sentence `index` the word number `word` differs, whose draw lay so near to another word."""

    index: int
    word: int
    expected: list[int]
    found: list[int]
    near: float


@dataclass(frozen=True)
class Written:
    """What became of `sentences` sentences; `difference` is the largest of a confidence."""

    sentences: int
    difference: float
    excused: list[Unlike] = field(default_factory=list)
    wrong: list[Unlike] = field(default_factory=list)

    @property
    def equal(self) -> bool:
        return (
            not self.wrong
            and len(self.excused) <= MAX_TOLERATED * self.sentences
            and self.difference <= SURE
        )


def compare_lines(expected: Sequence[Decoded], found: Sequence[Decoded]) -> Written:
    """Compare what PyTorch wrote with what a page did."""
    difference = 0.0
    excused: list[Unlike] = []
    wrong: list[Unlike] = []
    for i, (ours, theirs) in enumerate(zip(expected, found, strict=True)):
        word = next(
            (k for k, (a, b) in enumerate(zip(ours.tokens, theirs.tokens, strict=False)) if a != b),
            None,
        )
        if word is None and len(ours.tokens) != len(theirs.tokens):
            word = min(len(ours.tokens), len(theirs.tokens))
        sure = [
            np.array(
                [*line.confidence, *([] if line.end_confidence is None else [line.end_confidence])]
            )
            for line in (ours, theirs)
        ]
        if word is None and len(sure[0]) == len(sure[1]):
            difference = max(difference, float(np.abs(sure[0] - sure[1]).max(initial=0.0)))
            continue
        word = len(ours.tokens) if word is None else word
        apart = [
            abs(float(one[word] - other[word]))
            for one, other in [sure]
            if word < min(len(one), len(other))
        ]
        near = ours.margins[word] if word < len(ours.margins) else min(apart, default=np.inf)
        (excused if near < EDGE else wrong).append(
            Unlike(i, word, ours.tokens, theirs.tokens, near)
        )
    return Written(len(expected), difference, excused, wrong)


def job_of(writing: DecodingMode) -> dict[str, Any]:
    """As the page takes it."""
    if writing is None:
        return {"kind": "greedy"}
    return {
        "kind": "drawn",
        "temperature": writing.temperature,
        "top": writing.top_k,
        "seed": writing.seed,
    }


def line_of(found: Mapping[str, Any]) -> Decoded:
    """As the page posts it."""
    return Decoded(
        found["tokens"], found["confidence"], found.get("ending"), found.get("margins", [])
    )
