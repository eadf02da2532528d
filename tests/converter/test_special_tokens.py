"""Special tokens of a plain list: accepted at the start, asked about elsewhere."""

from __future__ import annotations

import pytest

from zlide.errors import ZlideError
from zlide.modalities.text.special_tokens import Role, role_of, vocabulary_of_list

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
def test_accepts_begin_and_end_at_the_start(special: list[str]) -> None:
    vocabulary = vocabulary_of_list([*special, *WORDS])
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
        (["<nul>", "startseq", "endseq", *WORDS], "begin=1, end=2"),
        (["#pad", "#s", "#e", *WORDS], "begin=1, end=2"),
        (["!pad!", "!bos!", "!eos!", *WORDS], "begin=1, end=2"),
        (["unk", "sos", "eos", *WORDS], "begin=1, end=2"),
        (["<end-of-sentence>", "<start-of-sentence>", *WORDS], "begin=1, end=0"),
    ],
)
def test_asks_about_special_tokens_elsewhere(words: list[str], remedy: str) -> None:
    with pytest.raises(ZlideError) as error:
        vocabulary_of_list(words)
    assert error.value.where == "vocabulary"
    assert remedy in error.value.remedy
    assert words[0] in error.value.problem


def test_takes_words_for_words_even_if_they_sound_special() -> None:
    assert [
        role_of(word) for word in ("start", "end", "mask", "go", "s", "<3", "<emoticon>", "don't")
    ] == [None] * 8
    assert (role_of("<GO>"), role_of("{eos}"), role_of("__unk__")) == (
        Role.BEGIN,
        Role.END,
        Role.OTHER,
    )
