"""The axes of a checkpoint, described, and what that suggests put where a publisher said nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from zlide.axes import Axes
from zlide.checkpoint import CONFIG, AxisLabel, Checkpoint, SentenceCheckpoint, write_settings
from zlide.describe.describe import Described, FeatureExtractor, describe
from zlide.describe.pictures import PictureFeatures
from zlide.describe.sentences import SentenceFeatures
from zlide.errors import ZlideError


def axes_named(checkpoint: Checkpoint, name: str | None) -> Axes:
    """A set of the checkpoint's axes, the first where no name is given. Raises ZlideError where there is none of this name."""
    sets = (checkpoint.axes,) if isinstance(checkpoint, SentenceCheckpoint) else checkpoint.sets
    for one in sets:
        if name in {None, one.name}:
            return one
    raise ZlideError(
        "--axes",
        f"expected {' or '.join(one.name for one in sets)}, found {name!r}",
        f"choose one of the axes of {checkpoint.folder}",
    )


def describe_checkpoint(
    checkpoint: Checkpoint,
    axes: Axes,
    *,
    positions: int = 500,
    seed: int = 0,
    progress: Callable[[int, int], None] = lambda _done, _of: None,
) -> list[Described]:
    """What changes along each of `axes`, at the residuals of training samples, or of the examples where no points are kept."""
    look: FeatureExtractor
    if isinstance(checkpoint, SentenceCheckpoint):
        look = SentenceFeatures(checkpoint.model.decoder, checkpoint.vocabulary)
    else:
        look = PictureFeatures(checkpoint.model.decoder)
    return describe(
        axes,
        look,
        axes.from_z(_latents(checkpoint, axes))[1],
        positions=positions,
        seed=seed,
        progress=progress,
    )


def _latents(checkpoint: Checkpoint, axes: Axes) -> NDArray[np.float32]:
    if checkpoint.points is not None:
        return checkpoint.points
    return np.array(list(checkpoint.examples.values()), np.float32).reshape(-1, axes.latent_size)


def write_suggestions(
    checkpoint: Checkpoint, axes: Axes, described: Sequence[Described]
) -> tuple[list[int], list[int]]:
    """Put the suggested names and notes into `config.json`, none over what is written there already.

    Returns the axes, from 1, of which something was written, and those of which something was kept.
    """
    settings = checkpoint.settings
    before = [*settings.axes.get(axes.name, []), *(AxisLabel() for _ in described)][
        : len(described)
    ]
    after = [
        AxisLabel(name=old.name or one.name, note=old.note or one.note)
        for old, one in zip(before, described, strict=True)
    ]
    written = [i + 1 for i, (old, new) in enumerate(zip(before, after, strict=True)) if new != old]
    last = max((i + 1 for i, reason_of in enumerate(after) if reason_of != AxisLabel()), default=0)
    sets = {**settings.axes, axes.name: after[:last]}
    write_settings(checkpoint.folder / CONFIG, settings.model_copy(update={"axes": sets}))
    return written, [i + 1 for i, old in enumerate(before) if old != AxisLabel()]
