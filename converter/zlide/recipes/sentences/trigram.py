"""An interpolated trigram model: how readable a sentence is, by what words follow each other in the training sentences.

It knows nothing of the VAE, so it can judge what the VAE writes: fluent sentences score near held-out ones, word salad near shuffled ones.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

WEIGHTS = (0.5, 0.3, 0.19, 0.01)
"""Of the trigram, the bigram, the unigram, and a uniform distribution over the words and the end (Jelinek and Mercer 1980)."""

_BEGIN, _END = "\n", "\n\n"  # no word holds a line break


class Trigrams:
    """Counts of the words, pairs and triples of `sentences` (words joined by single spaces), two begins before and an end after each.

    171,000 sentences take about two seconds.
    """

    def __init__(self, sentences: Iterable[str]) -> None:
        self._triples: Counter[tuple[str, str, str]] = Counter()
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._words: Counter[str] = Counter()
        for sentence in sentences:
            events = _events(sentence)
            self._words.update(events[2:])
            self._pairs.update(pairwise(events[1:]))
            self._triples.update(zip(events, events[1:], events[2:], strict=False))
        # How often each context was followed by anything.
        self._after_pair = _sums((u, v, n) for (u, v, _), n in self._triples.items())
        self._after_word: Counter[str] = Counter()
        for (v, _), n in self._pairs.items():
            self._after_word[v] += n
        self._total = self._words.total()

    def probability(self, before: tuple[str, str], word: str) -> float:
        """P(word | the two words before it). A context that was never seen adds nothing; the result is at least 0.01 / vocabulary."""
        u, v = before
        trigram, bigram, unigram, uniform = WEIGHTS
        return (
            trigram * _ratio(self._triples[u, v, word], self._after_pair[u, v])
            + bigram * _ratio(self._pairs[v, word], self._after_word[v])
            + unigram * _ratio(self._words[word], self._total)
            + uniform / max(1, len(self._words))
        )

    def perplexity(self, sentences: Iterable[str]) -> float:
        """exp of the mean nats a word, the end of each sentence counted as a word; an empty sentence is an end alone."""
        nats = 0.0
        count = 0
        for sentence in sentences:
            events = _events(sentence)
            for u, v, word in zip(events, events[1:], events[2:], strict=False):
                nats -= math.log(self.probability((u, v), word))
                count += 1
        return math.exp(nats / count) if count else math.nan


def _events(sentence: str) -> list[str]:
    return [_BEGIN, _BEGIN, *sentence.split(), _END]


def _sums(counts: Iterable[tuple[str, str, int]]) -> Counter[tuple[str, str]]:
    sums: Counter[tuple[str, str]] = Counter()
    for u, v, n in counts:
        sums[u, v] += n
    return sums


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
