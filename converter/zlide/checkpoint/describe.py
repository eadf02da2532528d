"""Describe the axes of a checkpoint, and write the suggested labels into its `config.json`."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from zlide.axes import Axes
from zlide.checkpoint.layout import CONFIG
from zlide.checkpoint.read import Checkpoint
from zlide.checkpoint.settings import AxisLabel, write_settings
from zlide.describe import AxisDescription, describe
from zlide.errors import ZlideError


def select_axes(checkpoint: Checkpoint, name: str | None) -> Axes:
    """Return the set of axes with this name, or the first set for None.

    Raises ZlideError for an unknown name.
    """
    for axes in checkpoint.sets:
        if name in {None, axes.name}:
            return axes
    raise ZlideError(
        "--axes",
        f"expected {' or '.join(axes.name for axes in checkpoint.sets)}, found {name!r}",
        f"choose one of the axes of {checkpoint.folder}",
    )


def describe_checkpoint(
    checkpoint: Checkpoint,
    axes: Axes,
    *,
    positions: int = 500,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> list[AxisDescription]:
    """Describe what changes along each of `axes`.

    The residuals are those of training samples, or of the examples without points.
    progress: called with the number of axes done and of all.
    """
    modality = checkpoint.modality
    extract = modality.features(checkpoint.model.decoder)
    _, residuals = axes.from_z(_latents(checkpoint, axes))
    return describe(
        axes,
        extract,
        residuals,
        samples=modality.decoder_spec.samples,
        positions=positions,
        seed=seed,
        progress=progress,
    )


def write_suggestions(
    checkpoint: Checkpoint, axes: Axes, descriptions: Sequence[AxisDescription]
) -> tuple[list[int], list[int]]:
    """Write the suggested names and notes into `config.json`, and overwrite none.

    Returns the axes, from 1, that got a name or a note, and those that had one before.
    """
    settings = checkpoint.settings
    labels = [*settings.axes.get(axes.name, []), *(AxisLabel() for _ in descriptions)]
    before = labels[: len(descriptions)]
    after = [
        AxisLabel(name=label.name or description.name, note=label.note or description.note)
        for label, description in zip(before, descriptions, strict=True)
    ]
    written = [i + 1 for i, (old, new) in enumerate(zip(before, after, strict=True)) if new != old]
    count = max((i + 1 for i, label in enumerate(after) if label != AxisLabel()), default=0)
    sets = {**settings.axes, axes.name: after[:count]}
    write_settings(checkpoint.folder / CONFIG, settings.model_copy(update={"axes": sets}))
    return written, [i + 1 for i, label in enumerate(before) if label != AxisLabel()]


def _latents(checkpoint: Checkpoint, axes: Axes) -> NDArray[np.float32]:
    if checkpoint.points is not None:
        return checkpoint.points
    return np.array(list(checkpoint.examples.values()), np.float32).reshape(-1, axes.latent_size)
