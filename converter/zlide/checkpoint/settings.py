"""`config.json` of a checkpoint: the model, how it was trained, and the labels of its axes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from zlide.bundle import Precision
from zlide.checkpoint.layout import CONFIG
from zlide.checkpoint.networks.sentence import SentenceConfig
from zlide.checkpoint.networks.world import WorldConfig
from zlide.errors import ZlideError
from zlide.files import atomic_file
from zlide.messages import reason_of, validation_problems

World = Literal["doom", "racing"]

ASPECTS: dict[World, float] = {"doom": 160 / 100, "racing": 96 / 84}
"""Width divided by height of the part of the screen that the frames show."""

_FIRST_FORMAT = re.compile(r'"format"\s*:\s*"zlide-(sentence|world)/1"')


@dataclass(frozen=True)
class Cap:
    """A limit on the sentences that contain any of `words`.

    It keeps a frequent name from starting every sample.
    """

    words: tuple[str, ...]
    max_sentences: int


@dataclass(frozen=True)
class Recipe:
    """How a corpus is prepared.

    max_length: words of a sentence. Longer sentences are left out.
    min_count: occurrences of a word. Rarer words and their sentences are left out.
    min_share: share of the sentences. A smaller file is repeated until it reaches that share.
    held_out: number of sentences that are never trained on, those with the smallest hashes.
    """

    max_length: int = 16
    min_count: int = 6
    min_share: float = 0.15
    held_out: int = 2000
    caps: tuple[Cap, ...] = ()


@dataclass(frozen=True)
class Schedule:
    """The hyperparameters of a training.

    decay: share of the steps, at the end, over which the learning rate falls to zero.
    kl_weight: β of Higgins et al. 2017. Below 1 it favours reconstruction; towards 1 it favours
        readable samples between the training samples.
    warmup_epochs: epochs over which the KL weight rises from 0 (Bowman et al. 2016, section 3.1).
    gradient_clip: largest norm of the gradient, for each term of a sample's error.
    precision: how the weights will be shipped. The loss is computed with weights rounded to it,
        and so are the weights of the finished model.
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
    """The hyperparameters of a sentence VAE.

    word_dropout: share of the decoder's input words replaced by the begin token
        (Bowman et al. 2016, section 3.1).
    """

    word_dropout: float = 0.25


@dataclass(frozen=True)
class WorldSchedule(Schedule):
    """The hyperparameters of a world's VAE. An epoch has as many steps as batches of all frames.

    emphasis: loss weight of pixels that differ from the mean frame; the others weigh 1.
    edge_weight: loss weight of the differences between neighbouring pixels, beside that of the
        pixels. It sharpens textures such as bricks.
    """

    epochs: int = 32
    batch_size: int = 64
    learning_rate: float = 1e-3
    kl_weight: float = 0.25
    gradient_clip: float = 200.0
    emphasis: float = 10.0
    edge_weight: float = 0.0


class AxisLabel(BaseModel):
    """The author's name and note for an axis; either may be missing.

    name: a few words for the slider's row. note: a sentence on what changes along the axis.
    """

    model_config = ConfigDict(extra="forbid")

    name: str | None = None
    note: str | None = None


class _Settings(BaseModel):
    """The keys of every `config.json`."""

    model_config = ConfigDict(extra="forbid")

    format: str
    title: str
    license: str | None = None
    attribution: str | None = None  # of the data, a sentence or two for the model card
    rationale: str | None = None  # why this model was chosen, for the model card
    axes: dict[str, list[AxisLabel]] = {}  # by name of the set, from the first axis on
    corpus: str  # SHA-256 of the prepared data; evaluation refuses other data
    command: str  # what trained the model, one command a line

    def is_same_training(self, other: object) -> bool:
        """Return whether `other` was trained in the same way on the same data."""
        return isinstance(other, _Settings) and self.model_dump(
            exclude=_DESCRIPTION
        ) == other.model_dump(exclude=_DESCRIPTION)


_DESCRIPTION = {"title", "license", "attribution", "rationale", "axes", "command"}


class SentenceSettings(_Settings):
    """`config.json` of a sentence VAE."""

    format: Literal["zlide-sentences/2"] = "zlide-sentences/2"
    model: SentenceConfig
    recipe: Recipe
    schedule: SentenceSchedule


class WorldSettings(_Settings):
    """`config.json` of a world's VAE.

    frames: number of captured frames.
    """

    format: Literal["zlide-world/2"] = "zlide-world/2"
    world: World
    frames: int
    model: WorldConfig
    schedule: WorldSchedule


Settings = SentenceSettings | WorldSettings


def read_settings(path: Path) -> Settings:
    """Read `config.json`. Raises ZlideError that names every problem in one line."""
    try:
        text = path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ZlideError(path, f"cannot be read: {reason_of(error)}", "restore the file") from error
    if old := _FIRST_FORMAT.search(text):
        new = "zlide-world/2" if old[1] == "world" else "zlide-sentences/2"
        raise ZlideError(
            path,
            f"expected format {new}, found zlide-{old[1]}/1",
            "rename its keys as listed in docs/training.md, or train the model again",
        )
    kind = WorldSettings if '"zlide-world/' in text else SentenceSettings
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise ZlideError(path, validation_problems(error, kind), "restore the file") from error


def write_settings(path: Path, settings: Settings) -> None:
    """Write `config.json`."""
    with atomic_file(path) as partial:
        partial.write_text(
            json.dumps(settings.model_dump(), indent=2, ensure_ascii=False) + "\n", "utf-8"
        )


def command_history(command: str, init_from: Path | None) -> str:
    """Return all commands that led to a model, one a line, `command` last.

    init_from: the checkpoint whose weights the training starts from.
    """
    if init_from is None:
        return command
    return f"{read_settings(init_from / CONFIG).command}\n{command}"
