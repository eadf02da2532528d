"""Commands that write and show a bundle."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from zlide.cli.console import err, print_parts
from zlide.cli.group import Command
from zlide.cli.options import (
    PATH,
    checkpoint_argument,
    converter_option,
    export_precision,
    output_option,
)
from zlide.cli.tables import format_manifest, format_report
from zlide.converters import Converter

if TYPE_CHECKING:
    from zlide.bundle import Precision


@click.command(cls=Command)
@checkpoint_argument
@output_option("Folder of the bundle; its name becomes the name of the model.")
@export_precision
@click.option(
    "--latents",
    type=PATH,
    metavar="FILE.npy",
    help="For an ONNX file: posterior means of training samples, (N, Z). Their principal "
    "components become the axes.",
)
@converter_option
def export(
    folder: Path,
    to: Path,
    precision: Precision | None,
    latents: Path | None,
    converter: Converter,
) -> None:
    """Export a checkpoint to a bundle, and compare each stage with PyTorch.

    DIR may also be an ONNX file of a decoder of pictures, with --latents.

    \b
    Example:
      zlide export weights/sentences --output bundles/sentences
    """
    from zlide.bundle import BUNDLE
    from zlide.files import require_replaceable

    if (folder.suffix == ".onnx") != (latents is not None):
        raise click.UsageError("--latents goes with an ONNX file, and an ONNX file with --latents.")
    require_replaceable(to, BUNDLE)
    if latents is None:
        export_with_report(folder, to, precision, converter)
    elif converter is not Converter.ZLIDE:
        raise click.UsageError(f"--converter {converter} takes a checkpoint, not an ONNX file.")
    else:
        _export_file(folder, latents, to, precision)


def _export_file(file: Path, latents: Path, to: Path, precision: Precision | None) -> None:
    from zlide.exporter import export_file

    with err.status(f"{file}: reading") as status:
        report = export_file(
            file, latents, to, precision, lambda stage: status.update(f"{file}: {stage}")
        )
    print_parts(format_report(report))


def export_with_report(
    folder: Path,
    to: Path,
    precision: Precision | None,
    converter: Converter = Converter.ZLIDE,
) -> None:
    """Export a checkpoint, show the stages on a terminal, and print the report."""
    from zlide.recipes import export_checkpoint

    with err.status(f"{folder}: reading") as status:
        report = export_checkpoint(
            folder, to, precision, converter, lambda stage: status.update(f"{folder}: {stage}")
        )
    print_parts(format_report(report))


@click.command(cls=Command)
@click.argument("bundle", metavar="BUNDLE", type=PATH)
def inspect(bundle: Path) -> None:
    """Show the manifest of a bundle, its files, and the ops of its graphs.

    Hashes are checked. In a site, the sizes of the .gz files are shown, too.

    \b
    Example:
      zlide inspect site/models/sentences
    """
    from zlide.bundle import refuse_stale
    from zlide.site import read_publishable

    manifest = read_publishable(bundle)
    refuse_stale(bundle)
    print_parts(format_manifest(bundle, manifest))
