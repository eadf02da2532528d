"""The command line: the only module that prints or exits. Each command is a thin call of what the package offers."""

from __future__ import annotations

import json
import math
import shlex
import sys
import tempfile
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from zlide.bundle import PRECISIONS
from zlide.cli import tables
from zlide.errors import ZlideError, disk_errors
from zlide.files import COMPRESSIONS, require_folder, require_replaceable
from zlide.recipes import TrainingInterrupted
from zlide.signals import orderly_exit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from zlide.checkpoint import SentenceCheckpoint, World, WorldCheckpoint
    from zlide.exporter import Report
    from zlide.recipes.sentences import Corpus
    from zlide.recipes.worlds import Frames

out = Console(highlight=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, soft_wrap=True)

FOLDER = click.Path(path_type=Path)

FARTHEST = 1_000_000
"""σ, beyond which sums of float32 may have no value."""

_rounding = partial(click.option, "--precision", type=click.Choice(PRECISIONS))

TRAINED_AS = _rounding(
    default="float32",
    show_default=True,
    help="Train weights as they will travel: uint8 costs nothing then.",
)
DECODED_AS = _rounding(
    default="float32",
    show_default=True,
    help="float32 leaves weights as they are; the others are how they may travel to the page.",
)
ROUNDED = _rounding(
    help="How weights travel; by default in eight bits where that changes 5 of 1,000 samples at most."
)

WIDE = 10_000
"""Columns of what is no terminal: a table that is piped or kept in a file has one line a row."""


class _Number(click.FloatRange):
    """A number in a range; click's own takes NaN everywhere, and infinity where a range has no end."""

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{number} is not a finite number.", param, ctx)
        return number


class _Commands(click.Group):
    """Turns a ZlideError into one line and exit status 1, and a signal into 128 + its number; click itself exits with 2 for usage."""

    def invoke(self, context: click.Context) -> Any:
        try:
            with orderly_exit():
                return super().invoke(context)
        except ZlideError as error:
            click.echo(str(error), err=True)
            sys.exit(1)
        except TrainingInterrupted as stopped:
            click.echo(str(stopped), err=True)
            sys.exit(128 + stopped.by)
        except KeyboardInterrupt:
            click.echo("stopped", err=True)
            sys.exit(130)

    def list_commands(self, context: click.Context) -> list[str]:  # noqa: ARG002
        return list(self.commands)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 110},
)
@click.version_option(version("zlide"), prog_name="zlide")
def main() -> None:
    """Put a PyTorch model's latent space on a web page, decoded live in the reader's browser.

    \b
    Example:
      zlide build weights/sentences --output site
      zlide serve site
    """


@main.group()
def train() -> None:
    """Train one of the models that ship."""


