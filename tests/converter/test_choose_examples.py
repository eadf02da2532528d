"""Examples are the sentences that come back best, exactly, and unlike each other; any encoder and decoder will do."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from zlide.errors import ZlideError
from zlide.recipes.sentences.choose_examples import (
    Example,
    by_error,
    choose_examples,
    exact,
    read_groups,
    spread,
)
from zlide.tokenize import tokenize
from zlide.vocabulary import read_words

WEIGHTS = Path(__file__).parents[2] / "weights" / "sentences"


def example(text: str) -> Example:
    return Example(text, [ord(word) for word in text.split()], np.zeros(1, np.float32), 0.0)


def test_errors_are_nats_a_word_under_teacher_forcing(small: Any) -> None:
    sentences = [
        "He likes a quiet song!",
        "she plays",
        "tom sees the drum at night",
        "the cat sings piano today",
    ]
    ranked = by_error(small.model.encoder, small.model.decoder, small.vocabulary, sentences)
    assert {e.text for e in ranked} == {
        "he likes a quiet song",
        "she plays",
        "tom sees the drum at night",
        "the cat sings piano today",
    }
    assert [e.nats for e in ranked] == sorted(e.nats for e in ranked)
    with torch.no_grad():
        for found in ranked:
            mean, _ = small.model.encoder(torch.tensor([found.ids]))
            logits = small.model.decoder(mean, torch.tensor([[0, *found.ids]]))
            np.testing.assert_allclose(found.z, mean[0], atol=1e-5)
            assert found.nats == pytest.approx(
                float(F.cross_entropy(logits[0], torch.tensor([*found.ids, 1]))), rel=1e-3, abs=1e-5
            )


def test_chosen_sentences_come_back_word_for_word(small: Any) -> None:
    candidates = small.corpus.sentences() + small.corpus.held_out["grammar"]
    ranked = by_error(small.model.encoder, small.model.decoder, small.vocabulary, candidates)
    back = list(exact(small.model.decoder, small.vocabulary, ranked))
    assert 0 < len(back) < len(ranked), (
        "the test needs sentences that come back and some that do not"
    )
    with torch.no_grad():
        for found in ranked:
            best = (
                small.model.decoder(
                    torch.from_numpy(found.z)[None], torch.tensor([[0, *found.ids]])
                )
                .argmax(dim=2)[0]
                .tolist()
            )
            assert (best == [*found.ids, 1]) == (found in back), found.text


def test_groups_take_turns(small: Any) -> None:
    sentences = small.corpus.sentences()
    groups = [
        [s for s in sentences if s.startswith("he ")],
        [s for s in sentences if s.startswith("a singer ")],
    ]
    chosen = choose_examples(
        small.model.encoder, small.model.decoder, small.vocabulary, groups, count=4
    )
    assert [e.text.split()[0] for e in chosen[:2]] == ["he", "a"]
    assert len(chosen) == 4


def test_an_example_shares_at_most_half_of_its_words_with_a_better_one() -> None:
    several = [
        example("a b c d"),
        example("a b c x"),
        example("a b x y"),
        example("a b c"),
        example("p q"),
        example("p q r s t"),
    ]
    assert [e.text for e in spread(several, 9)] == ["a b c d", "a b x y", "p q"]


def test_spread_asks_for_no_more_than_it_needs() -> None:
    def endless() -> Iterator[Example]:
        for i in range(10):
            assert i < 3, "asked for a third"
            yield example(f"{chr(97 + i)} x" if i else "a b")

    assert len(spread(endless(), 2)) == 2


def test_unknown_words_and_long_sentences_are_passed_over(small: Any) -> None:
    sentences = ["he likes zebras", " ".join(["he"] * 17), "", "he likes a song"]
    ranked = by_error(small.model.encoder, small.model.decoder, small.vocabulary, sentences)
    assert [e.text for e in ranked] == ["he likes a song"]
    with pytest.raises(
        ZlideError,
        match=r"^examples: expected sentences of up to 16 words, all in the vocabulary, found none in 3; write",
    ):
        by_error(small.model.encoder, small.model.decoder, small.vocabulary, sentences[:3])


def test_progress_counts_sentences(small: Any) -> None:
    seen: list[tuple[int, int]] = []
    by_error(
        small.model.encoder,
        small.model.decoder,
        small.vocabulary,
        small.corpus.sentences(),
        progress=lambda *at: seen.append(at),
    )
    total = len(small.corpus.sentences())
    assert seen == sorted(seen)
    assert seen[-1] == (total, total)


def test_groups_are_separated_by_empty_lines(tmp_path: Path) -> None:
    file = tmp_path / "some.txt"
    file.write_text("one\ntwo\n\nthree\n\n\nfour\n", "utf-8")
    assert read_groups(file) == [["one", "two"], ["three"], ["four"]]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\n \n", "found none"),
        (b"caf\xe9", "no text in UTF-8; "),
        (None, ": cannot be read: No such file or directory; "),
    ],
)
def test_a_file_without_sentences_is_one_line(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    file = tmp_path / "some.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ZlideError, match=problem) as caught:
        read_groups(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


def test_the_candidates_that_ship_can_be_written_by_the_model_that_ships() -> None:
    music, everyday = read_groups(WEIGHTS / "candidates.txt")
    candidates = music + everyday
    known = set(read_words(WEIGHTS / "vocabulary.txt"))
    assert min(len(music), len(everyday)) >= 200
    assert len(set(candidates)) == len(candidates)
    assert [
        s for s in candidates if tokenize(s) != s.split(" ") or not 4 <= len(s.split()) <= 14
    ] == []
    assert {word for s in candidates for word in s.split()} - known == set()
