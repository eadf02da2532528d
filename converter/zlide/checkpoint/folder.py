"""`weights/<name>/` ↔ a model: what training leaves and export reads. Safetensors only; nothing is ever unpickled.

sentences: model.safetensors  config.json  vocabulary.txt  axes.npz  [points.safetensors  examples.json  evaluation.json  README.md]
a world:   model.safetensors  config.json  axes.npz  raw.npz  examples.json  pictures.png  [points.safetensors  evaluation.json  README.md  …]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from zlide.axes import Axes, read_axes
from zlide.bundle import choose_points, read_examples, sha256, write_examples
from zlide.checkpoint.networks.sentence import SentenceVAE
from zlide.checkpoint.networks.world import SIDE, WorldVAE
from zlide.checkpoint.settings import (
    AxisLabel,
    SentenceSettings,
    Settings,
    WorldSettings,
    read_settings,
    write_settings,
)
from zlide.errors import ZlideError, disk_errors
from zlide.files import atomic_file, read_png, require_kind, write_png
from zlide.vocabulary import Vocabulary, read_words

MODEL, CONFIG, AXES, EXAMPLES = "model.safetensors", "config.json", "axes.npz", "examples.json"
POINTS = "points.safetensors"
WORDS = "vocabulary.txt"  # sentences alone
RAW, PICTURES = "raw.npz", "pictures.png"  # worlds alone

FLOATS = frozenset({torch.float32, torch.float16, torch.bfloat16, torch.float64})
"""What weights are stored as."""

_AGAIN = "delete it, and write it again with `zlide points`"

Latent = NDArray[np.float32]


@dataclass(frozen=True)
class SentenceCheckpoint:
    """A model as read, in eval mode; `sha256` is of its safetensors file, `examples` text → latent (Z,).

    points: posterior means of training samples (N, Z); None where there is no file of them.
    """

    folder: Path
    settings: SentenceSettings
    model: SentenceVAE
    vocabulary: Vocabulary
    axes: Axes
    examples: dict[str, Latent]
    points: Latent | None
    sha256: str


@dataclass(frozen=True)
class WorldCheckpoint:
    """The same of a world: `sets` of axes, the first of which is where the page begins, and the examples' `pictures` (N, H, W, 3)."""

    folder: Path
    settings: WorldSettings
    model: WorldVAE
    sets: tuple[Axes, ...]
    examples: dict[str, Latent]
    pictures: NDArray[np.uint8]
    points: Latent | None
    sha256: str

    @property
    def axes(self) -> Axes:
        """The first set."""
        return self.sets[0]


Checkpoint = SentenceCheckpoint | WorldCheckpoint


def read_checkpoint(folder: Path) -> Checkpoint:
    """Read and check everything. Raises ZlideError that names all that is missing, unexpected or misshapen at once."""
    if not (folder / CONFIG).is_file():
        _refuse_missing(folder, (MODEL, CONFIG, WORDS, AXES))
    settings = read_settings(folder / CONFIG)
    return (
        _read_world(folder, settings)
        if isinstance(settings, WorldSettings)
        else _read_sentences(folder, settings)
    )


def read_sentences_checkpoint(folder: Path) -> SentenceCheckpoint:
    """The same, of sentences alone: raises ZlideError for a world."""
    checkpoint = read_checkpoint(folder)
    if isinstance(checkpoint, WorldCheckpoint):
        raise ZlideError(
            folder,
            "expected a model of sentences, found one of pictures",
            "give the folder of a sentence VAE",
        )
    return checkpoint


def _read_sentences(folder: Path, settings: SentenceSettings) -> SentenceCheckpoint:
    _refuse_missing(folder, (MODEL, WORDS, AXES))
    words = read_words(folder / WORDS)
    if len(words) != settings.model.vocabulary:
        raise ZlideError(
            folder / WORDS,
            f"expected {settings.model.vocabulary} words as config.json says, found {len(words)}",
            "restore the file",
        )
    vocabulary = Vocabulary(
        words,
        begin=settings.model.begin,
        end=settings.model.end,
        max_length=settings.model.max_length,
    )
    with torch.device(
        "meta"
    ):  # sizes only: what config.json asks for is compared with the file before memory is taken
        model = SentenceVAE(settings.model)
    load_weights(model, folder / MODEL)
    (axes,) = _named(folder, settings, [_read_axes(folder / AXES, settings.model.latent_size)])
    examples = read_examples(folder / EXAMPLES, axes) if (folder / EXAMPLES).is_file() else {}
    points = read_means(folder / POINTS, settings.model.latent_size)
    return SentenceCheckpoint(
        folder, settings, model.eval(), vocabulary, axes, examples, points, sha256(folder / MODEL)
    )


