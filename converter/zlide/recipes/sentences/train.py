"""Train a sentence VAE: corpus files → a complete checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from zlide.axes import fit_pca_up_to
from zlide.checkpoint import (
    CONFIG,
    MODEL,
    Recipe,
    SentenceConfig,
    SentenceSchedule,
    SentenceSettings,
    SentenceVAE,
    command_history,
    load_weights,
    read_settings,
    write_checkpoint,
    write_means,
)
from zlide.errors import ZlideError
from zlide.recipes.fit import ProgressCallback, run_training
from zlide.recipes.interruption import RESUME_STATE, delete_resume_state
from zlide.recipes.sentences.corpus import Corpus, prepare_corpus
from zlide.recipes.sentences.encode_corpus import encode_corpus
from zlide.recipes.sentences.evaluate import exact_share, word_share
from zlide.recipes.sentences.greedy_decoder import GreedyDecoder
from zlide.recipes.sentences.loss import SentenceTask

AXES = 16  # axes to keep, if that many carry variance


@dataclass(frozen=True)
class Plan:
    """A model to train, and its description for `config.json`.

    sizes: of the model; vocabulary and max_length come from the corpus and the recipe.
    init_from: the checkpoint of the same sizes whose weights the training starts from; random
        weights if None.
    """

    recipe: Recipe
    schedule: SentenceSchedule
    sizes: SentenceConfig
    title: str
    command: str
    license: str | None = None
    attribution: str | None = None
    init_from: Path | None = None


def train_sentences(
    files: Sequence[Path], folder: Path, plan: Plan, on_progress: ProgressCallback
) -> bool:
    """Train and write a checkpoint into `folder`; resume a training that was interrupted there.

    on_progress: called after every step, with held-out figures at the end of an epoch.
    Returns False if the checkpoint of this plan is there already.
    Raises ZlideError for a corpus that is unreadable or too small, for a folder with a model of
    another plan, and for a loss that is not finite. Raises TrainingInterrupted for a signal.
    """
    corpus = prepare_corpus(files, plan.recipe)
    _refuse_small(corpus, files, plan.recipe)
    sizes = replace(
        plan.sizes, vocabulary=len(corpus.vocabulary), max_length=plan.recipe.max_length
    )
    if _is_finished(folder, plan, sizes, corpus):
        delete_resume_state(folder)
        return False
    torch.manual_seed(plan.schedule.seed)
    model = SentenceVAE(sizes)
    if plan.init_from is not None:
        load_weights(model, plan.init_from / MODEL)
    task = SentenceTask(model, corpus, plan.schedule)
    run_training(task, folder, lambda: held_out_figures(model, corpus), on_progress)
    _write(folder, model, plan, corpus)
    delete_resume_state(folder)
    return True


def held_out_figures(model: SentenceVAE, corpus: Corpus) -> dict[str, float]:
    """Return the shares of held-out sentences and words that are reconstructed."""
    held_out = corpus.held_out_sentences()
    means = encode_corpus(model.encoder, [corpus.encode(s) for s in held_out]).means
    decoded = GreedyDecoder(model, corpus.vocabulary)("", means)
    return {"exact": exact_share(held_out, decoded), "words": word_share(held_out, decoded)}


def _write(folder: Path, model: SentenceVAE, plan: Plan, corpus: Corpus) -> None:
    means = encode_corpus(model.encoder, [corpus.encode(s) for s in corpus.sentences()]).means
    settings = SentenceSettings(
        title=plan.title,
        license=plan.license,
        attribution=plan.attribution,
        model=model.config,
        recipe=plan.recipe,
        schedule=plan.schedule,
        corpus=corpus.digest,
        command=command_history(plan.command, plan.init_from),
    )
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


def _is_finished(folder: Path, plan: Plan, sizes: SentenceConfig, corpus: Corpus) -> bool:
    """Return whether `folder` has the checkpoint of this plan.

    Raises ZlideError if it has that of another plan, unless a training to replace it has begun.
    """
    has_begun = (folder / RESUME_STATE).exists()
    if not (folder / MODEL).exists() or (has_begun and not (folder / CONFIG).exists()):
        return False
    found = read_settings(folder / CONFIG)
    expected = (sizes, plan.recipe, plan.schedule, corpus.digest)
    if (
        isinstance(found, SentenceSettings)
        and (found.model, found.recipe, found.schedule, found.corpus) == expected
    ):
        return True
    if has_begun:
        return False
    raise ZlideError(
        folder,
        "holds a model that was trained in another way",
        "choose another folder with --output, or delete its model.safetensors",
    )
