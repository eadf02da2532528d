"""What can be told of sentences: which words they hold, of whom they speak, how long they are, whether they ask.

The groups are of English words; of text in another language they find nothing, and the single words remain.
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
from zlide.describe.persons import HE, SHE
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
"""By person and gender. A word counts without what follows an apostrophe: "i'm" is "i"."""

_ASKING = frozenset(("who", "whose", "whom", "what", "which", "why", "how", "where"))
_SUBJECTS = frozenset(("i", "you", "he", "she", "we", "they"))
_THINGS = frozenset(("it", "this", "that", "these", "those", "there"))
_BEFORE_PERSONS = frozenset(("do", "have", "don't", "haven't"))  # "do it" is no question
_BEFORE_ALL = frozenset(
    "am is are was were does did has had can could will would shall should may might must "
    "isn't aren't wasn't weren't doesn't didn't hasn't hadn't can't couldn't won't wouldn't shouldn't".split()
)
_DENYING = frozenset(("not", "no", "never", "nothing", "nobody", "none", "cannot"))
_PAST = frozenset("was were did had wasn't weren't didn't hadn't".split())
_COMING = frozenset("will won't shall".split())

_OFTEN = 0.01  # a word in fewer sentences, at both ends, is not looked at


@dataclass(frozen=True)
class SentenceFeatures:
    """Decodes and looks: z (2, N, Z) → traits of sentences."""

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
        return traits_of([words.text(ids).split() for ids in tokens])


def traits_of(sentences: Sequence[Words]) -> list[Feature]:
    """sentences: 2 N of them, as words; those at one end of the axis, then those of the same positions at the other."""
    lengths = np.array([len(sentence) for sentence in sentences], np.float64).reshape(2, -1)
    asked: dict[str, Callable[[Words], bool]] = {
        "questions": is_question,
        "negations": _denies,
        "past tense": lambda sentence: not _PAST.isdisjoint(sentence),
        "the future": lambda sentence: any(
            word in _COMING or word.endswith("'ll") for word in sentence
        ),
        **{name: _speaking_of(words) for name, words in PERSONS.items()},
    }
    told = [
        BinaryFeature(name, _pairs([ask(sentence) for sentence in sentences]))
        for name, ask in asked.items()
    ]
    return [
        ContinuousFeature("longer", "shorter", lengths, least=0.5, unit="words"),
        *told,
        *_each_word(sentences),
    ]


def is_question(sentence: Words) -> bool:
    """By its first two words: "who …", "are you …". Text without punctuation does not say more."""
    first, second = (*sentence, "", "")[:2]
    before = (first in _BEFORE_ALL and second in _SUBJECTS | _THINGS) or (
        first in _BEFORE_PERSONS and second in _SUBJECTS
    )
    return first.partition("'")[0] in _ASKING or before


def _denies(sentence: Words) -> bool:
    return any(word in _DENYING or word.endswith("n't") for word in sentence)


def _speaking_of(words: Words) -> Callable[[Words], bool]:
    wanted = frozenset(words)
    return lambda sentence: any(word.partition("'")[0] in wanted for word in sentence)


def _each_word(sentences: Sequence[Words]) -> list[Feature]:
    held = [set(sentence) for sentence in sentences]
    counts = Counter(word for sentence in held for word in sentence)
    often = [word for word, count in sorted(counts.items()) if count >= _OFTEN * len(held)]
    return [
        BinaryFeature(f"“{word}”", _pairs([word in sentence for sentence in held]))
        for word in often
    ]


def _pairs(values: Sequence[bool]) -> NDArray[np.bool_]:
    return np.array(values, bool).reshape(2, -1)