def _read_world(folder: Path, settings: WorldSettings) -> WorldCheckpoint:
    _refuse_missing(folder, (MODEL, AXES, RAW, EXAMPLES, PICTURES))
    with torch.device("meta"):
        model = WorldVAE(settings.model)
    load_weights(model, folder / MODEL)
    sets = _named(
        folder,
        settings,
        [_read_axes(folder / name, settings.model.latent_size) for name in (AXES, RAW)],
    )
    examples = read_examples(folder / EXAMPLES, sets[0])
    pictures = read_png(folder / PICTURES, (len(examples) * SIDE, SIDE, 3)).reshape(
        -1, SIDE, SIDE, 3
    )
    points = read_means(folder / POINTS, settings.model.latent_size)
    return WorldCheckpoint(
        folder, settings, model.eval(), sets, examples, pictures, points, sha256(folder / MODEL)
    )


def _refuse_missing(folder: Path, names: Sequence[str]) -> None:
    if missing := [name for name in names if not (folder / name).is_file()]:
        require_kind(
            folder,
            "a checkpoint",
            {
                "a bundle": "give the folder that it was exported from; `zlide verify` and the page decode bundles"
            },
        )
        remedy = (
            "train it with `zlide train`"
            if folder.is_dir()
            else "give the folder of a trained model"
        )
        raise ZlideError(folder, f"missing {', '.join(missing)}", remedy)


def _read_axes(path: Path, latent: int) -> Axes:
    axes = read_axes(path)
    if axes.latent_size != latent:
        raise ZlideError(
            path,
            f"expected axes of width {latent} as config.json says, found {axes.latent_size}",
            "fit them again",
        )
    return axes


def _named(folder: Path, settings: Settings, sets: Sequence[Axes]) -> tuple[Axes, ...]:
    """The sets with what config.json says of their axes; what it says nothing of keeps its number."""
    if unknown := sorted(settings.axes.keys() - {one.name for one in sets}):
        known = " or ".join(one.name for one in sets)
        raise ZlideError(
            folder / CONFIG,
            f"axes.{unknown[0]}: unknown set, expected {known}",
            "name the axes of a set that there is",
        )
    return tuple(_with(folder / CONFIG, one, settings.axes.get(one.name, [])) for one in sets)


def _with(path: Path, axes: Axes, reason_of: Sequence[AxisLabel]) -> Axes:
    if len(reason_of) > axes.count:
        raise ZlideError(
            path,
            f"axes.{axes.name}: expected names of up to {axes.count} axes, found {len(reason_of)}",
            "leave out the last",
        )
    names = [one.name if one.name is not None else axes.names[i] for i, one in enumerate(reason_of)]
    notes = [one.note if one.note is not None else axes.notes[i] for i, one in enumerate(reason_of)]
    try:
        return replace(
            axes,
            names=(*names, *axes.names[len(names) :]),
            notes=(*notes, *axes.notes[len(notes) :]),
        )
    except ZlideError as error:
        raise ZlideError(path, f"{error.where}: {error.problem}", error.remedy) from error


def write_checkpoint(
    folder: Path, model: SentenceVAE, settings: SentenceSettings, words: list[str], axes: Axes
) -> None:
    """Write the four files that make a checkpoint of sentences, each beside its place and then into it."""
    _write_weights(folder, model)
    Vocabulary(words).write(folder / WORDS)
    axes.write(folder / AXES)
    write_settings(folder / CONFIG, settings)


def write_world(
    folder: Path,
    model: WorldVAE,
    settings: WorldSettings,
    sets: tuple[Axes, Axes],
    latents: Latent,
    pictures: NDArray[np.uint8],
) -> None:
    """The same of a world, its weights as float16: principal axes and raw dimensions; examples' latents (N, Z) and pictures (N, H, W, 3)."""
    _write_weights(folder, model, torch.float16)
    for name, axes in zip((AXES, RAW), sets, strict=True):
        axes.write(folder / name)
    write_examples(folder, {f"frame {i + 1}": z for i, z in enumerate(latents)}, sets[0])
    write_png(folder / PICTURES, pictures.reshape(-1, *pictures.shape[2:]))
    write_settings(folder / CONFIG, settings)


def write_means(folder: Path, means: Latent) -> None:
    """`points.safetensors`: up to 2,000 of the posterior means (N, Z) of what was trained on, drawn at random, as float16.

    Each dimension is kept as what it differs by from its middle, in its spread: one that hardly moves is not rounded away.
    """
    kept = means[choose_points(len(means))]
    middle, spread = kept.mean(0), kept.std(0)
    units = (kept - middle) / np.where(spread > 0, spread, 1)
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with atomic_file(folder / POINTS) as beside:
        save_file(
            {
                "means": torch.from_numpy(units).half(),
                "middle": torch.from_numpy(middle),
                "spread": torch.from_numpy(spread),
            },
            beside,
        )
        beside.chmod(0o644)


