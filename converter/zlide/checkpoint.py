"""`weights/<name>/` ↔ a model: what training leaves and export reads. Safetensors only; nothing is ever unpickled.

model.safetensors  config.json  vocabulary.txt  axes.npz  [examples.json  evaluation.json  README.md]
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, ValidationError
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from zlide.axes import Axes, read_axes
from zlide.bundle import read_examples, sha256
from zlide.errors import ZlideError, disk_errors
from zlide.models.sentence import SentenceConfig, SentenceVAE
from zlide.staging import staged_file
from zlide.training.sentences.corpus import Recipe
from zlide.training.sentences.loss import SentenceSchedule
from zlide.vocabulary import Vocabulary, read_words

MODEL, CONFIG, WORDS, AXES, EXAMPLES = "model.safetensors", "config.json", "vocabulary.txt", "axes.npz", "examples.json"


class Settings(BaseModel):
    """`config.json`: the sizes of a sentence VAE, how it came about, and what is to be said of it."""

    model_config = ConfigDict(extra="forbid")

    format: Literal["zlide-sentence/1"] = "zlide-sentence/1"
    title: str
    licence: str | None = None
    attribution: str | None = None  # of the data, a sentence or two for the model card
    choice: str | None = None  # why this model and not another is the one to ship
    model: SentenceConfig
    recipe: Recipe
    schedule: SentenceSchedule
    corpus: str  # SHA-256 of the prepared sentences: evaluation refuses others
    command: str


@dataclass(frozen=True)
class Checkpoint:
    """A model as read, in eval mode; `sha256` is of its safetensors file, `examples` text → latent (Z,)."""

    folder: Path
    settings: Settings
    model: SentenceVAE
    vocabulary: Vocabulary
    axes: Axes
    examples: dict[str, NDArray[np.float32]]
    sha256: str


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read and check everything. Raises ZlideError that names all that is missing, unexpected or misshapen at once."""
    missing = [name for name in (MODEL, CONFIG, WORDS, AXES) if not (folder / name).is_file()]
    if missing:
        remedy = "train it with `zlide train sentences`" if folder.is_dir() else "give the folder of a trained model"
        raise ZlideError(folder, f"missing {', '.join(missing)}", remedy)
    settings = read_settings(folder / CONFIG)
    words = read_words(folder / WORDS)
    if len(words) != settings.model.vocabulary:
        raise ZlideError(folder / WORDS, f"expected {settings.model.vocabulary} words as config.json says, found {len(words)}", "restore the file")
    vocabulary = Vocabulary(words, begin=settings.model.begin, end=settings.model.end, longest=settings.model.longest)
    with torch.device("meta"):  # sizes only: what config.json asks for is compared with the file before memory is taken
        model = SentenceVAE(settings.model)
    load_weights(model, folder / MODEL)
    axes = read_axes(folder / AXES)
    if axes.latent != settings.model.latent:
        raise ZlideError(folder / AXES, f"expected axes of width {settings.model.latent} as config.json says, found {axes.latent}", "fit them again")
    examples = read_examples(folder / EXAMPLES, axes) if (folder / EXAMPLES).is_file() else {}
    return Checkpoint(folder, settings, model.eval(), vocabulary, axes, examples, sha256(folder / MODEL))


def write_checkpoint(folder: Path, model: SentenceVAE, settings: Settings, words: list[str], axes: Axes) -> None:
    """Write the four files that make a checkpoint, each beside its place and then into it."""
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with staged_file(folder / MODEL) as beside:
        save_file({name: p.detach().contiguous() for name, p in model.named_parameters()}, beside)
        beside.chmod(0o644)
    Vocabulary(words).write(folder / WORDS)
    axes.write(folder / AXES)
    write_settings(folder / CONFIG, settings)


def read_settings(path: Path) -> Settings:
    """Read `config.json`, every problem in one line."""
    try:
        return Settings.model_validate_json(path.read_text("utf-8"))
    except ValidationError as error:
        raise ZlideError(path, ", ".join(": ".join([*(map(str, e["loc"])), e["msg"]]) for e in error.errors()), "restore the file") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ZlideError(path, f"cannot be read: {error}", "restore the file") from error


def write_settings(path: Path, settings: Settings) -> None:
    """Write `config.json`."""
    with staged_file(path) as beside:
        beside.write_text(json.dumps(settings.model_dump(), indent=2, ensure_ascii=False) + "\n", "utf-8")


def load_weights(module: nn.Module, path: Path) -> None:
    """Put a safetensors file into `module`'s parameters. Raises ZlideError for pickles, truncated files, keys, shapes and NaN."""
    tensors = _read_tensors(path)
    ours = dict(module.named_parameters())
    problems = []
    if missing := sorted(ours.keys() - tensors.keys()):
        problems.append(f"missing {', '.join(missing)}")
    if unexpected := sorted(tensors.keys() - ours.keys()):
        problems.append(f"unexpected {', '.join(unexpected)}")
    if problems:
        raise ZlideError(path, ", ".join(problems), _remedy(ours, tensors))
    wrong = [f"{n} {tuple(t.shape)}, expected {tuple(ours[n].shape)}" for n, t in tensors.items() if t.shape != ours[n].shape]
    if wrong:
        raise ZlideError(path, f"shapes disagree with config.json: {', '.join(wrong)}", "restore the config.json that the model was trained with")
    if bad := [name for name, t in tensors.items() if not torch.isfinite(t).all()]:
        raise ZlideError(path, f"NaN or infinity in {', '.join(bad)}", "train again with a lower learning rate")
    if any(parameter.is_meta for parameter in ours.values()):
        module.to_empty(device="cpu")
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(tensors[name])


def _read_tensors(path: Path) -> dict[str, Tensor]:
    try:
        with path.open("rb") as file:
            head = file.read(9)  # of safetensors: how long the header is, which may begin with any byte, and the header's own first
    except OSError as error:
        raise ZlideError(path, f"cannot be read: {error.strerror or error}", "give the folder of a trained model") from error
    if head[8:] != b"{" and head.startswith((b"\x80", b"PK\x03\x04")):
        raise ZlideError(path, "expected safetensors, found a pickle", "load it where you trust it and write it with safetensors.torch.save_file")
    try:
        return load_file(path)
    except SafetensorError as error:
        raise ZlideError(path, f"expected safetensors, found a truncated or damaged file ({error})", "copy the checkpoint again") from error


def _remedy(ours: Mapping[str, object], theirs: Mapping[str, object]) -> str:
    for prefix in ("module.", "model.", "_orig_mod."):
        if {name.removeprefix(prefix) for name in theirs} == set(ours):
            return f'strip the "{prefix}" prefix'
    return "give the checkpoint that belongs to this config.json"
