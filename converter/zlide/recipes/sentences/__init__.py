"""Sentences: a corpus, prepared, and what a VAE makes of it."""

from __future__ import annotations

from zlide.recipes.sentences.corpus import Corpus
from zlide.recipes.sentences.replace_examples import replace_examples
from zlide.recipes.sentences.report import add_to_curve, report, write_report
from zlide.recipes.sentences.train import Plan, train_sentences
from zlide.recipes.sentences.training_corpus import encode_training_points, training_corpus

__all__ = [
    "Corpus",
    "Plan",
    "add_to_curve",
    "encode_training_points",
    "replace_examples",
    "report",
    "train_sentences",
    "training_corpus",
    "write_report",
]