def _cap(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[Any, ...]:
    from zlide.checkpoint import Cap

    caps = []
    for value in values:
        words, separator, most = value.rpartition(":")
        if not separator or not most.isdecimal():
            raise click.BadParameter(f"expected WORD,WORD:NUMBER, found {value!r}")
        caps.append(Cap(tuple(words.split(",")), int(most)))
    return tuple(caps)


@train.command("sentences")
@click.option(
    "--corpus",
    "files",
    multiple=True,
    required=True,
    type=FOLDER,
    metavar="FILE…",
    help="Text, one sentence a line, plain or .gz.",
)
@click.argument("more", metavar="", nargs=-1, type=FOLDER)
@click.option("--output", "-o", "to", required=True, type=FOLDER, help="Folder of the checkpoint.")
@click.option(
    "--cap",
    "caps",
    multiple=True,
    callback=_cap,
    metavar="WORD,…:N",
    help="Keep at most N sentences with any of these words.",
)
@click.option(
    "--max-length",
    default=16,
    type=click.IntRange(min=1),
    show_default=True,
    help="Words in a sentence at most.",
)
@click.option(
    "--min-count",
    default=6,
    type=click.IntRange(min=1),
    show_default=True,
    help="Rarer words, and the sentences that hold them, are left out.",
)
@click.option(
    "--min-share",
    default=0.15,
    type=_Number(0, 1),
    show_default=True,
    help="Files with a smaller share of the sentences are repeated up to it.",
)
@click.option(
    "--held-out",
    default=2000,
    type=click.IntRange(min=1),
    show_default=True,
    help="Sentences never trained on; the text must hold twice as many, 4,000 where this is left out.",
)
@click.option("--epochs", default=24, type=click.IntRange(min=1), show_default=True)
@click.option(
    "--kl-weight",
    default=0.38,
    type=_Number(min=0),
    show_default=True,
    help="Lower: better reconstruction. Higher: more readable neighbours.",
)
@click.option(
    "--warmup",
    "warmup_epochs",
    default=1.0,
    type=_Number(min=0),
    show_default=True,
    help="Epochs over which that weight rises from 0.",
)
@click.option(
    "--learning-rate",
    default=2e-3,
    type=_Number(0, 1, min_open=True),
    show_default=True,
    help="Highest learning rate.",
)
@TRAINED_AS
@click.option(
    "--init-from",
    "start",
    type=FOLDER,
    metavar="DIR",
    help="Begin with the weights of a checkpoint that was trained on the same corpus.",
)
@click.option(
    "--word-dropout",
    default=0.25,
    type=_Number(0, 1),
    show_default=True,
    help="Share of the words hidden from the decoder in training.",
)
@click.option("--seed", default=1, type=click.IntRange(min=0), show_default=True)
@click.option(
    "--title", default="Sentences", show_default=True, help="What the page calls the model."
)
@click.option("--license", help="Of the weights, an SPDX identifier.")
@click.option("--attribution", help="Of the data, for the model card.")
@click.option(
    "--threads",
    default=0,
    type=click.IntRange(min=0),
    help="Processor threads; 0 takes what PyTorch takes.",
)
def train_sentences(
    files: tuple[Path, ...], more: tuple[Path, ...], to: Path, **options: Any
) -> None:
    """Train a sentence VAE on text. Stop it when you like: the same command goes on where it was.

    \b
    Example:
      zlide train sentences --corpus corpus.txt --output weights/mine --epochs 20
    """
    import torch

    from zlide.checkpoint import Recipe, SentenceConfig, SentenceSchedule
    from zlide.recipes.sentences import train as run

    files = (*files, *more)
    _refuse_checkpoint(to)
    if options["threads"]:
        torch.set_num_threads(options["threads"])
    plan = run.Plan(
        recipe=Recipe(
            **{
                key: options[key]
                for key in ("max_length", "min_count", "min_share", "held_out", "caps")
            }
        ),
        schedule=SentenceSchedule(
            **{
                key: options[key]
                for key in (
                    "epochs",
                    "kl_weight",
                    "warmup_epochs",
                    "learning_rate",
                    "word_dropout",
                    "seed",
                    "precision",
                )
            }
        ),
        sizes=SentenceConfig(vocabulary=2),
        command=_command(files, to, options["start"]),
        **{key: options[key] for key in ("title", "license", "attribution", "start")},
    )
    with _bar("training") as (bar, task):

        def tell(progress: Any, held_out: dict[str, float] | None) -> None:
            what = f"epoch {progress.epoch + 1}  reconstruction {progress.reconstruction:.2f}  KL {progress.kl:.2f} nats"
            bar.update(task, completed=progress.step, total=progress.total, description=what)
            if held_out:
                back = f"{held_out['exact']:.1%} of sentences and {held_out['words']:.1%} of words come back"
                bar.console.print(f"epoch {progress.epoch + 1}: held out, {back}")

        trained = run.train_sentences(files, to, plan, tell)
    out.print(f"{to}: trained" if trained else f"{to}: already trained, nothing to do")


def _world(name: World, screens: str, latent: int, license: str, attribution: str) -> None:
    """Add `zlide train NAME`."""
    metadata = f"Capture frames of {screens} and train World Models' VAE on them. Stop it when you like: the same command goes on where it was."

    @train.command(
        name, help=f"{metadata}\n\n\b\nExample:\n  zlide train {name} --output weights/{name}"
    )
    @click.option(
        "--output", "-o", "to", required=True, type=FOLDER, help="Folder of the checkpoint."
    )
    @click.option(
        "--frames",
        default=40_000,
        type=click.IntRange(min=1000),
        show_default=True,
        help="Frames to capture; they are kept in the cache.",
    )
    @click.option(
        "--latent-size",
        default=latent,
        type=click.IntRange(min=1),
        show_default=True,
        help="Dimensions of z.",
    )
    @click.option("--epochs", default=20, type=click.IntRange(min=1), show_default=True)
    @click.option(
        "--kl-weight",
        default=0.25,
        type=_Number(min=0),
        show_default=True,
        help="Lower: sharper. Higher: fewer dimensions in use.",
    )
    @click.option(
        "--emphasis",
        default=10.0,
        type=_Number(min=1),
        show_default=True,
        help="So much more counts a pixel that stands out.",
    )
    @click.option(
        "--edges",
        "edge_weight",
        default=0.0,
        type=_Number(min=0),
        show_default=True,
        help="Weight of the differences between pixels: higher is sharper.",
    )
    @click.option(
        "--learning-rate",
        default=1e-3,
        type=_Number(0, 1, min_open=True),
        show_default=True,
        help="Highest learning rate.",
    )
    @TRAINED_AS
    @click.option(
        "--init-from",
        "start",
        type=FOLDER,
        metavar="DIR",
        help="Begin with the weights of a checkpoint of the same world.",
    )
    @click.option(
        "--seed",
        default=1,
        type=click.IntRange(min=0),
        show_default=True,
        help="Of the capture and of the training.",
    )
    @click.option(
        "--title",
        default=name.capitalize(),
        show_default=True,
        help="What the page calls the model.",
    )
    @click.option(
        "--license", default=license, show_default=True, help="Of the weights, an SPDX identifier."
    )
    @click.option(
        "--threads",
        default=0,
        type=click.IntRange(min=0),
        help="Processor threads; 0 takes what PyTorch takes.",
    )
    def command(to: Path, **options: Any) -> None:
        _train_world(name, to, attribution, options)


def _train_world(world: World, to: Path, attribution: str, options: Mapping[str, Any]) -> None:
    import torch

    from zlide.checkpoint import WorldConfig, WorldSchedule
    from zlide.recipes.worlds import Plan, train_world

    _refuse_checkpoint(to)
    if options["threads"]:
        torch.set_num_threads(options["threads"])
    plan = Plan(
        world=world,
        frames=options["frames"],
        model=WorldConfig(options["latent_size"]),
        schedule=WorldSchedule(
            **{
                key: options[key]
                for key in (
                    "epochs",
                    "kl_weight",
                    "emphasis",
                    "edge_weight",
                    "learning_rate",
                    "seed",
                    "precision",
                )
            }
        ),
        command=_command((), to, options["start"]),
        attribution=attribution,
        **{key: options[key] for key in ("title", "license", "start")},
    )
    with _bar("capturing") as (bar, task):

        def captured(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        def tell(progress: Any, held_out: Mapping[str, Any] | None) -> None:
            what = f"epoch {progress.epoch + 1}  weighted error {progress.reconstruction:.1f}  KL {progress.kl:.1f} nats"
            bar.update(task, completed=progress.step, total=progress.total, description=what)
            if held_out:
                bar.console.print(
                    f"epoch {progress.epoch + 1}: held out, rmse {held_out['rmse']:.4f}, {held_out['active']} dimensions in use"
                )

        trained = train_world(to, plan, captured, tell)
    out.print(f"{to}: trained" if trained else f"{to}: already trained, nothing to do")


_world(
    "doom",
    "ViZDoom's take_cover",
    64,
    "BSD-3-Clause",
    "Frames of ViZDoom's take_cover (Wydmuch et al. 2019), whose pictures are Freedoom's (BSD 3-clause).",
)
_world("racing", "Gymnasium's CarRacing-v3", 32, "MIT", "Frames of Gymnasium's CarRacing-v3 (MIT).")


def _refuse_checkpoint(to: Path) -> None:
    """Raise ZlideError, before any work, where no checkpoint can be, or none whose name a model can bear."""
    from zlide.exporter import folder_name

    folder_name(to)
    require_folder(to)


def _command(files: tuple[Path, ...], *folders: Path | None) -> str:
    """The command as given, with files by their names alone, and checkpoints in weights/: a model card is read on other machines."""
    places = {str(path): path.name for path in files} | {
        str(folder): f"weights/{folder.name}" for folder in folders if folder
    }
    return shlex.join(["zlide", *(places.get(word, word) for word in sys.argv[1:])])


@main.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.argument("more", metavar="", nargs=-1, type=FOLDER)
@click.option(
    "--corpus",
    "files",
    multiple=True,
    type=FOLDER,
    metavar="FILE…",
    help="The files that a sentence VAE was trained on.",
)
@click.option(
    "--curve",
    type=FOLDER,
    help="Write no card, but add the figures to this curve.json, of the sibling that ships.",
)
@click.option("--seed", default=1, type=click.IntRange(min=0), show_default=True)
def evaluate(
    folder: Path, more: tuple[Path, ...], files: tuple[Path, ...], curve: Path | None, seed: int
) -> None:
    """Compute all figures of a model and render its model card: DIR/evaluation.json and DIR/README.md.

    \b
    Example:
      zlide evaluate weights/mine --corpus corpus.txt
    """
    from zlide.checkpoint import SentenceCheckpoint, read_checkpoint

    checkpoint = read_checkpoint(folder)
    if isinstance(checkpoint, SentenceCheckpoint):
        _evaluate_sentences(checkpoint, (*files, *more), curve, seed)
    else:
        _evaluate_world(checkpoint, seed)


def _evaluate_sentences(
    checkpoint: SentenceCheckpoint, files: tuple[Path, ...], curve: Path | None, seed: int
) -> None:
    from zlide.recipes.sentences import add_to_curve, report, write_report

    folder, settings = checkpoint.folder, checkpoint.settings
    corpus = _corpus_of(checkpoint, files)
    with _bar("evaluating") as (bar, task):

        def tell(stage: str, done: int, total: int) -> None:
            bar.update(task, completed=done, total=total, description=stage)

        figures = report(
            checkpoint.model,
            corpus,
            checkpoint.axes,
            list(checkpoint.examples)[:6],
            seed=seed,
            progress=tell,
        )
    _print([tables.of_figures(figures)])
    if curve:
        add_to_curve(curve, settings.schedule.kl_weight, figures)
    else:
        write_report(folder, settings.model_dump(), figures)


def _evaluate_world(checkpoint: WorldCheckpoint, seed: int) -> None:
    from zlide.recipes.worlds import write_report

    _print([tables.of_world_figures(write_report(checkpoint, _frames_of(checkpoint), seed=seed))])


def _corpus_of(checkpoint: SentenceCheckpoint, files: tuple[Path, ...]) -> Corpus:
    """What a sentence VAE was trained on. Raises ZlideError for other files."""
    from zlide.recipes.sentences import prepare_corpus

    if not files:
        raise click.UsageError(
            "Missing option '--corpus': this takes the files that the sentence VAE was trained on."
        )
    corpus = prepare_corpus(files, checkpoint.settings.recipe)
    if corpus.digest != checkpoint.settings.corpus:
        problem = f"not the corpus that {checkpoint.folder} was trained on"
        raise ZlideError(
            ", ".join(map(str, files)), problem, "give the files that it was trained on"
        )
    return corpus


def _frames_of(checkpoint: WorldCheckpoint) -> Frames:
    """The same of a world: out of the cache, or captured again. Raises ZlideError where other frames come."""
    from zlide.recipes.worlds import frames_of

    settings = checkpoint.settings
    with _bar("capturing") as (bar, task):
        frames = frames_of(
            settings.world,
            settings.frames,
            settings.schedule.seed,
            lambda d, t: bar.update(task, completed=d, total=t),
        )
    if frames.digest != settings.corpus:
        problem = f"other frames than {checkpoint.folder} was trained on were captured"
        raise ZlideError(
            settings.world,
            problem,
            "capture them with the versions of the game's packages in constraints.txt",
        )
    return frames


@main.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.argument("more", metavar="", nargs=-1, type=FOLDER)
@click.option(
    "--corpus",
    "files",
    multiple=True,
    type=FOLDER,
    metavar="FILE…",
    help="The files that a sentence VAE was trained on.",
)
def points(folder: Path, more: tuple[Path, ...], files: tuple[Path, ...]) -> None:
    """Encode 2,000 samples of what a model was trained on, for the page's map: DIR/points.safetensors. Training writes it too.

    \b
    Example:
      zlide points weights/mine --corpus corpus.txt
    """
    import numpy as np

    from zlide.bundle import choose_points
    from zlide.checkpoint import POINTS, SentenceCheckpoint, read_checkpoint, write_means
    from zlide.recipes.sentences import encode_corpus
    from zlide.recipes.worlds import encode_pictures

    checkpoint = read_checkpoint(folder)
    if isinstance(checkpoint, SentenceCheckpoint):
        corpus = _corpus_of(checkpoint, (*files, *more))
        sentences = corpus.sentences()
        chosen = [corpus.encode(sentences[i]) for i in choose_points(len(sentences))]
        means = encode_corpus(checkpoint.model.encoder, chosen).means
    else:
        frames = _frames_of(checkpoint)
        trained = np.flatnonzero(~frames.held_out)
        means = encode_pictures(
            checkpoint.model, frames.pixels[trained[choose_points(len(trained))]]
        ).means
    write_means(folder, means)
    out.print(
        f"{folder / POINTS}: {len(means):,} points of {means.shape[1]} dimensions", markup=False
    )


@main.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option(
    "--axes",
    "name",
    help="Of axes: pca, or raw of a world; the one that the page begins with when left out.",
)
@click.option(
    "--positions",
    default=500,
    type=click.IntRange(min=30),
    show_default=True,
    help="Random places at which both ends are decoded.",
)
@click.option("--seed", default=0, type=click.IntRange(min=0), show_default=True)
@click.option(
    "--write",
    "put",
    is_flag=True,
    help="Put names and notes into DIR/config.json, for axes of which it says nothing yet.",
)
@click.option("--json", "to", type=FOLDER, metavar="FILE", help="Where to write every effect.")
def describe(
    folder: Path, name: str | None, positions: int, seed: int, put: bool, to: Path | None
) -> None:
    """Say what each axis does: which words, lengths, persons, or places of a picture change most from −2 σ to 2 σ.

    Every place has the other sliders at random, from N(0, 1), and the residual of a random training sample (of an example where DIR has no
    points). h and d are Cohen's: 0.2 is small, 0.5 medium, 0.8 large. What chance alone could do is left out.

    \b
    Example:
      zlide describe weights/sentences --positions 500
    """
    from zlide.checkpoint import CONFIG, read_checkpoint
    from zlide.describe import axes_named, describe_checkpoint, write_suggestions
    from zlide.files import atomic_file

    checkpoint = read_checkpoint(folder)
    axes = axes_named(checkpoint, name)
    with _bar("decoding") as (bar, task):
        described = describe_checkpoint(
            checkpoint,
            axes,
            positions=positions,
            seed=seed,
            progress=lambda done, of: bar.update(task, completed=done, total=of),
        )
    _print(tables.of_axes(axes, described))
    if to:
        with atomic_file(to) as beside:
            beside.write_text(
                json.dumps([one.facts() for one in described], indent=1, ensure_ascii=False) + "\n",
                "utf-8",
            )
    if put:
        written, kept = write_suggestions(checkpoint, axes, described)
        out.print(
            f"{folder / CONFIG}: wrote {_axes(written)}, kept what it says of {_axes(kept)}",
            markup=False,
        )


def _axes(numbers: list[int]) -> str:
    return (
        f"ax{'is' if len(numbers) == 1 else 'es'} {', '.join(map(str, numbers))}"
        if numbers
        else "no axis"
    )


@main.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option(
    "--candidates",
    "source",
    required=True,
    type=FOLDER,
    help="Sentences to choose from, one a line; groups between empty lines take turns.",
)
@click.option("--count", default=40, type=click.IntRange(min=1), show_default=True)
def examples(folder: Path, source: Path, count: int) -> None:
    """Choose the sentences that a model gives back best, word for word: DIR/examples.json.

    \b
    Example:
      zlide examples weights/sentences --candidates weights/sentences/candidates.txt
    """
    from zlide.bundle import write_examples
    from zlide.checkpoint import EXAMPLES, read_sentences_checkpoint
    from zlide.recipes.sentences import choose_examples, read_groups

    checkpoint = read_sentences_checkpoint(folder)
    groups = read_groups(source)
    with _bar("scoring") as (bar, task):
        chosen = choose_examples(
            checkpoint.model.encoder,
            checkpoint.model.decoder,
            checkpoint.vocabulary,
            groups,
            count=count,
            progress=lambda done, total: bar.update(task, completed=done, total=total),
        )
    candidates = sum(map(len, groups))
    if not chosen:
        problem = f"none of the {candidates:,} candidates came back word for word"
        raise ZlideError(
            folder / EXAMPLES, problem, "train longer, with more text or with a lower --kl-weight"
        )
    write_examples(folder, {example.text: example.z for example in chosen}, checkpoint.axes)
    for example in chosen:
        out.print(example.text, markup=False)
    if len(chosen) < count:
        click.echo(
            f"{len(chosen)} of {candidates:,} candidates chosen; the others do not come back, or are too much like these",
            err=True,
        )


@main.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option(
    "--output",
    "-o",
    "to",
    required=True,
    type=FOLDER,
    help="Folder of the bundle; its name becomes the model's.",
)
@ROUNDED
def export(folder: Path, to: Path, precision: str) -> None:
    """Export a checkpoint to a bundle, comparing PyTorch with every stage on the way.

    \b
    Example:
      zlide export weights/sentences --output bundles/sentences
    """
    from zlide.bundle import BUNDLE

    require_replaceable(to, BUNDLE)
    _print(tables.of_report(_export(folder, to, precision)))


@main.command()
@click.argument("folders", metavar="DIR…", nargs=-1, required=True, type=FOLDER)
@click.option("--output", "-o", "to", required=True, type=FOLDER, help="Folder of the site.")
@ROUNDED
@click.option(
    "--compress",
    type=click.Choice(COMPRESSIONS),
    default="gzip",
    show_default=True,
    help="gzip: NAME.gz beside each file that shrinks by a tenth, for servers that send those by themselves.",
)
def build(folders: tuple[Path, ...], to: Path, precision: str, compress: Any) -> None:
    """Export checkpoints and put the page around them: a folder that any static server can serve.

    A DIR that is a bundle already, written by zlide.export, is taken as it is.

    \b
    Example:
      zlide build weights/sentences --output site
    """
    from zlide.bundle import MANIFEST
    from zlide.exporter import folder_name
    from zlide.site import by_name, read_publishable, refuse_site, write_site

    names = (
        read_publishable(folder).name if (folder / MANIFEST).is_file() else folder_name(folder)
        for folder in folders
    )
    named = by_name(zip(names, folders, strict=True), "rename one of them")
    refuse_site(to)
    with disk_errors(to), tempfile.TemporaryDirectory(prefix="zlide-") as scratch:
        bundles: list[Path] = []
        for name, folder in named.items():
            if (folder / MANIFEST).is_file():
                bundles.append(folder)
                continue
            bundles.append(Path(scratch, name))
            _print(tables.of_report(_export(folder, bundles[-1], precision)))
        write_site(bundles, to, compression=compress)
    out.print(
        f"{to}: ready for any static server; look at it with `zlide serve {to}`", markup=False
    )


def _export(folder: Path, to: Path, precision: Any) -> Report:
    from zlide.checkpoint import SentenceCheckpoint, read_checkpoint
    from zlide.exporter import ExportWarning, Metadata
    from zlide.exporter import export as export_bundle
    from zlide.pictures import Pictures
    from zlide.recipes.worlds import ASPECTS

    checkpoint = read_checkpoint(folder)
    settings = checkpoint.settings
    samples: dict[str, Any] = (
        {"axes": checkpoint.axes, "vocabulary": checkpoint.vocabulary}
        if isinstance(checkpoint, SentenceCheckpoint)
        else {
            "axes": checkpoint.sets,
            "pictures": Pictures(checkpoint.pictures, ASPECTS[checkpoint.settings.world]),
        }
    )
    with err.status(f"{folder}: reading") as status, warnings.catch_warnings():
        warnings.simplefilter("ignore", ExportWarning)  # the report says the same
        return export_bundle(
            checkpoint.model.decoder,
            to=to,
            **samples,
            examples=checkpoint.examples,
            points=checkpoint.points,
            encoder=checkpoint.model.encoder,
            title=settings.title,
            metadata=Metadata(
                license=settings.license, checkpoint=checkpoint.sha256, precision=precision
            ),
            progress=lambda stage: status.update(f"{folder}: {stage}"),
        )


@main.command()
@click.argument("folder", metavar="DIR", type=FOLDER)
@click.option(
    "--sliders", default="", help="Comma-separated, in σ; those left out are 0, or the example's."
)
@click.option(
    "--example",
    type=click.IntRange(min=1),
    help="Start from the N-th example: its residual, and its sliders where none are given.",
)
@DECODED_AS
@click.option(
    "--temperature",
    type=_Number(min=0, min_open=True),
    help="Draw words by chance, as the page does; by default the likeliest are taken.",
)
@click.option(
    "--top-k",
    "top",
    type=click.IntRange(min=0),
    metavar="K",
    help="Draw among the K likeliest words; 0, the default: among all.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 2**32 - 1),
    help="The same seed draws the same words; 0 by default.",
)
@click.option(
    "--confidence",
    is_flag=True,
    help="Print how probable the model finds each word, and the end, whatever the temperature.",
)
@click.option("--json", "as_json", is_flag=True, help="Print text, tokens, sliders and z as JSON.")
@click.option("--png", type=FOLDER, help="Where to write a picture.")
def decode(  # noqa: PLR0913 (what a user may choose)
    folder: Path,
    *,
    sliders: str,
    example: int | None,
    precision: Any,
    temperature: float | None,
    top: int | None,
    seed: int | None,
    confidence: bool,
    as_json: bool,
    png: Path | None,
) -> None:
    """Print, or paint, what PyTorch decodes at a position, with the weights as they are, or rounded as they travel to the page.

    \b
    Example:
      zlide decode weights/sentences --sliders 0.5,-1,0,0,0
      zlide decode weights/sentences --temperature 0.8 --top-k 40 --seed 1 --confidence
    """
    import torch

    from zlide.checkpoint import SentenceCheckpoint, read_checkpoint
    from zlide.decoders import Sampling, decode_images, to_bytes, write
    from zlide.exporter import freeze
    from zlide.files import write_png

    if temperature is None and (top, seed) != (None, None):
        raise click.UsageError(
            "Missing option '--temperature': --top-k and --seed say how words are drawn at one."
        )
    given = _numbers(sliders)
    checkpoint = read_checkpoint(folder)
    position, z = _place(checkpoint, sliders, given, example)
    decoder = freeze(checkpoint.model.decoder, "decoder", precision)
    if not isinstance(checkpoint, SentenceCheckpoint):
        if png is None:
            raise click.UsageError("Missing option '--png': this model paints pictures.")
        if temperature is not None or confidence:
            raise click.UsageError(
                "--temperature and --confidence are of words, and this model paints pictures."
            )
        write_png(png, to_bytes(decode_images(decoder, z))[0])
        return
    if png is not None:
        raise click.UsageError("--png is of pictures, and this model writes words.")
    words = checkpoint.vocabulary
    drawn = None if temperature is None else Sampling(temperature, top or None, seed or 0)
    (line,) = write(
        decoder,
        torch.from_numpy(z),
        [drawn],
        begin=words.begin,
        end=words.end,
        max_length=words.max_length,
    )
    text = words.text(line.tokens)
    if as_json:
        sure = {"confidence": line.confidence, "ending": line.ending} if confidence else {}
        click.echo(
            json.dumps(
                {
                    "text": text,
                    "tokens": line.tokens,
                    **sure,
                    "sliders": position.tolist(),
                    "z": z[0].tolist(),
                }
            )
        )
        return
    click.echo(text)
    if confidence:
        for token, share in zip(line.tokens, line.confidence, strict=True):
            click.echo(f"{share:.3f}  {words.words[token]}")
        click.echo(
            "       (as long as it may be)" if line.ending is None else f"{line.ending:.3f}  (end)"
        )


def _numbers(sliders: str) -> list[float]:
    try:
        return [float(part) for part in sliders.split(",")] if sliders else []
    except ValueError as error:
        raise click.BadParameter(
            f"expected numbers separated by commas, found {sliders!r}", param_hint="--sliders"
        ) from error


def _place(
    checkpoint: SentenceCheckpoint | WorldCheckpoint,
    sliders: str,
    given: Sequence[float],
    example: int | None,
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Where sliders, spelled so and given, or an example moved by them, lead: sliders (K,), z (1, Z). Raises ZlideError for nowhere."""
    import numpy as np

    from zlide.checkpoint import EXAMPLES

    axes = checkpoint.axes
    if len(given) > axes.count:
        raise ZlideError(
            "--sliders",
            f"expected up to {axes.count} numbers, one for each axis, found {len(given)}",
            "leave out the others",
        )
    if not (np.abs(given) <= FARTHEST).all():
        raise ZlideError(
            "--sliders",
            f"expected numbers of σ up to ±{FARTHEST:,}, found {sliders}",
            f"stay within ±{axes.range:g}, as the page does",
        )
    position, residual = np.zeros(axes.count, np.float32), np.zeros(axes.latent_size, np.float32)
    if example is not None:
        latents = list(checkpoint.examples.values())
        if example > len(latents):
            raise ZlideError(
                checkpoint.folder / EXAMPLES,
                f"holds {len(latents)} examples, asked for number {example}",
                "choose another",
            )
        own, rest = axes.from_z(latents[example - 1][None])
        position, residual = own[0], rest[0]
    position[: len(given)] = given
    return position, axes.to_z(position[None], residual[None])


@main.command()
@click.argument("bundle", metavar="BUNDLE", type=FOLDER)
def inspect(bundle: Path) -> None:
    """Show a bundle: its manifest, its files with their hashes checked, what a site has of them as .gz too, the nodes of its graphs by op.

    \b
    Example:
      zlide inspect site/models/sentences
    """
    from zlide.bundle import refuse_stale
    from zlide.site import read_publishable

    manifest = read_publishable(bundle)
    refuse_stale(bundle)
    _print(tables.of_manifest(bundle, manifest))


@main.command()
@click.argument("site", metavar="SITE", type=FOLDER)
@click.option(
    "--positions",
    type=click.IntRange(min=1),
    help="Random positions, on top of all examples; 1,000 by default. Without a checkpoint: at most those of the bundle's own probe.",
)
@click.option("--seed", default=0, type=click.IntRange(min=0), show_default=True)
@click.option(
    "--browser",
    default="chromium",
    show_default=True,
    help="chromium, firefox, webkit (of GTK), or the path of one.",
)
@click.option(
    "--backend",
    type=click.Choice(["wasm", "webgl"]),
    default="wasm",
    show_default=True,
    help="Of TensorFlow.js.",
)
@click.option(
    "--checkpoint",
    "against",
    multiple=True,
    type=FOLDER,
    metavar="DIR",
    help="Checkpoints to compare with; found in weights/ when left out.",
)
def verify(
    site: Path,
    positions: int | None,
    seed: int,
    browser: str,
    backend: Any,
    against: tuple[Path, ...],
) -> None:
    """Let a real browser decode at random positions and compare every sample with PyTorch's. Exits 1 if any differs.

    \b
    Example:
      zlide verify site --positions 200
    """
    from zlide.verify import verify as verify_site

    good = True
    with _bar("the browser decodes") as (bar, task):
        for verdict in verify_site(
            site,
            positions=positions,
            seed=seed,
            browser=browser,
            backend=backend,
            checkpoints=against,
            progress=lambda d, t: bar.update(task, completed=d, total=t),
        ):
            good = good and verdict.passed
            _print(tables.of_verdict(verdict))
    if not good:
        sys.exit(1)


@main.command()
@click.argument("site", metavar="SITE", type=FOLDER)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="0.0.0.0 lets the network in: a phone, for example.",
)
@click.option("--port", default=8000, show_default=True)
def serve(site: Path, host: str, port: int) -> None:
    """Serve a site from this machine, until Ctrl-C.

    \b
    Example:
      zlide serve site --port 8000
    """
    from threading import Event

    from zlide.site import serve as serve_site

    with serve_site(site, host, port) as server:
        click.echo(f"{server.url} serves {site}; stop with Ctrl-C")
        try:
            Event().wait()
        except KeyboardInterrupt:
            click.echo()


@contextmanager
def _bar(what: str) -> Iterator[tuple[Progress, Any]]:
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        yield bar, bar.add_task(what, total=None)


def _print(parts: Iterable[Any]) -> None:
    if not out.is_terminal:
        out.width = WIDE
    for part in parts:
        out.print(part)
