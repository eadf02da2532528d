"""Read a checkpoint: what export, verify, evaluate and describe start from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from zlide.axes import Axes, read_axes
from zlide.bundle import read_examples, sha256
from zlide.checkpoint.layout import AXES, CONFIG, EXAMPLES, MODEL, PICTURES, POINTS, RAW, WORDS
from zlide.checkpoint.networks.sentence import SentenceVAE
from zlide.checkpoint.networks.world import SIDE, WorldVAE
from zlide.checkpoint.settings import (
    ASPECTS,
    AxisLabel,
    SentenceSettings,
    Settings,
    WorldSettings,
    read_settings,
)
from zlide.checkpoint.tensors import Latents, load_weights, read_means
from zlide.errors import ZlideError
from zlide.files import read_png, require_kind
from zlide.modalities import ImageModality, Modality, TextModality
from zlide.pictures import Pictures
from zlide.vocabulary import Vocabulary, read_words


@dataclass(frozen=True)
class _Checkpoint:
    """A VAE from disk, in eval mode, with what belongs to it.

    sets: sets of axes; the page opens with the first.
    examples: text, or name of a picture → latent (Z,) float32.
    points: posterior means of training samples (N, Z) float32; None without the file.
    sha256: of `model.safetensors`, in hexadecimal.
    """

    folder: Path
    settings: Settings
    model: SentenceVAE | WorldVAE
    sets: tuple[Axes, ...]
    examples: dict[str, Latents]
    points: Latents | None
    sha256: str

    @property
    def axes(self) -> Axes:
        """The first set."""
        return self.sets[0]


@dataclass(frozen=True)
class SentenceCheckpoint(_Checkpoint):
    """A sentence VAE from disk."""

    settings: SentenceSettings
    model: SentenceVAE
    vocabulary: Vocabulary

    @property
    def modality(self) -> Modality:
        """The kind of its samples."""
        return TextModality(self.vocabulary)


@dataclass(frozen=True)
class WorldCheckpoint(_Checkpoint):
    """A world's VAE from disk; pictures: the frames of the examples, (N, H, W, 3)."""

    settings: WorldSettings
    model: WorldVAE
    pictures: NDArray[np.uint8]

    @property
    def modality(self) -> Modality:
        """The kind of its samples."""
        return ImageModality(Pictures(self.pictures, ASPECTS[self.settings.world]))


Checkpoint = SentenceCheckpoint | WorldCheckpoint


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read a checkpoint and check everything in it.

    Raises ZlideError that names everything missing, unexpected or misshapen in a file at once.
    """
    if not (folder / CONFIG).is_file():
        _require_files(folder, (MODEL, CONFIG, WORDS, AXES))
    settings = read_settings(folder / CONFIG)
    if isinstance(settings, WorldSettings):
        return _read_world(folder, settings)
    return _read_sentences(folder, settings)


def read_sentences_checkpoint(folder: Path) -> SentenceCheckpoint:
    """Read the checkpoint of a sentence VAE; raises ZlideError for a world."""
    checkpoint = read_checkpoint(folder)
    if isinstance(checkpoint, WorldCheckpoint):
        raise ZlideError(
            folder,
            "expected a model of sentences, found one of pictures",
            "give the folder of a sentence VAE",
        )
    return checkpoint


def _read_sentences(folder: Path, settings: SentenceSettings) -> SentenceCheckpoint:
    _require_files(folder, (MODEL, WORDS, AXES))
    vocabulary = _read_vocabulary(folder / WORDS, settings)
    # On the meta device a model takes no memory: config.json may ask for any size.
    with torch.device("meta"):
        model = SentenceVAE(settings.model)
    load_weights(model, folder / MODEL)
    sets = _with_labels(folder, settings, [_read_axes(folder / AXES, settings.model.latent_size)])
    has_examples = (folder / EXAMPLES).is_file()
    return SentenceCheckpoint(
        folder=folder,
        settings=settings,
        model=model.eval(),
        vocabulary=vocabulary,
        sets=sets,
        examples=read_examples(folder / EXAMPLES, sets[0]) if has_examples else {},
        points=read_means(folder / POINTS, settings.model.latent_size),
        sha256=sha256(folder / MODEL),
    )


def _read_world(folder: Path, settings: WorldSettings) -> WorldCheckpoint:
    _require_files(folder, (MODEL, AXES, RAW, EXAMPLES, PICTURES))
    with torch.device("meta"):
        model = WorldVAE(settings.model)
    load_weights(model, folder / MODEL)
    sets = _with_labels(
        folder,
        settings,
        [_read_axes(folder / name, settings.model.latent_size) for name in (AXES, RAW)],
    )
    examples = read_examples(folder / EXAMPLES, sets[0])
    sheet = read_png(folder / PICTURES, (len(examples) * SIDE, SIDE, 3))
    return WorldCheckpoint(
        folder=folder,
        settings=settings,
        model=model.eval(),
        pictures=sheet.reshape(-1, SIDE, SIDE, 3),
        sets=sets,
        examples=examples,
        points=read_means(folder / POINTS, settings.model.latent_size),
        sha256=sha256(folder / MODEL),
    )


def _require_files(folder: Path, names: Sequence[str]) -> None:
    if missing := [name for name in names if not (folder / name).is_file()]:
        bundle_remedy = (
            "give the folder that it was exported from; `zlide verify` and the page decode bundles"
        )
        require_kind(folder, "a checkpoint", {"a bundle": bundle_remedy})
        remedy = (
            "train it with `zlide train`"
            if folder.is_dir()
            else "give the folder of a trained model"
        )
        raise ZlideError(folder, f"missing {', '.join(missing)}", remedy)


def _read_vocabulary(path: Path, settings: SentenceSettings) -> Vocabulary:
    words = read_words(path)
    if len(words) != settings.model.vocabulary:
        raise ZlideError(
            path,
            f"expected {settings.model.vocabulary} words as in config.json, found {len(words)}",
            "restore the file",
        )
    return Vocabulary(
        words,
        begin=settings.model.begin,
        end=settings.model.end,
        max_length=settings.model.max_length,
    )


def _read_axes(path: Path, latent_size: int) -> Axes:
    axes = read_axes(path)
    if axes.latent_size != latent_size:
        raise ZlideError(
            path,
            f"expected axes of width {latent_size} as in config.json, found {axes.latent_size}",
            "fit them again",
        )
    return axes


def _with_labels(folder: Path, settings: Settings, sets: Sequence[Axes]) -> tuple[Axes, ...]:
    """Return the sets with the names and notes of config.json; the other axes keep theirs."""
    known = [axes.name for axes in sets]
    if unknown := sorted(settings.axes.keys() - set(known)):
        raise ZlideError(
            folder / CONFIG,
            f"axes.{unknown[0]}: unknown set, expected {' or '.join(known)}",
            "rename the key to one of these sets",
        )
    return tuple(_label(folder / CONFIG, axes, settings.axes.get(axes.name, [])) for axes in sets)


def _label(path: Path, axes: Axes, labels: Sequence[AxisLabel]) -> Axes:
    if len(labels) > axes.count:
        raise ZlideError(
            path,
            f"axes.{axes.name}: expected names of up to {axes.count} axes, found {len(labels)}",
            "leave out the last",
        )
    names, notes = list(axes.names), list(axes.notes)
    for i, label in enumerate(labels):
        names[i] = names[i] if label.name is None else label.name
        notes[i] = notes[i] if label.note is None else label.note
    try:
        return replace(axes, names=tuple(names), notes=tuple(notes))
    except ZlideError as error:
        raise ZlideError(path, f"{error.where}: {error.problem}", error.remedy) from error
