"""The commands of a checkpoint of pictures."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zlide.cli.console import print_parts, progress_bar
from zlide.cli.tables import format_world_evaluation

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zlide.checkpoint import WorldCheckpoint
    from zlide.recipes.worlds import Frames


def evaluate(
    checkpoint: WorldCheckpoint, _files: tuple[Path, ...], _curve: Path | None, seed: int
) -> None:
    """Evaluate on the frames of the training, and write the model card."""
    from zlide.recipes.worlds import write_report

    figures = write_report(checkpoint, _read_frames(checkpoint), seed=seed)
    print_parts([format_world_evaluation(figures)])


def encode_points(checkpoint: WorldCheckpoint, _files: tuple[Path, ...]) -> NDArray[Any]:
    """Return the posterior means (N, Z) of up to 2,000 training frames."""
    from zlide.recipes.worlds import encode_training_points

    return encode_training_points(checkpoint, _read_frames(checkpoint))


def decode(
    _checkpoint: WorldCheckpoint,
    decoder: Any,
    position: tuple[NDArray[Any], NDArray[Any]],
    options: dict[str, Any],
) -> None:
    """Decode sliders (K,) and z (1, Z) of a position, and write the picture."""
    from zlide.decoders import decode_values
    from zlide.files import write_png
    from zlide.pictures import to_bytes

    if options["png"] is None:
        raise click.UsageError("Missing option '--png': this model decodes pictures.")
    if options["temperature"] is not None or options["confidence"]:
        raise click.UsageError("--temperature and --confidence need a model that decodes words.")
    _, z = position
    write_png(options["png"], to_bytes(decode_values(decoder, z))[0])


def _read_frames(checkpoint: WorldCheckpoint) -> Frames:
    from zlide.recipes.worlds import training_frames

    with progress_bar("capturing") as bar:
        return training_frames(checkpoint, bar.update)
