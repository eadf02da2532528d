"""Features of sentences: their words, persons, tense and length, and whether they are questions.

The groups of words are English. In other languages only single words and lengths are found.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from zlide.decoders import TextDecoder, decode_greedily
from zlide.describe.effects import BinaryFeature, ContinuousFeature, Feature
from zlide.describe.pronouns import HE, SHE
from zlide.vocabulary import Vocabulary

Words = Sequence[str]

PERSONS = {
    "I, me, my": ("i", "me", "my", "mine", "myself"),
    "we, us, our": ("we", "us", "our", "ours", "ourselves"),
    "you, your": ("you", "your", "yours", "yourself", "yourselves"),
    "he, him, his": HE,
    "she, her": SHE,
    "it, its": ("it", "its", "itself"),
    "they, them, their": ("they", "them", "their", "theirs", "themselves"),
}
"""Pronouns by person and gender. The part before an apostrophe counts: "i'm" is "i"."""

_QUESTION_WORDS = frozenset(("who", "whose", "whom", "what", "which", "why", "how", "where"))
_SUBJECTS = frozenset(("i", "you", "he", "she", "we", "they"))
_IMPERSONAL = frozenset(("it", "this", "that", "these", "those", "there"))
# "do it" is not a question, but "do you" is.
_INVERTED_BEFORE_PERSONS = frozenset(("do", "have", "don't", "haven't"))
_INVERTED = frozenset(
    "am is are was were does did has had can could will would shall should may might must "
    "isn't aren't wasn't weren't doesn't didn't hasn't hadn't can't couldn't won't "
    "wouldn't shouldn't".split()
)
_NEGATIONS = frozenset(("not", "no", "never", "nothing", "nobody", "none", "cannot"))
_PAST_TENSE = frozenset("was were did had wasn't weren't didn't hadn't".split())
_FUTURE = frozenset("will won't shall".split())

_MIN_SHARE = 0.01  # of the sentences with a word that becomes a feature


@dataclass(frozen=True)
class SentenceFeatures:
    """Decodes z (2, N, Z) and measures the features of the texts: a `FeatureExtractor`."""

    decoder: TextDecoder
    vocabulary: Vocabulary

    def __call__(self, z: NDArray[np.float32]) -> list[Feature]:
        words = self.vocabulary
        tokens = decode_greedily(
            self.decoder,
            torch.from_numpy(z.reshape(-1, z.shape[2])),
            begin=words.begin,
            end=words.end,
            max_length=words.max_length,
        )
        return sentence_features([words.text(ids).split() for ids in tokens])


def sentence_features(sentences: Sequence[Words]) -> list[Feature]:
    """Return the features of 2 N sentences, each a sequence of words.

    The first N are at one end of the axis, and the others are of the same positions at the other.
    """
    lengths = np.array([len(sentence) for sentence in sentences], np.float64).reshape(2, -1)
    predicates: dict[str, Callable[[Words], bool]] = {
        "questions": is_question,
        "negations": _is_negated,
        "past tense": lambda sentence: not _PAST_TENSE.isdisjoint(sentence),
        "the future": lambda sentence: any(
            word in _FUTURE or word.endswith("'ll") for word in sentence
        ),
        **{name: _mentions(words) for name, words in PERSONS.items()},
    }
    properties = [
        BinaryFeature(name, _by_end([predicate(sentence) for sentence in sentences]))
        for name, predicate in predicates.items()
    ]
    return [
        ContinuousFeature("longer", "shorter", lengths, min_difference=0.5, unit="words"),
        *properties,
        *_word_features(sentences),
    ]


def is_question(sentence: Words) -> bool:
    """Return whether a sentence is a question, by its first two words: "who …", "are you …".

    The sentences have no punctuation.
    """
    first, second = (*sentence, "", "")[:2]
    is_inverted = (first in _INVERTED and second in _SUBJECTS | _IMPERSONAL) or (
        first in _INVERTED_BEFORE_PERSONS and second in _SUBJECTS
    )
    return first.partition("'")[0] in _QUESTION_WORDS or is_inverted


def _is_negated(sentence: Words) -> bool:
    return any(word in _NEGATIONS or word.endswith("n't") for word in sentence)


def _mentions(words: Words) -> Callable[[Words], bool]:
    wanted = frozenset(words)
    return lambda sentence: any(word.partition("'")[0] in wanted for word in sentence)


def _word_features(sentences: Sequence[Words]) -> list[Feature]:
    distinct = [set(sentence) for sentence in sentences]
    counts = Counter(word for words in distinct for word in words)
    frequent = [w for w, count in sorted(counts.items()) if count >= _MIN_SHARE * len(distinct)]
    return [
        BinaryFeature(f"“{word}”", _by_end([word in words for words in distinct]))
        for word in frequent
    ]


def _by_end(values: Sequence[bool]) -> NDArray[np.bool_]:
    """Return the values of 2 N sentences as (2, N)."""
    return np.array(values, bool).reshape(2, -1)
