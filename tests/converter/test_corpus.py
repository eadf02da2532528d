"""Text files become sentences, and unusable files are refused in one line."""

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


def refusal(path: Path) -> ZlideError:
    with pytest.raises(ZlideError) as error:
        prepare_corpus([path], RECIPE)
    assert "\n" not in str(error.value)
    return error.value


def test_keeps_each_sentence_once_and_separates_held_out(tmp_path: Path) -> None:
    file = write(tmp_path / "talk.txt", [f"{s.capitalize()}!" for s in SENTENCES] + SENTENCES[:100])
    corpus = prepare_corpus([file], RECIPE)
    assert Counter(everything(corpus)) == Counter(SENTENCES)
    assert len(corpus.held_out["talk"]) == 40
    assert set(corpus.held_out["talk"]).isdisjoint(corpus.train["talk"])


def test_holds_out_the_smallest_hashes(tmp_path: Path) -> None:
    corpus = prepare_corpus([write(tmp_path / "talk.txt", SENTENCES)], RECIPE)
    by_hash = sorted(SENTENCES, key=lambda s: hashlib.sha256(s.encode()).digest())
    assert set(corpus.held_out["talk"]) == set(by_hash[:40])


def test_order_of_lines_and_gzip_do_not_matter(tmp_path: Path) -> None:
    shuffled = random.Random(3).sample(SENTENCES, len(SENTENCES))  # noqa: S311
    plain = prepare_corpus([write(tmp_path / "talk.txt", SENTENCES)], RECIPE)
    packed = tmp_path / "talk.txt.gz"
    packed.write_bytes(gzip.compress("\r\n".join(shuffled).encode("utf-8-sig")))
    assert prepare_corpus([packed], RECIPE) == plain


def test_digest_depends_on_the_text(tmp_path: Path) -> None:
    digests = {
        prepare_corpus([write(tmp_path / "talk.txt", SENTENCES[:n])], RECIPE).digest
        for n in (478, 479, 480)
    }
    assert len(digests) == 3


def test_vocabulary_has_begin_and_end_then_words_by_frequency(tmp_path: Path) -> None:
    corpus = prepare_corpus([write(tmp_path / "talk.txt", SENTENCES)], RECIPE)
    assert corpus.vocabulary[:3] == [BEGIN, END, "the"]
    counts = Counter(word for s in SENTENCES for word in s.split())
    assert corpus.vocabulary[2:] == sorted(counts, key=lambda word: (-counts[word], word))
    for sentence in everything(corpus):
        assert [corpus.vocabulary[i] for i in corpus.encode(sentence)] == sentence.split()
    with pytest.raises(KeyError):
        corpus.encode("tom likes xylophones")


def test_leaves_out_rare_words_and_long_sentences(tmp_path: Path) -> None:
    rare = [f"tom likes {word}" for word in ("zithers", "qanuns")] * 5
    long = ["tom " * 17] * 9
    corpus = prepare_corpus(
        [write(tmp_path / "talk.txt", SENTENCES + rare + long + ["tom " * 16] * 2)], RECIPE
    )
    assert Counter(everything(corpus)) == Counter([*SENTENCES, " ".join(["tom"] * 16)])
    assert "zithers" not in corpus.vocabulary


def test_a_cap_limits_the_sentences_with_any_of_its_words(tmp_path: Path) -> None:
    corpus = prepare_corpus(
        [write(tmp_path / "talk.txt", SENTENCES)],
        Recipe(held_out=40, caps=(Cap(("tom", "mary"), 20), Cap(("dog",), 0))),
    )
    words = [set(s.split()) for s in everything(corpus)]
    assert sum(bool({"tom", "mary"} & w) for w in words) == 20
    assert sum("dog" in w for w in words) == 0
    assert len(words) == 480 - 3 * 48 + 20


def test_repeats_a_small_file_up_to_min_share(tmp_path: Path) -> None:
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


