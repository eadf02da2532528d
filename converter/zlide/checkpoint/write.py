"""Write a checkpoint: what training leaves in `weights/<name>/`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from zlide.axes import Axes
from zlide.bundle import write_examples
from zlide.checkpoint.layout import AXES, CONFIG, PICTURES, RAW, WORDS
from zlide.checkpoint.networks.sentence import SentenceVAE
from zlide.checkpoint.networks.world import WorldVAE
from zlide.checkpoint.settings import SentenceSettings, WorldSettings, write_settings
from zlide.checkpoint.tensors import Latents, save_weights
from zlide.files import write_png
from zlide.vocabulary import Vocabulary


def write_checkpoint(
    folder: Path, model: SentenceVAE, settings: SentenceSettings, words: list[str], axes: Axes
) -> None:
    """Write the four files that make a checkpoint of sentences.

    Each file is replaced atomically; `config.json` comes last.
    Raises ZlideError if the disk refuses a file.
    """
    save_weights(folder, model)
    Vocabulary(words).write(folder / WORDS)
    axes.write(folder / AXES)
    write_settings(folder / CONFIG, settings)


def write_world(
    folder: Path,
    model: WorldVAE,
    settings: WorldSettings,
    sets: tuple[Axes, Axes],
    latents: Latents,
    pictures: NDArray[np.uint8],
) -> None:
    """Write the files that make a checkpoint of a world, with weights in float16.

    sets: principal axes and raw dimensions.
    latents (N, Z) and pictures (N, H, W, 3): the examples.
    Each file is replaced atomically; `config.json` comes last.
    Raises ZlideError if the disk refuses a file.
    """
    save_weights(folder, model, torch.float16)
    for name, axes in zip((AXES, RAW), sets, strict=True):
        axes.write(folder / name)
    write_examples(folder, {f"frame {i + 1}": z for i, z in enumerate(latents)}, sets[0])
    write_png(folder / PICTURES, pictures.reshape(-1, *pictures.shape[2:]))
    write_settings(folder / CONFIG, settings)
