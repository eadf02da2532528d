"""Whom a corpus speaks of, and whom the model trained on it speaks of: counts for the model card.

The words are English; text in another language gives counts of zero, which the card leaves out.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from zlide.describe import HE, SHE

GROUPS = (
    HE,
    SHE,
    ("man", "men", "male", "boy", "boys"),
    ("woman", "women", "female", "girl", "girls"),
)

NAMES = (
    *(
        "alice",
        "anna",
        "bill",
        "bob",
        "emily",
        "george",
        "jack",
        "jane",
        "jim",
        "john",
        "ken",
        "kate",
        "linda",
        "lucy",
        "mary",
        "mike",
        "nancy",
    ),
    *("paul", "peter", "sami", "layla", "susan", "tom", "boston", "london", "paris", "tokyo"),
)
"""Names that are frequent in collections of example sentences."""

BESIDE = (
    "doctor",
    "lawyer",
    "scientist",
    "boss",
    "strong",
    "nurse",
    "teacher",
    "cook",
    "cry",
    "beautiful",
    "dress",
)
"""Words of work and looks that are known to lean to one side (Bolukbasi et al. 2016)."""

_MOST_NAMES = 8


def count_bias(training: Sequence[str], samples: Sequence[str]) -> dict[str, Any]:
    """Counts of sentences: `groups` and `names` in both, `beside` (he, she) in the training sentences alone, where there are enough.

    Groups and names: `{"words", "training", "samples"}`, and how many sentences there were in `sentences`.
    """
    told = [set(s.split()) for s in training]
    reason_of = [set(s.split()) for s in samples]
    frequency = Counter(name for sentence in told for name in sentence.intersection(NAMES))
    names = [
        (name,)
        for name, _ in sorted(frequency.items(), key=lambda item: (-item[1], item[0]))[:_MOST_NAMES]
    ]
    he, she = set(HE), set(SHE)
    beside = [
        {"word": word, "he": _both(told, word, he), "she": _both(told, word, she)}
        for word in BESIDE
    ]
    return {
        "sentences": {"training": len(told), "samples": len(reason_of)},
        "groups": [_row(group, told, reason_of) for group in GROUPS],
        "names": [_row(name, told, reason_of) for name in names],
        "beside": [row for row in beside if row["he"] or row["she"]],
    }


def _row(
    words: tuple[str, ...], told: Sequence[set[str]], reason_of: Sequence[set[str]]
) -> dict[str, Any]:
    return {
        "words": list(words),
        "training": _holding(told, words),
        "samples": _holding(reason_of, words),
    }


def _holding(sentences: Iterable[set[str]], words: Iterable[str]) -> int:
    """Sentences that hold any of `words`."""
    wanted = set(words)
    return sum(not wanted.isdisjoint(sentence) for sentence in sentences)


def _both(sentences: Iterable[set[str]], word: str, pronouns: set[str]) -> int:
    return sum(word in sentence and not pronouns.isdisjoint(sentence) for sentence in sentences)
