"""`zlide decode`: one sample of a checkpoint, decoded by PyTorch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from zlide.cli.group import Command
from zlide.cli.kinds import commands_of
from zlide.cli.options import (
    PATH,
    FiniteFloat,
    checkpoint_argument,
    decoding_precision,
    parse_numbers,
)


@click.command(cls=Command)
@checkpoint_argument
@click.option(
    "--sliders",
    default="",
    callback=parse_numbers,
    metavar="σ,σ,…",
    help="Sliders of the first axes, separated by commas. The others are 0, or the example's.",
)
@click.option(
    "--example",
    type=click.IntRange(min=1),
    metavar="N",
    help="Start at the N-th example, with its residual and its sliders.",
)
@decoding_precision
@click.option(
    "--temperature",
    type=FiniteFloat(min=0, min_open=True),
    help="Sample words at this temperature, as the page does. Default: greedy decoding.",
)
@click.option(
    "--top-k",
    type=click.IntRange(min=0),
    metavar="K",
    help="Sample from the K likeliest words; 0, the default, means from all.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    help="Seed of the sampling, 0 by default. The same seed gives the same words.",
)
@click.option(
    "--confidence",
    is_flag=True,
    help="Print the model's probability of each word, and of the end, at temperature 1.",
)
@click.option("--json", "as_json", is_flag=True, help="Print text, tokens, sliders and z as JSON.")
@click.option("--png", type=PATH, metavar="FILE", help="Write the picture to a PNG file.")
def decode(folder: Path, sliders: list[float], example: int | None, **options: Any) -> None:
    """Decode one position with PyTorch, and print the sentence or write the picture.

    \b
    Example:
      zlide decode weights/sentences --sliders 0.5,-1,0,0,0
      zlide decode weights/sentences --temperature 0.8 --top-k 40 --seed 1 --confidence
    """
    from zlide.checkpoint import position_of, read_checkpoint
    from zlide.contract import freeze

    if options["temperature"] is None and (options["top_k"], options["seed"]) != (None, None):
        raise click.UsageError(
            "Missing option '--temperature': without it, --top-k and --seed have no effect."
        )
    checkpoint = read_checkpoint(folder)
    position, z = position_of(checkpoint, sliders, example)
    decoder = freeze(checkpoint.model.decoder, "decoder", options["precision"])
    commands_of(checkpoint).decode(checkpoint, decoder, (position, z), options)
