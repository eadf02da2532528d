"""Text files become sentences, whatever is wrong with them."""

import gzip
import hashlib
import itertools
import random
from collections import Counter
from pathlib import Path

import pytest

from zlide.checkpoint.settings import Cap, Recipe
from zlide.errors import ZlideError
from zlide.recipes.sentences.corpus import (
    BEGIN,
    END,
    Corpus,
    batches_of_equal_length,
    prepare_corpus,
)

WHO = [
    "tom",
    "mary",
    "the dog",
    "a cat",
    "my sister",
    "the old man",
    "she",
    "he",
    "the band",
    "nobody",
]
DOES = ["likes", "sees", "wants", "hears", "plays", "finds"]
WHAT = ["music", "the house", "a song", "it", "the red car", "that", "good bread", "a long story"]
SENTENCES = [" ".join(parts) for parts in itertools.product(WHO, DOES, WHAT)]  # 480
RECIPE = Recipe(held_out=40)


def write(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n", "utf-8")
    return path


def everything(corpus: Corpus) -> list[str]:
    return corpus.sentences() + [s for part in corpus.held_out.values() for s in part]


def refused(path: Path, recipe: Recipe = RECIPE) -> str:
    with pytest.raises(ZlideError) as error:
        prepare_corpus([path], recipe)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_every_sentence_is_kept_once_and_those_held_out_are_never_trained_on(
    tmp_path: Path,
) -> None:
    file = write(tmp_path / "talk.txt", [f"{s.capitalize()}!" for s in SENTENCES] + SENTENCES[:100])
    corpus = prepare_corpus([file], RECIPE)
    assert Counter(everything(corpus)) == Counter(SENTENCES)
    assert len(corpus.held_out["talk"]) == 40
    assert set(corpus.held_out["talk"]).isdisjoint(corpus.train["talk"])


def test_held_out_are_the_smallest_hashes(tmp_path: Path) -> None:
    corpus = prepare_corpus([write(tmp_path / "talk.txt", SENTENCES)], RECIPE)
    by_hash = sorted(SENTENCES, key=lambda s: hashlib.sha256(s.encode()).digest())
    assert set(corpus.held_out["talk"]) == set(by_hash[:40])


def test_the_order_of_lines_and_the_packing_change_nothing(tmp_path: Path) -> None:
    shuffled = random.Random(3).sample(SENTENCES, len(SENTENCES))  # noqa: S311
    plain = prepare_corpus([write(tmp_path / "talk.txt", SENTENCES)], RECIPE)
    packed = tmp_path / "talk.txt.gz"
    packed.write_bytes(gzip.compress("\r\n".join(shuffled).encode("utf-8-sig")))
    assert prepare_corpus([packed], RECIPE) == plain


def test_other_text_has_another_digest(tmp_path: Path) -> None:
    digests = {
        prepare_corpus([write(tmp_path / "talk.txt", SENTENCES[:n])], RECIPE).digest
        for n in (478, 479, 480)
    }
    assert len(digests) == 3


def test_the_vocabulary_begins_with_begin_and_end_and_goes_by_frequency(tmp_path: Path) -> None:
    corpus = prepare_corpus([write(tmp_path / "talk.txt", SENTENCES)], RECIPE)
    assert corpus.vocabulary[:3] == [BEGIN, END, "the"]
    counts = Counter(word for s in SENTENCES for word in s.split())
    assert corpus.vocabulary[2:] == sorted(counts, key=lambda word: (-counts[word], word))
    for sentence in everything(corpus):
        assert [corpus.vocabulary[i] for i in corpus.encode(sentence)] == sentence.split()
    with pytest.raises(KeyError):
        corpus.encode("tom likes xylophones")


def test_sentences_with_rare_words_and_long_ones_are_left_out(tmp_path: Path) -> None:
    rare = [f"tom likes {word}" for word in ("zithers", "qanuns")] * 5
    long = ["tom " * 17] * 9
    corpus = prepare_corpus(
        [write(tmp_path / "talk.txt", SENTENCES + rare + long + ["tom " * 16] * 2)], RECIPE
    )
    assert Counter(everything(corpus)) == Counter([*SENTENCES, " ".join(["tom"] * 16)])
    assert "zithers" not in corpus.vocabulary


def test_caps_hold_over_all_their_words(tmp_path: Path) -> None:
    corpus = prepare_corpus(
        [write(tmp_path / "talk.txt", SENTENCES)],
        Recipe(held_out=40, caps=(Cap(("tom", "mary"), 20), Cap(("dog",), 0))),
    )
    words = [set(s.split()) for s in everything(corpus)]
    assert sum(bool({"tom", "mary"} & w) for w in words) == 20
    assert sum("dog" in w for w in words) == 0
    assert len(words) == 480 - 3 * 48 + 20


def test_a_small_file_is_repeated_until_it_has_its_share(tmp_path: Path) -> None:
    large, small = (
        write(tmp_path / "large.txt", SENTENCES),
        write(tmp_path / "small.txt", [f"he plays {s}" for s in SENTENCES[:30]]),
    )
    corpus = prepare_corpus([large, small], Recipe(held_out=40, min_share=0.15))
    assert corpus.repeats["large"] == 1
    total = len(corpus.sentences())
    assert (
        (corpus.repeats["small"] - 1) * len(corpus.train["small"])
        < 0.15 * total
        <= corpus.repeats["small"] * len(corpus.train["small"])
    )


def test_a_sentence_of_two_files_belongs_to_the_first(tmp_path: Path) -> None:
    first, second = (
        write(tmp_path / "first.txt", SENTENCES[:300]),
        write(tmp_path / "second.txt", SENTENCES[200:]),
    )
    corpus = prepare_corpus([first, second], RECIPE)
    assert Counter(everything(corpus)) == Counter(SENTENCES)
    assert len(corpus.train["first"]) + len(corpus.held_out["first"]) == 300


def test_batches_hold_everything_once_and_one_length_each() -> None:
    sentences = [[0] * (1 + i % 7) for i in range(500)]
    batches = batches_of_equal_length(sentences, 16, seed=5)
    assert sorted(itertools.chain(*batches)) == list(range(500))
    assert all(
        len({len(sentences[i]) for i in batch}) == 1 and len(batch) <= 16 for batch in batches
    )
    assert batches == batches_of_equal_length(sentences, 16, seed=5)
    assert batches != batches_of_equal_length(sentences, 16, seed=6)


@pytest.mark.parametrize("text", ["", "\n\n \n", "123 — 456\n\U0001f600\n"])
def test_without_words(tmp_path: Path, text: str) -> None:
    file = tmp_path / "empty.txt"
    file.write_text(text, "utf-8")
    assert (
        refused(file)
        == f"{file}: expected one sentence a line, found no words; give a text file in UTF-8"
    )


def test_another_encoding_names_line_and_byte(tmp_path: Path) -> None:
    file = tmp_path / "latin.txt"
    file.write_bytes("one line\nun café\n".encode("latin-1"))
    assert (
        refused(file)
        == f"{file}:2: expected UTF-8, found the byte 0xe9; convert the file, for example with iconv -t utf-8"
    )
    file.write_bytes("one line\n".encode("utf-16"))
    assert refused(file).startswith(f"{file}:1: expected UTF-8, found the byte 0xff; ")


def test_a_line_of_ten_thousand_words(tmp_path: Path) -> None:
    file = write(tmp_path / "book.txt", [SENTENCES[0], "word " * 10_000])
    assert (
        refused(file)
        == f"{file}:2: expected one sentence a line, found 10000 words; put each sentence on a line of its own"
    )


def test_broken_and_missing_files(tmp_path: Path) -> None:
    whole = gzip.compress("\n".join(SENTENCES).encode())
    file = tmp_path / "talk.txt.gz"
    file.write_bytes(whole[: len(whole) // 2])
    assert refused(file).startswith(f"{file}: cannot be read: Compressed file ended")
    file.write_bytes(whole[:-8] + bytes(8))
    assert refused(file).startswith(f"{file}: cannot be read: CRC check failed")
    file.write_bytes(whole[:10] + b"\xff" * 200)
    assert refused(file).startswith(f"{file}: cannot be read: ")
    file.write_text("not packed at all\n")
    assert refused(file).startswith(f"{file}: cannot be read: Not a gzipped file")
    assert refused(tmp_path / "none.txt").startswith(
        f"{tmp_path / 'none.txt'}: cannot be read: No such file or directory; "
    )
    assert refused(tmp_path).startswith(f"{tmp_path}: cannot be read: Is a directory; ")


def test_a_file_that_is_given_twice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file, again = write(tmp_path / "talk.txt", SENTENCES), Path("talk.txt")
    with pytest.raises(ZlideError) as error:
        prepare_corpus([file, write(tmp_path / "more.txt", SENTENCES[:9]), again], RECIPE)
    assert str(error.value) == "talk.txt: expected each file once, found it twice; leave one out"


def test_without_a_least_share_no_file_is_left_out(tmp_path: Path) -> None:
    corpus = prepare_corpus(
        [write(tmp_path / "talk.txt", SENTENCES)], Recipe(held_out=40, min_share=0)
    )
    assert corpus.repeats == {"talk": 1}
