"""Count the people that a corpus and a model trained on it mention, for the model card.

The words are English. Text in another language gives counts of zero, which the card leaves out.
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

NAMES = tuple(
    "alice anna bill bob emily george jack jane jim john ken kate linda lucy mary mike nancy paul "
    "peter sami layla susan tom boston london paris tokyo".split()
)
"""Names that are frequent in collections of example sentences."""

STEREOTYPED = tuple(
    "doctor lawyer scientist boss strong nurse teacher cook cry beautiful dress".split()
)
"""Words of work and looks that lean to one gender (Bolukbasi et al. 2016)."""

_MAX_NAMES = 8


def count_bias(training: Sequence[str], samples: Sequence[str]) -> dict[str, Any]:
    """Count the sentences that mention groups of people and names.

    training, samples: sentences, words joined by single spaces.
    Returns `sentences`, the number of each; `groups` and `names`, rows of
    `{"words", "training", "samples"}`; and `beside`, rows of `{"word", "he", "she"}`, the training
    sentences that contain a stereotyped word and a pronoun.
    """
    training_words = [set(sentence.split()) for sentence in training]
    sample_words = [set(sentence.split()) for sentence in samples]

    def row(words: tuple[str, ...]) -> dict[str, Any]:
        return {
            "words": list(words),
            "training": _count_any(training_words, words),
            "samples": _count_any(sample_words, words),
        }

    beside = [
        {
            "word": word,
            "he": _count_beside(training_words, word, HE),
            "she": _count_beside(training_words, word, SHE),
        }
        for word in STEREOTYPED
    ]
    return {
        "sentences": {"training": len(training_words), "samples": len(sample_words)},
        "groups": [row(group) for group in GROUPS],
        "names": [row((name,)) for name in _most_frequent_names(training_words)],
        "beside": [counts for counts in beside if counts["he"] or counts["she"]],
    }


def _most_frequent_names(sentences: Sequence[set[str]]) -> list[str]:
    frequency = Counter(name for sentence in sentences for name in sentence.intersection(NAMES))
    by_frequency = sorted(frequency, key=lambda name: (-frequency[name], name))
    return by_frequency[:_MAX_NAMES]


def _count_any(sentences: Iterable[set[str]], words: Iterable[str]) -> int:
    """Count the sentences that contain any of `words`."""
    wanted = set(words)
    return sum(not wanted.isdisjoint(sentence) for sentence in sentences)


def _count_beside(sentences: Iterable[set[str]], word: str, pronouns: Iterable[str]) -> int:
    """Count the sentences that contain `word` and any of `pronouns`."""
    return _count_any((sentence for sentence in sentences if word in sentence), pronouns)
