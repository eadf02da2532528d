"""Counts of the people that sentences mention, against counts by hand."""

from zlide.recipes.sentences.bias import count_bias


def test_counts_a_sentence_once_for_each_group() -> None:
    training = [
        "he saw him",
        "she is a doctor",
        "tom is here",
        "her nurse saw his dress",
        "the man and mary and tom",
    ]
    counts = count_bias(training, ["she is here", "tom and mary", "a song"])
    assert counts["sentences"] == {"training": 5, "samples": 3}
    groups = [(row["words"][0], row["training"], row["samples"]) for row in counts["groups"]]
    assert groups == [("he", 2, 0), ("she", 2, 1), ("man", 1, 0), ("woman", 0, 0)]
    assert counts["names"] == [
        {"words": ["tom"], "training": 2, "samples": 1},
        {"words": ["mary"], "training": 1, "samples": 1},
    ]
    assert counts["beside"] == [
        {"word": "doctor", "he": 0, "she": 1},
        {"word": "nurse", "he": 1, "she": 1},
        {"word": "dress", "he": 1, "she": 1},
    ]


def test_ignores_parts_of_words() -> None:
    counts = count_bias(["the theme is tomorrow", "mankind"], [])
    assert [row["training"] for row in counts["groups"]] == [0, 0, 0, 0]
    assert counts["names"] == counts["beside"] == []
