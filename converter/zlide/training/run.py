"""Corpus files → a finished checkpoint: prepare, fit, place the axes, write."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import torch

from zlide.axes import fit_pca
from zlide.checkpoint import CONFIG, MODEL, Settings, load_weights, read_settings, write_checkpoint
from zlide.errors import ZlideError, disk_errors
from zlide.models.sentence import SentenceConfig, SentenceVAE
from zlide.posterior import encode_sentences
from zlide.training.corpus import Corpus, Recipe, prepare_corpus
from zlide.training.evaluate import Texts, exact, words
from zlide.training.fit import Progress, Schedule, fit

STATE = "training.safetensors"
"""Where an interrupted training goes on; not part of a checkpoint."""

AXES = 16  # axes kept

Tell = Callable[[Progress, dict[str, float] | None], None]


@dataclass(frozen=True)
class Plan:
    """What to train and what to say of it.

    sizes: a SentenceConfig whose vocabulary is filled in from the corpus.
    start: the folder of a checkpoint of the same sizes to begin with, instead of random weights.
    """

    recipe: Recipe
    schedule: Schedule
    sizes: SentenceConfig
    title: str
    command: str
    licence: str | None = None
    attribution: str | None = None
    start: Path | None = None


def train_sentences(files: Sequence[Path], to: Path, plan: Plan, tell: Tell) -> bool:
    """Train in `to` and write a checkpoint there; False when the same plan is finished there already.

    An interrupted training goes on where it was. `tell` hears of every step, and of held-out figures after every epoch.
    Raises ZlideError for a corpus that does not do and for a folder that holds a model of another plan.
    """
    corpus = prepare_corpus(files, plan.recipe)
    sizes = replace(plan.sizes, vocabulary=len(corpus.vocabulary), longest=plan.recipe.longest)
    if (to / MODEL).exists():
        before = read_settings(to / CONFIG)
        if (before.model, before.recipe, before.schedule, before.corpus) == (sizes, plan.recipe, plan.schedule, corpus.digest):
            return False
        raise ZlideError(to, "holds a model that was trained otherwise", "choose another folder with --to, or delete its model.safetensors")
    torch.manual_seed(plan.schedule.seed)
    model = SentenceVAE(sizes)
    command = plan.command
    if plan.start is not None:
        command = f"{read_settings(plan.start / CONFIG).command}\n{command}"
        load_weights(model, plan.start / MODEL)
    with disk_errors(to):
        to.mkdir(parents=True, exist_ok=True)
    for progress in fit(model, corpus, plan.schedule, to / STATE):
        tell(progress, held_out_figures(model, corpus) if progress.epoch_ended else None)
    means = encode_sentences(model.encoder, [corpus.encode(s) for s in corpus.sentences()]).means
    settings = Settings(
        title=plan.title,
        licence=plan.licence,
        attribution=plan.attribution,
        model=sizes,
        recipe=plan.recipe,
        schedule=plan.schedule,
        corpus=corpus.digest,
        command=command,
    )
    write_checkpoint(to, model, settings, corpus.vocabulary, fit_pca(means, AXES))
    return True


def held_out_figures(model: SentenceVAE, corpus: Corpus) -> dict[str, float]:
    """The shares of held-out sentences and words that come back."""
    held = [s for part in corpus.heldout.values() for s in part]
    decoded = Texts(model, corpus.vocabulary)("", encode_sentences(model.encoder, [corpus.encode(s) for s in held]).means)
    return {"exact": exact(held, decoded), "words": words(held, decoded)}
