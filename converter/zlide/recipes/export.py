"""Export a checkpoint through the public API."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from zlide.converters import Converter

if TYPE_CHECKING:
    from zlide.bundle import Precision
    from zlide.exporter import Report


def export_checkpoint(
    folder: Path,
    to: Path,
    precision: Precision | None = None,
    converter: Converter = Converter.ZLIDE,
    progress: Callable[[str], None] | None = None,
) -> Report:
    """Export the checkpoint in `folder` to a bundle in `to`.

    precision: how weights are stored; None lets the export choose.
    converter: our own, or the second one.
    progress: called with the name of each stage.
    Warnings are not shown; the report has them as remarks.
    Raises ZlideError for a damaged checkpoint, and where `zlide.export` does.
    """
    from zlide.checkpoint import read_checkpoint
    from zlide.exporter import ExportWarning, Metadata, export

    checkpoint = read_checkpoint(folder)
    settings = checkpoint.settings
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExportWarning)
        return export(
            checkpoint.model.decoder,
            checkpoint.sets,
            to=to,
            modality=checkpoint.modality,
            examples=checkpoint.examples,
            points=checkpoint.points,
            encoder=checkpoint.model.encoder,
            title=settings.title,
            metadata=Metadata(license=settings.license, checkpoint=checkpoint.sha256),
            precision=precision,
            converter=converter,
            reference=False,  # the checkpoint is the reference
            progress=progress,
        )
