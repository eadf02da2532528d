"""`zlide train`: train the models that ship with zlide."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from zlide.cli.console import out, progress_bar
from zlide.cli.group import Group
from zlide.cli.options import (
    PATH,
    FiniteFloat,
    more_corpus_files,
    output_option,
    parse_caps,
    seed_option,
    training_precision,
)
from zlide.files import require_folder

if TYPE_CHECKING:
    from zlide.checkpoint import World

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]

_output = output_option("Folder of the checkpoint.")
_threads = click.option(
    "--threads",
    default=0,
    type=click.IntRange(min=0),
    help="Number of CPU threads; 0 leaves it to PyTorch.",
)


@click.group(cls=Group)
def train() -> None:
    """Train one of the models that ship with zlide."""


def _epochs_option(default: int) -> Decorator:
    return click.option(
        "--epochs",
        default=default,
        type=click.IntRange(min=1),
        show_default=True,
        help="Passes over the training data.",
    )


def _kl_weight_option(default: float, trade_off: str) -> Decorator:
    return click.option(
        "--kl-weight",
        default=default,
        type=FiniteFloat(min=0),
        show_default=True,
        help=f"Weight of the KL term. {trade_off}",
    )


def _learning_rate_option(default: float) -> Decorator:
    return click.option(
        "--learning-rate",
        default=default,
        type=FiniteFloat(0, 1, min_open=True),
        show_default=True,
        help="Highest learning rate.",
    )


def _init_from_option(condition: str) -> Decorator:
    return click.option(
        "--init-from",
        "init_from",
        type=PATH,
        metavar="DIR",
        help=f"Start with the weights of a checkpoint {condition}.",
    )


def _title_option(default: str) -> Decorator:
    return click.option(
        "--title", default=default, show_default=True, help="Title of the model on the page."
    )


def _license_option(default: str | None = None) -> Decorator:
    return click.option(
        "--license",
        default=default,
        show_default=default is not None,
        help="License of the weights, an SPDX identifier.",
    )


@train.command("sentences")
@click.option(
    "--corpus",
    "files",
    multiple=True,
    required=True,
    type=PATH,
    metavar="FILE…",
    help="Text files, plain or .gz, one sentence a line.",
)
@more_corpus_files
@_output
@click.option(
    "--cap",
    "caps",
    multiple=True,
    callback=parse_caps,
    metavar="WORD,…:N",
    help="Keep at most N sentences that contain any of these words.",
)
@click.option(
    "--max-length",
    default=16,
    type=click.IntRange(min=1),
    show_default=True,
    help="Leave out sentences with more words.",
)
@click.option(
    "--min-count",
    default=6,
    type=click.IntRange(min=1),
    show_default=True,
    help="Leave out rarer words, and the sentences that contain them.",
)
@click.option(
    "--min-share",
    default=0.15,
    type=FiniteFloat(0, 1),
    show_default=True,
    help="Repeat a smaller file until it has this share of all sentences.",
)
@click.option(
    "--held-out",
    default=2000,
    type=click.IntRange(min=1),
    show_default=True,
    help="Number of sentences to hold out of training. The corpus must have twice as many, "
    "4,000 by default.",
)
@_epochs_option(24)
@_kl_weight_option(0.38, "Lower: better reconstruction. Higher: more readable neighbours.")
@click.option(
    "--warmup",
    "warmup_epochs",
    default=1.0,
    type=FiniteFloat(min=0),
    show_default=True,
    help="Number of epochs over which the KL weight rises from 0.",
)
@_learning_rate_option(2e-3)
@training_precision
@_init_from_option("that was trained on the same corpus")
@click.option(
    "--word-dropout",
    default=0.25,
    type=FiniteFloat(0, 1),
    show_default=True,
    help="Share of the decoder's input words that are hidden in training.",
)
@seed_option(default=1, help="Seed of the training.")
@_title_option("Sentences")
@_license_option()
@click.option("--attribution", help="Attribution of the corpus, for the model card.")
@_threads
def train_sentences(
    files: tuple[Path, ...], more: tuple[Path, ...], to: Path, **options: Any
) -> None:
    """Train a sentence VAE on text.

    Interrupt it at any time: the same command resumes the training.

    \b
    Example:
      zlide train sentences --corpus corpus.txt --output weights/mine --epochs 20
    """
    from zlide.checkpoint import Recipe, SentenceConfig, SentenceSchedule
    from zlide.recipes.sentences import SentencePlan
    from zlide.recipes.sentences import train_sentences as run

    files = (*files, *more)
    _prepare(to, options)
    plan = SentencePlan(
        data=Recipe(**_fields(Recipe, options)),
        schedule=SentenceSchedule(**_fields(SentenceSchedule, options)),
        sizes=SentenceConfig(vocabulary=2),  # the corpus says how large the vocabulary is
        command=_command_line(files, to, options["init_from"]),
        **{key: options[key] for key in ("title", "license", "attribution", "init_from")},
    )
    with progress_bar("training") as bar:

        def on_step(progress: Any, held_out: Mapping[str, float] | None) -> None:
            epoch = f"epoch {progress.epoch + 1}"
            losses = f"reconstruction {progress.reconstruction:.2f}  KL {progress.kl:.2f} nats"
            bar.update(progress.step, progress.total, f"{epoch}  {losses}")
            if held_out:
                bar.print(
                    f"{epoch}: reconstructs {held_out['exact']:.1%} of the held out sentences "
                    f"and {held_out['words']:.1%} of their words"
                )

        trained = run(files, to, plan, on_step)
    _print_result(to, trained=trained)


def _add_world(name: World, screens: str, latent_size: int, license: str, attribution: str) -> None:
    """Add `zlide train NAME`."""

    def command(to: Path, **options: Any) -> None:
        _train_world(name, to, attribution, options)

    command.__doc__ = f"""Capture frames of {screens} and train a VAE of World Models on them.

    Interrupt it at any time: the same command resumes the training.

    \b
    Example:
      zlide train {name} --output weights/{name}
    """
    decorated: Callable[..., Any] = command
    for option in reversed(_world_options(name, latent_size, license)):
        decorated = option(decorated)
    train.command(name)(decorated)


def _world_options(name: World, latent_size: int, license: str) -> tuple[Decorator, ...]:
    return (
        _output,
        click.option(
            "--frames",
            default=40_000,
            type=click.IntRange(min=1000),
            show_default=True,
            help="Number of frames to capture; the cache keeps them.",
        ),
        click.option(
            "--latent-size",
            default=latent_size,
            type=click.IntRange(min=1),
            show_default=True,
            help="Number of dimensions of z.",
        ),
        _epochs_option(20),
        _kl_weight_option(0.25, "Lower: sharper pictures. Higher: fewer dimensions in use."),
        click.option(
            "--emphasis",
            default=10.0,
            type=FiniteFloat(min=1),
            show_default=True,
            help="Loss weight of pixels that differ from the mean frame.",
        ),
        click.option(
            "--edges",
            "edge_weight",
            default=0.0,
            type=FiniteFloat(min=0),
            show_default=True,
            help="Loss weight of differences between neighbouring pixels. Higher: sharper.",
        ),
        _learning_rate_option(1e-3),
        training_precision,
        _init_from_option("of the same world"),
        seed_option(default=1, help="Seed of the capture and of the training."),
        _title_option(name.capitalize()),
        _license_option(license),
        _threads,
    )


def _train_world(world: World, to: Path, attribution: str, options: Mapping[str, Any]) -> None:
    from zlide.checkpoint import WorldConfig, WorldSchedule
    from zlide.recipes.worlds import Recording, WorldPlan, train_world

    _prepare(to, options)
    plan = WorldPlan(
        data=Recording(world, options["frames"]),
        sizes=WorldConfig(options["latent_size"]),
        schedule=WorldSchedule(**_fields(WorldSchedule, options)),
        command=_command_line((), to, options["init_from"]),
        attribution=attribution,
        **{key: options[key] for key in ("title", "license", "init_from")},
    )
    with progress_bar("capturing") as bar:

        def on_step(progress: Any, held_out: Mapping[str, Any] | None) -> None:
            epoch = f"epoch {progress.epoch + 1}"
            losses = f"weighted error {progress.reconstruction:.1f}  KL {progress.kl:.1f} nats"
            bar.update(progress.step, progress.total, f"{epoch}  {losses}")
            if held_out:
                bar.print(
                    f"{epoch}: held out, RMSE {held_out['rmse']:.4f}, "
                    f"{held_out['active']} dimensions in use"
                )

        trained = train_world(to, plan, bar.update, on_step)
    _print_result(to, trained=trained)


_add_world(
    "doom",
    "ViZDoom's take_cover",
    64,
    "BSD-3-Clause",
    "Frames of ViZDoom's take_cover (Wydmuch et al. 2019), "
    "whose pictures are Freedoom's (BSD 3-clause).",
)
_add_world(
    "racing", "Gymnasium's CarRacing-v3", 32, "MIT", "Frames of Gymnasium's CarRacing-v3 (MIT)."
)


def _prepare(to: Path, options: Mapping[str, Any]) -> None:
    """Raise ZlideError, before any work, if `to` cannot be a checkpoint; set the threads."""
    import torch

    from zlide.bundle import folder_name

    folder_name(to)
    require_folder(to)
    if options["threads"]:
        torch.set_num_threads(options["threads"])


def _fields(kind: Any, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the options that are fields of a dataclass."""
    return {field.name: options[field.name] for field in fields(kind) if field.name in options}


def _command_line(files: Sequence[Path], *folders: Path | None) -> str:
    """Return the command as given, without the paths of this machine.

    Corpus files have their names alone, and checkpoints stand in weights/.
    """
    names = {str(path): path.name for path in files} | {
        str(folder): f"weights/{folder.name}" for folder in folders if folder
    }
    return shlex.join(["zlide", *(names.get(word, word) for word in sys.argv[1:])])


def _print_result(to: Path, *, trained: bool) -> None:
    out.print(f"{to}: trained" if trained else f"{to}: already trained, nothing to do")
