"""Sentences: a corpus, prepared, and what a VAE makes of it."""

from __future__ import annotations

from zlide.recipes.sentences.choose_examples import choose_examples, read_groups
from zlide.recipes.sentences.corpus import Corpus, prepare_corpus
from zlide.recipes.sentences.encode_corpus import encode_corpus
from zlide.recipes.sentences.report import add_to_curve, report, write_report

__all__ = [
    "Corpus",
    "add_to_curve",
    "choose_examples",
    "encode_corpus",
    "prepare_corpus",
    "read_groups",
    "report",
    "write_report",
]
