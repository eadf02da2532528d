"""Commands that evaluate a checkpoint and complete it."""

from __future__ import annotations

import json
from pathlib import Path

import click

from zlide.cli.console import out, print_parts, progress_bar
from zlide.cli.group import Command
from zlide.cli.kinds import commands_of
from zlide.cli.options import (
    PATH,
    checkpoint_argument,
    corpus_option,
    more_corpus_files,
    seed_option,
)
from zlide.cli.tables import format_axes


@click.command(cls=Command)
@checkpoint_argument
@more_corpus_files
@corpus_option
@click.option(
    "--curve",
    type=PATH,
    metavar="FILE",
    help="Add the figures to this curve.json of another checkpoint, and write no model card.",
)
@seed_option(default=1, help="Seed of the samples.")
def evaluate(
    folder: Path, more: tuple[Path, ...], files: tuple[Path, ...], curve: Path | None, seed: int
) -> None:
    """Evaluate a model and write its model card: DIR/evaluation.json and DIR/README.md.

    \b
    Example:
      zlide evaluate weights/mine --corpus corpus.txt
    """
    from zlide.checkpoint import read_checkpoint

    checkpoint = read_checkpoint(folder)
    commands_of(checkpoint).evaluate(checkpoint, (*files, *more), curve, seed)


@click.command(cls=Command)
@checkpoint_argument
@more_corpus_files
@corpus_option
def points(folder: Path, more: tuple[Path, ...], files: tuple[Path, ...]) -> None:
    """Encode 2,000 training samples for the page's map: DIR/points.safetensors.

    Training writes this file, too.

    \b
    Example:
      zlide points weights/mine --corpus corpus.txt
    """
    from zlide.checkpoint import POINTS, read_checkpoint, write_means

    checkpoint = read_checkpoint(folder)
    means = commands_of(checkpoint).encode_points(checkpoint, (*files, *more))
    write_means(folder, means)
    out.print(
        f"{folder / POINTS}: {len(means):,} points of {means.shape[1]} dimensions", markup=False
    )


@click.command(cls=Command)
@checkpoint_argument
@click.option(
    "--axes",
    "name",
    metavar="NAME",
    help="Name of the set of axes: pca, or raw for a world. Default: the first set.",
)
@click.option(
    "--positions",
    default=500,
    type=click.IntRange(min=30),
    show_default=True,
    help="Number of random positions at which both ends of an axis are decoded.",
)
@seed_option(default=0, help="Seed of the positions.")
@click.option(
    "--write",
    is_flag=True,
    help="Add names and notes to DIR/config.json for axes that have none.",
)
@click.option(
    "--json", "json_path", type=PATH, metavar="FILE", help="Write all effects to a JSON file."
)
def describe(
    folder: Path,
    *,
    name: str | None,
    positions: int,
    seed: int,
    write: bool,
    json_path: Path | None,
) -> None:
    """Describe each axis: what changes most between −2 σ and 2 σ.

    For sentences these are words, length and person; for pictures, brightness, colour and regions.
    At each position the other sliders are drawn from N(0, 1). The residual is that of a random
    training sample, or of an example if DIR has no points. Effect sizes are Cohen's h and d: 0.2
    is small, 0.5 medium, 0.8 large. Effects that chance alone explains are left out.

    \b
    Example:
      zlide describe weights/sentences --positions 500
    """
    from zlide.checkpoint import (
        CONFIG,
        describe_checkpoint,
        read_checkpoint,
        select_axes,
        write_suggestions,
    )
    from zlide.files import atomic_file

    checkpoint = read_checkpoint(folder)
    axes = select_axes(checkpoint, name)
    with progress_bar("decoding") as bar:
        described = describe_checkpoint(
            checkpoint, axes, positions=positions, seed=seed, progress=bar.update
        )
    print_parts(format_axes(axes, described))
    if json_path:
        facts = [axis.to_json() for axis in described]
        with atomic_file(json_path) as partial:
            partial.write_text(json.dumps(facts, indent=1, ensure_ascii=False) + "\n", "utf-8")
    if write:
        written, kept = write_suggestions(checkpoint, axes, described)
        out.print(
            f"{folder / CONFIG}: wrote {_list_axes(written)}, kept {_list_axes(kept)}",
            markup=False,
        )


def _list_axes(numbers: list[int]) -> str:
    if not numbers:
        return "no axis"
    return f"{'axis' if len(numbers) == 1 else 'axes'} {', '.join(map(str, numbers))}"


@click.command(cls=Command)
@checkpoint_argument
@click.option(
    "--candidates",
    required=True,
    type=PATH,
    metavar="FILE",
    help="Candidates, one sentence a line. Groups between empty lines are drawn from in turn.",
)
@click.option(
    "--count",
    default=40,
    type=click.IntRange(min=1),
    show_default=True,
    help="Number of examples to choose.",
)
def examples(folder: Path, candidates: Path, count: int) -> None:
    """Choose the sentences that a model reconstructs best, word for word: DIR/examples.json.

    \b
    Example:
      zlide examples weights/sentences --candidates weights/sentences/candidates.txt
    """
    from zlide.recipes.sentences import replace_examples

    with progress_bar("scoring") as bar:
        chosen, total = replace_examples(folder, candidates, count=count, progress=bar.update)
    for sentence in chosen:
        out.print(sentence, markup=False)
    if len(chosen) < count:
        click.echo(
            f"{len(chosen)} of {total:,} candidates chosen; "
            "the others are not reconstructed, or are too similar to these",
            err=True,
        )
