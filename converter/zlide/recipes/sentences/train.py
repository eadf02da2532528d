"""Corpus files → a finished checkpoint: prepare, fit, place the axes, write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from zlide.axes import fit_living
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
from zlide.errors import ZlideError, disk_errors
from zlide.recipes.fit import Progress, fit
from zlide.recipes.interruption import TrainingInterrupted
from zlide.recipes.resume_state import STATE, delete_resume_state
from zlide.recipes.sentences.corpus import Corpus, prepare_corpus
from zlide.recipes.sentences.encode_corpus import encode_corpus
from zlide.recipes.sentences.evaluate import Texts, exact, words
from zlide.recipes.sentences.loss import Sentences
from zlide.signals import signals_held

AXES = 16  # axes kept, where so many carry variance

Tell = Callable[[Progress, dict[str, float] | None], None]


@dataclass(frozen=True)
class Plan:
    """What to train and what to say of it.

    sizes: a SentenceConfig whose vocabulary is filled in from the corpus.
    start: the folder of a checkpoint of the same sizes to begin with, instead of random weights.
    """

    recipe: Recipe
    schedule: SentenceSchedule
    sizes: SentenceConfig
    title: str
    command: str
    license: str | None = None
    attribution: str | None = None
    start: Path | None = None


def train_sentences(files: Sequence[Path], to: Path, plan: Plan, tell: Tell) -> bool:
    """Train in `to` and write a checkpoint there; False when the same plan is finished there already.

    An interrupted training goes on where it was. `tell` hears of every step, and of held-out figures after every epoch.
    Raises ZlideError for a corpus that does not do, for a folder that holds a model of another plan and for weights that are no numbers
    any more; Stopped when a signal ended it before its time.
    """
    corpus = prepare_corpus(files, plan.recipe)
    _refuse_small(corpus, files, plan.recipe)
    sizes = replace(
        plan.sizes, vocabulary=len(corpus.vocabulary), max_length=plan.recipe.max_length
    )
    if _is_finished(to, plan, sizes, corpus):
        delete_resume_state(to)
        return False
    torch.manual_seed(plan.schedule.seed)
    model = SentenceVAE(sizes)
    if plan.start is not None:
        load_weights(model, plan.start / MODEL)
    with disk_errors(to):
        to.mkdir(parents=True, exist_ok=True)
    with (
        signals_held() as asked,
        closing(fit(Sentences(model, corpus, plan.schedule), to / STATE)) as steps,
    ):
        for progress in steps:
            tell(
                progress,
                held_out_figures(model, corpus) if progress.epoch_ended and not asked() else None,
            )
            if signal := asked():
                raise TrainingInterrupted(to, progress.step, progress.total, signal)
    means = encode_corpus(model.encoder, [corpus.encode(s) for s in corpus.sentences()]).means
    settings = SentenceSettings(
        title=plan.title,
        license=plan.license,
        attribution=plan.attribution,
        model=sizes,
        recipe=plan.recipe,
        schedule=plan.schedule,
        corpus=corpus.digest,
        command=command_history(plan.command, plan.start),
    )
    write_means(to, means)
    write_checkpoint(to, model, settings, corpus.vocabulary, fit_living(means, AXES))
    delete_resume_state(to)
    return True


def _refuse_small(corpus: Corpus, files: Sequence[Path], recipe: Recipe) -> None:
    """Raise ZlideError for fewer sentences to train on than are held out, or than the axes need."""
    found = sum(len(part) for parts in (corpus.train, corpus.held_out) for part in parts.values())
    expected = recipe.held_out + max(recipe.held_out, AXES + 1)
    if found < expected:
        problem = f"expected at least {expected} sentences of up to {recipe.max_length} words, found {found}"
        raise ZlideError(
            ", ".join(map(str, files)),
            problem,
            "give more text, or hold out fewer sentences with --held-out",
        )


def _is_finished(to: Path, plan: Plan, sizes: SentenceConfig, corpus: Corpus) -> bool:
    """Whether `to` holds the checkpoint of this plan. Raises ZlideError when it holds another's, unless a training under way is to replace it."""
    under_way = (to / STATE).exists()
    if not (to / MODEL).exists() or (under_way and not (to / CONFIG).exists()):
        return False
    before = read_settings(to / CONFIG)
    ours = (sizes, plan.recipe, plan.schedule, corpus.digest)
    if (
        isinstance(before, SentenceSettings)
        and (before.model, before.recipe, before.schedule, before.corpus) == ours
    ):
        return True
    if under_way:
        return False
    raise ZlideError(
        to,
        "holds a model that was trained otherwise",
        "choose another folder with --output, or delete its model.safetensors",
    )


def held_out_figures(model: SentenceVAE, corpus: Corpus) -> dict[str, float]:
    """The shares of held-out sentences and words that come back."""
    held = [s for part in corpus.held_out.values() for s in part]
    decoded = Texts(model, corpus.vocabulary)(
        "", encode_corpus(model.encoder, [corpus.encode(s) for s in held]).means
    )
    return {"exact": exact(held, decoded), "words": words(held, decoded)}
