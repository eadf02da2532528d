"""Trigram probabilities and perplexities, against numbers by hand."""

import math

import pytest

from zlide.recipes.sentences.trigram import Trigrams

# a 2, b 1, c 1, end 2: six events, four of them distinct
TRIGRAMS = Trigrams(["a b", "a c"])
UNIFORM = 0.01 / 4
BEGIN = "\n"
FIRST = 0.5 + 0.3 + 0.19 * 2 / 6 + UNIFORM  # a, always after the begin
SECOND = 0.5 / 2 + 0.3 / 2 + 0.19 * 1 / 6 + UNIFORM  # b, every other time after a
LAST = 0.5 + 0.3 + 0.19 * 2 / 6 + UNIFORM  # the end, always after b


def test_perplexity_of_a_known_sentence() -> None:
    assert TRIGRAMS.perplexity(["a b"]) == pytest.approx((FIRST * SECOND * LAST) ** (-1 / 3))


def test_averages_over_words_not_sentences() -> None:
    nats = -math.log(FIRST * SECOND * LAST) - math.log(0.19 * 2 / 6 + UNIFORM)
    assert TRIGRAMS.perplexity(["a b", ""]) == pytest.approx(math.exp(nats / 4))


def test_an_empty_sentence_counts_only_its_end() -> None:
    assert TRIGRAMS.perplexity([""]) == pytest.approx(1 / (0.19 * 2 / 6 + UNIFORM))


def test_an_unknown_word_has_a_small_probability() -> None:
    assert TRIGRAMS.probability((BEGIN, BEGIN), "zebra") == pytest.approx(UNIFORM)
    assert TRIGRAMS.perplexity(["zebra"]) == pytest.approx(
        (UNIFORM * (0.19 * 2 / 6 + UNIFORM)) ** -0.5
    )


@pytest.mark.parametrize("before", [(BEGIN, BEGIN), (BEGIN, "a"), ("a", "b")])
def test_probabilities_after_a_known_context_sum_to_one(before: tuple[str, str]) -> None:
    assert sum(
        TRIGRAMS.probability(before, word) for word in ["a", "b", "c", "\n\n"]
    ) == pytest.approx(1)


def test_word_order_changes_the_perplexity() -> None:
    assert TRIGRAMS.perplexity(["b a"]) > 5 * TRIGRAMS.perplexity(["a b"])


def test_perplexity_of_no_sentences_is_nan() -> None:
    assert math.isnan(TRIGRAMS.perplexity([]))
