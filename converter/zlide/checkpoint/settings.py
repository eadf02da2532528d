"""`config.json` of a checkpoint: what was trained, how, and what the page says of its axes."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from zlide.bundle import Precision
from zlide.checkpoint.networks.sentence import SentenceConfig
from zlide.checkpoint.networks.world import WorldConfig
from zlide.errors import ZlideError
from zlide.files import atomic_file
from zlide.messages import reason_of, validation_problems

World = Literal["doom", "racing"]


@dataclass(frozen=True)
class Cap:
    """At most `max_sentences` sentences that hold any of `words`: names that would otherwise start every sample."""

    words: tuple[str, ...]
    max_sentences: int


@dataclass(frozen=True)
class Recipe:
    """How a corpus is prepared.

    longest: words in a sentence at most; longer ones are left out.
    least_count: a word that occurs less often is not in the vocabulary, and neither are the sentences that hold it.
    least_share: a file with fewer of the sentences than this share is repeated, whole times, until it reaches that share.
    heldout: sentences with the smallest hashes, never trained on.
    caps: see `Cap`.
    """

    max_length: int = 16
    min_count: int = 6
    min_share: float = 0.15
    held_out: int = 2000
    caps: tuple[Cap, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """How long and how hard to train.

    kl_weight: β of Higgins et al. 2017: below 1 favours reconstruction, towards 1 what lies between samples.
    warmup_epochs: epochs over which the KL weight rises from 0 (Bowman et al. 2016, section 3.1).
    decay: share of the steps, at the end, over which the learning rate falls to zero.
    rounding: how the weights will travel; the error is measured, and the model that comes of it is, with weights rounded so.
    """

    epochs: int = 24
    batch_size: int = 128
    learning_rate: float = 2e-3
    decay: float = 0.5
    kl_weight: float = 0.38
    warmup_epochs: float = 1.0
    gradient_clip: float = 5.0
    seed: int = 1
    precision: Precision = "float32"


@dataclass(frozen=True)
class SentenceSchedule(Schedule):
    """And word_dropout: the share of the decoder's input words replaced by begin (Bowman et al. 2016, section 3.1)."""

    word_dropout: float = 0.25


@dataclass(frozen=True)
class WorldSchedule(Schedule):
    """As many steps an epoch as batches of all frames; clip is of the whole gradient, whose error is a sum over pixels.

    emphasis: so many times as much as others counts a pixel that stands out.
    edge_weight: what the error of the differences between neighbouring pixels counts, beside that of the pixels: bricks more than their wall.
    """

    epochs: int = 32
    batch_size: int = 64
    learning_rate: float = 1e-3
    kl_weight: float = 0.25
    gradient_clip: float = 200.0
    emphasis: float = 10.0
    edge_weight: float = 0.0


class AxisLabel(BaseModel):
    """What a publisher says of an axis: a few words for its row, and a sentence on what changes along it. Either may be missing."""

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    note: str | None = None


class _Settings(BaseModel):
    """`config.json`: what was trained, how it came about, and what is to be said of it."""

    model_config = ConfigDict(extra="forbid")

    format: str
    title: str
    license: str | None = None
    attribution: str | None = None  # of the data, a sentence or two for the model card
    rationale: str | None = None  # why this model and not another is the one to ship
    axes: dict[
        str, list[AxisLabel]
    ] = {}  # of each set, from its first axis on, as many as there is something to say of
    corpus: str  # SHA-256 of the prepared data: evaluation refuses others
    command: str


class SentenceSettings(_Settings):
    """Of a sentence VAE."""

    format: Literal["zlide-sentences/2"] = "zlide-sentences/2"
    model: SentenceConfig
    recipe: Recipe
    schedule: SentenceSchedule


class WorldSettings(_Settings):
    """Of a world's VAE; frames: how many were captured."""

    format: Literal["zlide-world/2"] = "zlide-world/2"
    world: World
    frames: int
    model: WorldConfig
    schedule: WorldSchedule

    def same_plan(self, other: object) -> bool:
        """Whether `other` was trained in the same way on the same frames."""
        keys = {"world", "frames", "model", "schedule", "corpus"}
        return isinstance(other, WorldSettings) and self.model_dump(
            include=keys
        ) == other.model_dump(include=keys)


Settings = SentenceSettings | WorldSettings


def read_settings(path: Path) -> Settings:
    """Read `config.json`, every problem in one line."""
    kind: type[Settings] = SentenceSettings
    try:
        text = path.read_text("utf-8")
        kind = WorldSettings if '"zlide-world/' in text else SentenceSettings
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise ZlideError(path, validation_problems(error, kind), "restore the file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ZlideError(path, f"cannot be read: {reason_of(error)}", "restore the file") from error


def write_settings(path: Path, settings: Settings) -> None:
    """Write `config.json`."""
    with atomic_file(path) as beside:
        beside.write_text(
            json.dumps(settings.model_dump(), indent=2, ensure_ascii=False) + "\n", "utf-8"
        )
