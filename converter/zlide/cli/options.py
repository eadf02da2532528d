"""Parameter types and options that several commands share."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zlide.bundle import PRECISIONS
from zlide.converters import Converter

if TYPE_CHECKING:
    from zlide.checkpoint import Cap

PATH = click.Path(path_type=Path)


class FiniteFloat(click.FloatRange):
    """A finite number in a range; click's own type accepts NaN, and infinity in an open range."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{number} is not a finite number.", param, ctx)
        return number


_precision = partial(click.option, "--precision", type=click.Choice(PRECISIONS))

training_precision = _precision(
    default="float32",
    show_default=True,
    help="Train with weights rounded to this precision; export in it is then lossless.",
)
decoding_precision = _precision(
    default="float32",
    show_default=True,
    help="Quantize the weights first, as export does; float32 leaves them unchanged.",
)
export_precision = _precision(
    help="Precision of the exported weights. Default: uint8 if at most 0.5 % of the test samples "
    "change, otherwise float16 or float32."
)

converter_option = click.option(
    "--converter",
    type=click.Choice([each.value for each in Converter]),
    callback=lambda _context, _parameter, name: Converter(name),
    default=Converter.ZLIDE.value,
    show_default=True,
    help="Convert with our own converter, or with onnx-tf and TensorFlow for comparison. "
    "The latter needs `pip install 'zlide[onnx-tf]'` on Python 3.11.",
)

seed_option = partial(click.option, "--seed", type=click.IntRange(min=0), show_default=True)

checkpoint_argument = click.argument("folder", metavar="DIR", type=PATH)

corpus_option = click.option(
    "--corpus",
    "files",
    multiple=True,
    type=PATH,
    metavar="FILE…",
    help="The corpus a sentence VAE was trained on: all of its files.",
)
more_corpus_files = click.argument("more", metavar="", nargs=-1, type=PATH)
"""Takes the files after the first one in `--corpus a.txt b.txt`."""


def output_option(help: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:  # noqa: A002
    """Return the decorator for a required `--output`, which becomes the parameter `to`."""
    return click.option("--output", "-o", "to", required=True, type=PATH, metavar="DIR", help=help)


def parse_numbers(context: click.Context, parameter: click.Parameter, text: str) -> list[float]:
    """Parse numbers separated by commas, an option's callback."""
    try:
        return [float(part) for part in text.split(",")] if text else []
    except ValueError as error:
        raise click.BadParameter(
            f"expected numbers separated by commas, found {text!r}", context, parameter
        ) from error


def parse_caps(
    context: click.Context, parameter: click.Parameter, values: Sequence[str]
) -> tuple[Cap, ...]:
    """Parse values of the form WORD,WORD:NUMBER, an option's callback."""
    from zlide.checkpoint import Cap

    caps = []
    for value in values:
        words, separator, count = value.rpartition(":")
        if not separator or not count.isdecimal():
            raise click.BadParameter(
                f"expected WORD,WORD:NUMBER, found {value!r}", context, parameter
            )
        caps.append(Cap(tuple(words.split(",")), int(count)))
    return tuple(caps)
