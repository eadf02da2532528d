"""Train a sentence VAE: corpus files → a complete checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from zlide.axes import fit_pca_up_to
from zlide.checkpoint import (
    Recipe,
    SentenceConfig,
    SentenceSchedule,
    SentenceSettings,
    SentenceVAE,
    write_checkpoint,
    write_means,
)
from zlide.errors import ZlideError
from zlide.recipes.fit import ProgressCallback, run_training
from zlide.recipes.plan import Plan
from zlide.recipes.sentences.corpus import Corpus, prepare_corpus
from zlide.recipes.sentences.encode_corpus import encode_corpus
from zlide.recipes.sentences.evaluate import exact_share, word_share
from zlide.recipes.sentences.greedy_decoder import GreedyDecoder
from zlide.recipes.sentences.loss import SentenceTask
from zlide.recipes.train_once import train_once

AXES = 16  # axes to keep, if that many carry variance

SentencePlan = Plan[Recipe, SentenceConfig, SentenceSchedule]
"""A plan whose corpus says how large the vocabulary is, and whose recipe how long sentences are."""


def train_sentences(
    files: Sequence[Path], folder: Path, plan: SentencePlan, on_progress: ProgressCallback
) -> bool:
    """Train and write a checkpoint into `folder`; resume a training that was interrupted there.

    on_progress: called after every step, with held-out figures at the end of an epoch.
    Returns False if the checkpoint of this plan is there already.
    Raises ZlideError for a corpus that is unreadable or too small, for a folder with a model of
    another plan, and for a loss that is not finite. Raises TrainingInterrupted for a signal.
    """
    corpus = prepare_corpus(files, plan.data)
    _refuse_small(corpus, files, plan.data)
    sizes = replace(plan.sizes, vocabulary=len(corpus.vocabulary), max_length=plan.data.max_length)
    plan = replace(plan, sizes=sizes)
    settings = _settings(plan, corpus)

    def train() -> None:
        model = plan.new_model(SentenceVAE)
        task = SentenceTask(model, corpus, plan.schedule)
        run_training(task, folder, lambda: held_out_figures(model, corpus), on_progress)
        _write(folder, model, settings, corpus)

    return train_once(folder, settings, train)


def held_out_figures(model: SentenceVAE, corpus: Corpus) -> dict[str, float]:
    """Return the shares of held-out sentences and words that are reconstructed."""
    held_out = corpus.held_out_sentences()
    means = encode_corpus(model.encoder, [corpus.encode(s) for s in held_out]).means
    decoded = GreedyDecoder(model, corpus.vocabulary)("", means)
    return {"exact": exact_share(held_out, decoded), "words": word_share(held_out, decoded)}


def _settings(plan: SentencePlan, corpus: Corpus) -> SentenceSettings:
    return SentenceSettings(
        **plan.description(),
        model=plan.sizes,
        recipe=plan.data,
        schedule=plan.schedule,
        corpus=corpus.digest,
    )


def _write(folder: Path, model: SentenceVAE, settings: SentenceSettings, corpus: Corpus) -> None:
    means = encode_corpus(model.encoder, [corpus.encode(s) for s in corpus.sentences()]).means
    write_means(folder, means)
    write_checkpoint(folder, model, settings, corpus.vocabulary, fit_pca_up_to(means, AXES))


def _refuse_small(corpus: Corpus, files: Sequence[Path], recipe: Recipe) -> None:
    """Raise ZlideError if fewer sentences are left to train on than are held out, or than AXES."""
    found = len(corpus.sentences()) + len(corpus.held_out_sentences())
    expected = recipe.held_out + max(recipe.held_out, AXES + 1)
    if found < expected:
        problem = (
            f"expected at least {expected} sentences of up to {recipe.max_length} words, "
            f"found {found}"
        )
        raise ZlideError(
            ", ".join(map(str, files)),
            problem,
            "give more text, or hold out fewer sentences with --held-out",
        )