def test_a_sentence_in_two_files_belongs_to_the_first(tmp_path: Path) -> None:
    first, second = (
        write(tmp_path / "first.txt", SENTENCES[:300]),
        write(tmp_path / "second.txt", SENTENCES[200:]),
    )
    corpus = prepare_corpus([first, second], RECIPE)
    assert Counter(everything(corpus)) == Counter(SENTENCES)
    assert len(corpus.train["first"]) + len(corpus.held_out["first"]) == 300


def test_batches_have_every_sentence_once_and_one_length_each() -> None:
    sentences = [[0] * (1 + i % 7) for i in range(500)]
    batches = batches_of_equal_length(sentences, 16, seed=5)
    assert sorted(itertools.chain(*batches)) == list(range(500))
    assert all(
        len({len(sentences[i]) for i in batch}) == 1 and len(batch) <= 16 for batch in batches
    )
    assert batches == batches_of_equal_length(sentences, 16, seed=5)
    assert batches != batches_of_equal_length(sentences, 16, seed=6)


@pytest.mark.parametrize("text", ["", "\n\n \n", "123 — 456\n\U0001f600\n"])
def test_a_file_without_words_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "empty.txt"
    file.write_text(text, "utf-8")
    error = refusal(file)
    assert error.where == str(file)
    assert "no words" in error.problem
    assert "UTF-8" in error.remedy


@pytest.mark.parametrize(
    ("content", "line", "byte"),
    [
        ("one line\nun café\n".encode("latin-1"), 2, "0xe9"),
        ("one line\n".encode("utf-16"), 1, "0xff"),
    ],
)
def test_another_encoding_is_refused_with_line_and_byte(
    tmp_path: Path, content: bytes, line: int, byte: str
) -> None:
    file = tmp_path / "latin.txt"
    file.write_bytes(content)
    error = refusal(file)
    assert error.where == f"{file}:{line}"
    assert byte in error.problem
    assert "iconv" in error.remedy


def test_a_line_of_ten_thousand_words_is_refused(tmp_path: Path) -> None:
    file = write(tmp_path / "book.txt", [SENTENCES[0], "word " * 10_000])
    error = refusal(file)
    assert error.where == f"{file}:2"
    assert "10000 words" in error.problem
    assert "line" in error.remedy


_GZIP = gzip.compress("\n".join(SENTENCES).encode())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (_GZIP[: len(_GZIP) // 2], "Compressed file ended"),
        (_GZIP[:-8] + bytes(8), "CRC check failed"),
        (_GZIP[:10] + b"\xff" * 200, ""),
        (b"not packed at all\n", "Not a gzipped file"),
    ],
    ids=["cut off", "wrong checksum", "damaged", "not gzip"],
)
def test_a_damaged_gzip_file_is_refused(tmp_path: Path, content: bytes, reason: str) -> None:
    file = tmp_path / "talk.txt.gz"
    file.write_bytes(content)
    error = refusal(file)
    assert error.where == str(file)
    assert error.problem.startswith(f"cannot be read: {reason}")
    assert ".gz" in error.remedy


def test_a_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    missing, folder = refusal(tmp_path / "none.txt"), refusal(tmp_path)
    assert (missing.where, folder.where) == (str(tmp_path / "none.txt"), str(tmp_path))
    assert "No such file or directory" in missing.problem
    assert "Is a directory" in folder.problem


def test_a_file_given_twice_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    file, again = write(tmp_path / "talk.txt", SENTENCES), Path("talk.txt")
    with pytest.raises(ZlideError) as error:
        prepare_corpus([file, write(tmp_path / "more.txt", SENTENCES[:9]), again], RECIPE)
    assert error.value.where == "talk.txt"
    assert "twice" in error.value.problem


def test_a_min_share_of_zero_keeps_every_file(tmp_path: Path) -> None:
    corpus = prepare_corpus(
        [write(tmp_path / "talk.txt", SENTENCES)], Recipe(held_out=40, min_share=0)
    )
    assert corpus.repeats == {"talk": 1}
