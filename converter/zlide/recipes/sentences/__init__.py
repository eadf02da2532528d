"""The recipe of the sentence VAE: prepare a corpus, train, evaluate, choose examples."""

from __future__ import annotations

from zlide.recipes.sentences.choose_examples import choose_examples, read_groups
from zlide.recipes.sentences.corpus import Corpus, prepare_corpus
from zlide.recipes.sentences.encode_corpus import encode_corpus
from zlide.recipes.sentences.report import add_to_curve, compile_report, write_report
from zlide.recipes.sentences.train import Plan, train_sentences

__all__ = [
    "Corpus",
    "Plan",
    "add_to_curve",
    "choose_examples",
    "compile_report",
    "encode_corpus",
    "prepare_corpus",
    "read_groups",
    "train_sentences",
    "write_report",
]
