"""A plain list is taken where its names say that begin and end come first, and asked about where they say otherwise."""

from __future__ import annotations

import pytest

from zlide.errors import ZlideError
from zlide.exporter.special_tokens import Role, role_of, with_begin_and_end

WORDS = ["never", "stop", "the", "start", "end", "mask"]


@pytest.mark.parametrize(
    "special",
    [
        [],
        ["<begin>", "<end>"],
        ["<s>", "</s>", "<unk>"],
        ["[BOS]", "[EOS]", "[PAD]"],
        ["SOS", "EOS"],
        ["<|startoftext|>", "<|endoftext|>"],
    ],
)
def test_begin_and_end_in_front_are_taken(special: list[str]) -> None:
    vocabulary = with_begin_and_end([*special, *WORDS])
    assert (vocabulary.begin, vocabulary.end) == (0, 1)


@pytest.mark.parametrize(
    ("words", "remedy"),
    [
        (["<unk>", "<pad>", "<eos>", "<sos>", *WORDS], "begin=3, end=2"),
        (["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *WORDS], "begin=2, end=3"),
        (["_PAD", "_GO", "_EOS", "_UNK", *WORDS], "begin=1, end=2"),
        (["PAD", "SOS", "EOS", *WORDS], "begin=1, end=2"),
        ([*WORDS, "<s>", "</s>"], "begin=6, end=7"),
        (["</s>", "<s>", *WORDS], "begin=1, end=0"),
        ([*WORDS, "<|endoftext|>"], "begin=…, end=6"),
        (["<pad>", *WORDS], "begin=…, end=…"),
    ],
)
def test_special_tokens_elsewhere_are_asked_about(words: list[str], remedy: str) -> None:
    with pytest.raises(ZlideError) as error:
        with_begin_and_end(words)
    assert error.value.where == "vocabulary"
    assert remedy in error.value.remedy
    assert words[0] in error.value.problem


def test_words_that_only_sound_special_are_words() -> None:
    assert [
        role_of(word) for word in ("start", "end", "mask", "go", "s", "<3", "<emoticon>", "don't")
    ] == [None] * 8
    assert (role_of("<GO>"), role_of("{eos}"), role_of("__unk__")) == (
        Role.BEGIN,
        Role.END,
        Role.OTHER,
    )