def read_means(path: Path, latent: int) -> Latent | None:
    """What `write_means` wrote, (N, Z); None where there is no such file."""
    if not path.is_file():
        return None
    tensors = _read_tensors(path)
    found = ", ".join(f"{name} {tuple(tensors[name].shape)}" for name in sorted(tensors))
    shapes = {name: tuple(tensor.shape)[-1:] for name, tensor in tensors.items()}
    if shapes != dict.fromkeys(("means", "middle", "spread"), (latent,)) or [
        tensors[name].dim() for name in sorted(tensors)
    ] != [2, 1, 1]:
        problem = f"expected means (N, {latent}), middle ({latent},) and spread ({latent},), found {found or 'none'}"
        raise ZlideError(path, problem, _AGAIN)
    means = tensors["means"].float() * tensors["spread"] + tensors["middle"]
    if not torch.isfinite(means).all():
        raise ZlideError(path, "holds NaN or infinity", _AGAIN)
    return np.asarray(means.numpy(), np.float32)


def _write_weights(folder: Path, model: nn.Module, kept: torch.dtype = torch.float32) -> None:
    with disk_errors(folder):
        folder.mkdir(parents=True, exist_ok=True)
    with atomic_file(folder / MODEL) as beside:
        save_file(
            {name: p.detach().to(kept).contiguous() for name, p in model.named_parameters()}, beside
        )
        beside.chmod(0o644)


def commands(last: str, start: Path | None) -> str:
    """The commands that a model comes of, a line each: those of the checkpoint in `start`, with which it began, and the last."""
    return last if start is None else f"{read_settings(start / CONFIG).command}\n{last}"


def load_weights(module: nn.Module, path: Path) -> None:
    """Put a safetensors file of floating-point numbers into `module`'s parameters, which are float32.

    Raises ZlideError for pickles, truncated files, keys, shapes, other numbers and NaN.
    """
    tensors = _read_tensors(path)
    ours = dict(module.named_parameters())
    problems = []
    if missing := sorted(ours.keys() - tensors.keys()):
        problems.append(f"missing {', '.join(missing)}")
    if unexpected := sorted(tensors.keys() - ours.keys()):
        problems.append(f"unexpected {', '.join(unexpected)}")
    if problems:
        raise ZlideError(path, ", ".join(problems), _remedy(ours, tensors))
    wrong = [
        f"{n} {tuple(t.shape)}, expected {tuple(ours[n].shape)}"
        for n, t in tensors.items()
        if t.shape != ours[n].shape
    ]
    if wrong:
        raise ZlideError(
            path,
            f"shapes disagree with config.json: {', '.join(wrong)}",
            "restore the config.json that the model was trained with",
        )
    if others := [
        f"{name} of {t.dtype}".replace("torch.", "")
        for name, t in tensors.items()
        if t.dtype not in FLOATS
    ]:
        problem = f"expected float32, float16, bfloat16 or float64, found {', '.join(others)}"
        raise ZlideError(path, problem, "give the weights as they were trained")
    if bad := [name for name, t in tensors.items() if not torch.isfinite(t.float()).all()]:
        raise ZlideError(
            path, f"NaN or infinity in {', '.join(bad)}", "train again with a lower learning rate"
        )
    if any(parameter.is_meta for parameter in ours.values()):
        module.to_empty(device="cpu")
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            parameter.copy_(tensors[name])


def _read_tensors(path: Path) -> dict[str, Tensor]:
    try:
        with path.open("rb") as file:
            head = file.read(
                9
            )  # of safetensors: how long the header is, which may begin with any byte, and the header's own first
    except OSError as error:
        raise ZlideError(
            path, f"cannot be read: {error.strerror or error}", "give the folder of a trained model"
        ) from error
    if head[8:] != b"{" and head.startswith((b"\x80", b"PK\x03\x04")):
        raise ZlideError(
            path,
            "expected safetensors, found a pickle",
            "load it where you trust it and write it with safetensors.torch.save_file",
        )
    try:
        return load_file(path)
    except SafetensorError as error:
        raise ZlideError(
            path,
            "expected safetensors, found a truncated or damaged file",
            "copy the checkpoint again",
        ) from error


def _remedy(ours: Mapping[str, object], theirs: Mapping[str, object]) -> str:
    for prefix in ("module.", "model.", "_orig_mod."):
        if {name.removeprefix(prefix) for name in theirs} == set(ours):
            return f'strip the "{prefix}" prefix'
    return "give the checkpoint that belongs to this config.json"
