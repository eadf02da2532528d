"""An interpolated trigram model, which measures how readable a sentence is.

It is independent of the VAE, so it can judge what the VAE writes: fluent sentences score like
held-out ones, and word salad scores like shuffled ones.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

WEIGHTS = (0.5, 0.3, 0.19, 0.01)
"""Of trigram, bigram, unigram and a uniform distribution over words (Jelinek and Mercer 1980)."""

_BEGIN, _END = "\n", "\n\n"  # no word contains a line break


class Trigrams:
    """Counts of the words, pairs and triples of sentences.

    Each sentence has two begin tokens before its words and an end token after them. Counting
    171,000 sentences takes about two seconds.
    """

    def __init__(self, sentences: Iterable[str]) -> None:
        self._triples: Counter[tuple[str, str, str]] = Counter()
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._words: Counter[str] = Counter()
        for sentence in sentences:
            tokens = _with_ends(sentence)
            self._words.update(tokens[2:])
            self._pairs.update(pairwise(tokens[1:]))
            self._triples.update(zip(tokens, tokens[1:], tokens[2:], strict=False))
        self._after_pair: Counter[tuple[str, str]] = Counter()
        for (u, v, _), count in self._triples.items():
            self._after_pair[u, v] += count
        self._after_word: Counter[str] = Counter()
        for (v, _), count in self._pairs.items():
            self._after_word[v] += count
        self._total = self._words.total()

    def probability(self, before: tuple[str, str], word: str) -> float:
        """Return P(word | the two words before it).

        It is at least 0.01 / vocabulary. A context that was never seen contributes nothing.
        """
        u, v = before
        trigram, bigram, unigram, uniform = WEIGHTS
        return (
            trigram * _ratio(self._triples[u, v, word], self._after_pair[u, v])
            + bigram * _ratio(self._pairs[v, word], self._after_word[v])
            + unigram * _ratio(self._words[word], self._total)
            + uniform / max(1, len(self._words))
        )

    def perplexity(self, sentences: Iterable[str]) -> float:
        """Return exp of the mean nats a token; NaN without sentences.

        The end of each sentence counts as a token, so an empty sentence has one.
        """
        nats = 0.0
        count = 0
        for sentence in sentences:
            tokens = _with_ends(sentence)
            for u, v, word in zip(tokens, tokens[1:], tokens[2:], strict=False):
                nats -= math.log(self.probability((u, v), word))
                count += 1
        return math.exp(nats / count) if count else math.nan


def _with_ends(sentence: str) -> list[str]:
    return [_BEGIN, _BEGIN, *sentence.split(), _END]


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
