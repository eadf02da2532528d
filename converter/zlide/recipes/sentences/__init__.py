"""The recipe of the sentence VAE: prepare a corpus, train, evaluate, choose examples."""

from __future__ import annotations

from zlide.recipes.sentences.corpus import Corpus
from zlide.recipes.sentences.replace_examples import replace_examples
from zlide.recipes.sentences.report import add_to_curve, compile_report, write_report
from zlide.recipes.sentences.train import SentencePlan, train_sentences
from zlide.recipes.sentences.training_corpus import encode_training_points, training_corpus

__all__ = [
    "Corpus",
    "SentencePlan",
    "add_to_curve",
    "compile_report",
    "encode_training_points",
    "replace_examples",
    "train_sentences",
    "training_corpus",
    "write_report",
]
