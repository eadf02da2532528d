"""Examples are sentences that are reconstructed best and exactly, and that differ."""

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
    choose_examples,
    rank_by_error,
    read_groups,
    reconstructed_exactly,
    take_different,
)
from zlide.tokenize import tokenize
from zlide.vocabulary import read_words

WEIGHTS = Path(__file__).parents[2] / "weights" / "sentences"


def example(text: str) -> Example:
    return Example(text, [ord(word) for word in text.split()], np.zeros(1, np.float32), 0.0)


def test_ranks_by_nats_a_word_with_teacher_forcing(small: Any) -> None:
    sentences = [
        "He likes a quiet song!",
        "she plays",
        "tom sees the drum at night",
        "the cat sings piano today",
    ]
    ranked = rank_by_error(small.model.encoder, small.model.decoder, small.vocabulary, sentences)
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


def test_keeps_what_greedy_decoding_reconstructs_exactly(small: Any) -> None:
    candidates = small.corpus.sentences() + small.corpus.held_out["grammar"]
    ranked = rank_by_error(small.model.encoder, small.model.decoder, small.vocabulary, candidates)
    exact = list(reconstructed_exactly(small.model.decoder, small.vocabulary, ranked))
    assert 0 < len(exact) < len(ranked), "the test needs sentences of both kinds"
    with torch.no_grad():
        for found in ranked:
            best = (
                small.model.decoder(
                    torch.from_numpy(found.z)[None], torch.tensor([[0, *found.ids]])
                )
                .argmax(dim=2)[0]
                .tolist()
            )
            assert (best == [*found.ids, 1]) == (found in exact), found.text


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


def test_examples_share_at_most_half_of_their_words() -> None:
    several = [
        example("a b c d"),
        example("a b c x"),
        example("a b x y"),
        example("a b c"),
        example("p q"),
        example("p q r s t"),
    ]
    assert [e.text for e in take_different(several, 9)] == ["a b c d", "a b x y", "p q"]


def test_take_different_is_lazy() -> None:
    def many() -> Iterator[Example]:
        for i in range(10):
            assert i < 3, "asked for a third"
            yield example(f"{chr(97 + i)} x" if i else "a b")

    assert len(take_different(many(), 2)) == 2


def test_skips_unknown_words_and_long_sentences(small: Any) -> None:
    sentences = ["he likes zebras", " ".join(["he"] * 17), "", "he likes a song"]
    ranked = rank_by_error(small.model.encoder, small.model.decoder, small.vocabulary, sentences)
    assert [e.text for e in ranked] == ["he likes a song"]
    with pytest.raises(ZlideError, match=r"^examples: .*16 words.* found none in 3; "):
        rank_by_error(small.model.encoder, small.model.decoder, small.vocabulary, sentences[:3])


def test_progress_counts_sentences(small: Any) -> None:
    seen: list[tuple[int, int]] = []
    rank_by_error(
        small.model.encoder,
        small.model.decoder,
        small.vocabulary,
        small.corpus.sentences(),
        progress=lambda *at: seen.append(at),
    )
    total = len(small.corpus.sentences())
    assert seen == sorted(seen)
    assert seen[-1] == (total, total)


def test_empty_lines_separate_groups(tmp_path: Path) -> None:
    file = tmp_path / "some.txt"
    file.write_text("one\ntwo\n\nthree\n\n\nfour\n", "utf-8")
    assert read_groups(file) == [["one", "two"], ["three"], ["four"]]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"\n \n", "found none"),
        (b"caf\xe9", "cannot be read: .*UTF-8.*; "),
        (None, ": cannot be read: No such file or directory; "),
    ],
)
def test_a_file_without_sentences_is_refused(
    tmp_path: Path, content: bytes | None, problem: str
) -> None:
    file = tmp_path / "some.txt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ZlideError, match=problem) as caught:
        read_groups(file)
    assert str(caught.value).startswith(f"{file}: ")
    assert "\n" not in str(caught.value)


def test_the_shipped_candidates_are_in_the_shipped_vocabulary() -> None:
    music, everyday = read_groups(WEIGHTS / "candidates.txt")
    candidates = music + everyday
    known = set(read_words(WEIGHTS / "vocabulary.txt"))
    assert min(len(music), len(everyday)) >= 200
    assert len(set(candidates)) == len(candidates)
    assert [
        s for s in candidates if tokenize(s) != s.split(" ") or not 4 <= len(s.split()) <= 14
    ] == []
    assert {word for s in candidates for word in s.split()} - known == set()
