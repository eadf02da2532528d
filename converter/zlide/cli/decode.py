"""`zlide decode`: one sample of a checkpoint, decoded by PyTorch."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zlide.cli.console import print_parts
from zlide.cli.group import Command
from zlide.cli.options import (
    PATH,
    FiniteFloat,
    checkpoint_argument,
    decoding_precision,
    parse_numbers,
)
from zlide.cli.tables import format_confidence

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zlide.decoders import Decoded
    from zlide.vocabulary import Vocabulary


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
    from zlide.checkpoint import SentenceCheckpoint, position_of, read_checkpoint
    from zlide.exporter import freeze

    if options["temperature"] is None and (options["top_k"], options["seed"]) != (None, None):
        raise click.UsageError(
            "Missing option '--temperature': without it, --top-k and --seed have no effect."
        )
    checkpoint = read_checkpoint(folder)
    position, z = position_of(checkpoint, sliders, example)
    decoder = freeze(checkpoint.model.decoder, "decoder", options["precision"])
    if isinstance(checkpoint, SentenceCheckpoint):
        _decode_sentence(decoder, checkpoint.vocabulary, position, z, options)
    else:
        _decode_picture(decoder, z, options)


def _decode_picture(decoder: Any, z: NDArray[Any], options: dict[str, Any]) -> None:
    from zlide.decoders import decode_images, to_bytes
    from zlide.files import write_png

    if options["png"] is None:
        raise click.UsageError("Missing option '--png': this model decodes pictures.")
    if options["temperature"] is not None or options["confidence"]:
        raise click.UsageError("--temperature and --confidence need a model that decodes words.")
    write_png(options["png"], to_bytes(decode_images(decoder, z))[0])


def _decode_sentence(
    decoder: Any,
    vocabulary: Vocabulary,
    position: NDArray[Any],
    z: NDArray[Any],
    options: dict[str, Any],
) -> None:
    import torch

    from zlide.decoders import Sampling, decode_sentences

    if options["png"] is not None:
        raise click.UsageError("--png needs a model that decodes pictures.")
    temperature = options["temperature"]
    mode = (
        None
        if temperature is None
        else Sampling(temperature, options["top_k"] or None, options["seed"] or 0)
    )
    (decoded,) = decode_sentences(
        decoder,
        torch.from_numpy(z),
        [mode],
        begin=vocabulary.begin,
        end=vocabulary.end,
        max_length=vocabulary.max_length,
    )
    if options["as_json"]:
        click.echo(_to_json(decoded, vocabulary, position, z, confidence=options["confidence"]))
        return
    click.echo(vocabulary.text(decoded.tokens))
    if options["confidence"]:
        print_parts(format_confidence(decoded, vocabulary))


def _to_json(
    decoded: Decoded,
    vocabulary: Vocabulary,
    position: NDArray[Any],
    z: NDArray[Any],
    *,
    confidence: bool,
) -> str:
    return json.dumps(
        {
            "text": vocabulary.text(decoded.tokens),
            "tokens": decoded.tokens,
            **(
                {"confidence": decoded.confidence, "ending": decoded.end_confidence}
                if confidence
                else {}
            ),
            "sliders": position.tolist(),
            "z": z[0].tolist(),
        }
    )
