"""The whole program on one screen: check, round, lower, convert, compare, pack."""

from __future__ import annotations

import importlib.metadata
import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from numpy.typing import ArrayLike
from torch import nn

from zlide.axes import Axes
from zlide.bundle import (
    BUNDLE,
    HASH_PATTERN,
    PRECISIONS,
    AxesSet,
    Axis,
    Manifest,
    Points,
    Precision,
    list_files,
    write_examples,
    write_points,
)
from zlide.decoders import TextDecoder
from zlide.errors import ZlideError
from zlide.exporter.arguments import (
    folder_at,
    folder_name,
    latents_of,
    points_of,
    sets_of,
    title_or,
)
from zlide.exporter.contract import CONTRACT
from zlide.exporter.image_modality import ImageModality
from zlide.exporter.modality import Latents, Modality
from zlide.exporter.special_tokens import with_begin_and_end
from zlide.exporter.text_modality import Sentences
from zlide.files import atomic_folder
from zlide.graph import Parts, convert_axes
from zlide.pictures import Pictures
from zlide.vocabulary import Vocabulary

Stages = Callable[[str], None]


@dataclass(frozen=True)
class Metadata:
    """What the manifest says of the weights.

    licence: SPDX identifier or a sentence; checkpoint: SHA-256 of the file that they came from; rounding: how they travel,
    by default in eight bits where that changes no more than 5 of 1,000 samples, as float16 or float32 elsewhere.
    Raises ZlideError for what no manifest takes.
    """

    license: str | None = None
    checkpoint: str | None = None
    precision: Precision | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.license, str | None):
            raise ZlideError(
                "about",
                f"expected licence as text, found {self.license!r}",
                "give an SPDX identifier, as MIT",
            )
        if self.checkpoint is not None and not (
            isinstance(self.checkpoint, str) and re.fullmatch(HASH_PATTERN, self.checkpoint)
        ):
            problem = f"expected checkpoint as a SHA-256, 64 digits in lower case, found {self.checkpoint!r}"
            raise ZlideError("about", problem, "give what sha256sum prints of the file")
        if self.precision not in {None, *PRECISIONS}:
            raise ZlideError(
                "about",
                f"expected rounding {' or '.join(PRECISIONS)}, found {self.precision!r}",
                "leave it out for the best of them",
            )


@dataclass(frozen=True)
class Report:
    """What an export did: its graphs, how many sentences rounding the weights changed, seconds by stage, and remarks for the author."""

    manifest: Manifest
    graphs: Parts
    positions: int
    changed_by_rounding: tuple[int, int]  # at so many of so many positions
    overflow: (
        str | None
    )  # the weight for which all travel as float32, where nothing else was asked for
    seconds: dict[str, float]
    remarks: tuple[str, ...] = ()  # one line each


class ExportWarning(UserWarning):
    """What the author of a model should know about a bundle that was written all the same."""


def export(  # noqa: PLR0913 (what a model is made of, each by its name)
    decoder: nn.Module,
    axes: Axes | Sequence[Axes],
    *,
    to: Path | str,
    vocabulary: Vocabulary | Sequence[str] | None = None,
    pictures: Pictures | None = None,
    examples: Mapping[str, ArrayLike] | None = None,
    points: ArrayLike | None = None,
    encoder: nn.Module | None = None,
    title: str | None = None,
    metadata: Metadata = Metadata(),
    progress: Stages | None = None,
) -> Report:
    """Write the bundle of a decoder to the folder `to`, whose name becomes the model's.

    decoder, encoder: keep the contracts of `zlide.decoders`: `TextDecoder` and `TextEncoder`, or `ImageDecoder` and `ImageEncoder`.
    axes: one set of sliders or several, each as wide as z; the page begins with the first.
    vocabulary: of sentences alone: the words by id; a plain list begins with begin (0) and end (1), and is refused where its names say otherwise.
    examples: text, or the name of a picture → its latent (Z,), for "Load an example".
    points: posterior means of training samples (N, Z), at least 10 and more than a set has axes, float32; the bundle takes where 2,000
    of them lie, drawn at random, and how far from all of them a position is. Without them the page tells neither.
    pictures: of pictures alone: those of the examples, in their order.
    title: what the page calls the model.

    Raises ZlideError for everything that the caller can mend, and then writes nothing; above all when lowered PyTorch or
    TensorFlow do not decode what PyTorch does. Warns, by ExportWarning and in the report, of entries of a vocabulary that nobody can
    type on the page, and of examples whose text the encoder reads otherwise.
    """
    to, clock = folder_at(to), _Clock(progress or (lambda _: None))
    name = folder_name(to)
    title = title_or(name, title)
    sets = sets_of(axes)
    latents = latents_of(examples, sets[0])
    means = points_of(points, sets)
    if not isinstance(metadata, Metadata):
        raise ZlideError(
            "about",
            f"expected zlide.About(…), found {type(metadata).__name__}",
            'give it as zlide.About(licence="MIT")',
        )

    clock("checking the contract")
    kind = json_type(decoder, encoder, sets[0], latents, vocabulary, pictures, metadata.precision)
    with atomic_folder(to, BUNDLE) as folder:
        clock("converting the decoder")
        parts = kind.convert_decoder(folder)
        packed: list[AxesSet] = []
        for one in sets:
            clock(f"converting the axes {one.name}")
            parts += convert_axes(one, folder)
            packed.append(
                _axes_set(one, parts, None if means is None else write_points(folder, one, means))
            )
        clock("converting the encoder")
        parts += kind.convert_encoder(folder)
        clock("packing")
        if latents:
            write_examples(folder, latents, sets[0])
        samples = kind.pack(folder, parts)
        manifest = Manifest(
            name=name,
            title=title,
            license=metadata.license,
            latent_size=sets[0].latent_size,
            axes=packed,
            examples="examples.json" if latents else None,
            probe="probe.safetensors",
            precision=kind.chosen.precision,
            checkpoint=metadata.checkpoint,
            files=list_files(folder),
            versions={
                name: importlib.metadata.version(name)
                for name in ("zlide", "torch", "onnx", "onnx-tf", "tensorflow", "tensorflowjs")
            },
            **samples,
        )
        (folder / BUNDLE.mark).write_text(manifest.write(), "utf-8")
    for remark in kind.remarks:
        warnings.warn(remark, ExportWarning, stacklevel=2)
    return Report(
        manifest,
        parts,
        kind.positions,
        kind.chosen.changed,
        kind.chosen.overflow,
        clock.stop(),
        kind.remarks,
    )


def json_type(  # noqa: PLR0913, PLR0917 (what a model is made of)
    decoder: nn.Module,
    encoder: nn.Module | None,
    axes: Axes,
    latents: Latents,
    vocabulary: Vocabulary | Sequence[str] | None,
    pictures: Pictures | None,
    precision: Precision | None,
) -> Modality:
    """Sentences where there is a vocabulary, else pictures."""
    if vocabulary is not None and pictures is not None:
        raise ZlideError(
            "export",
            "expected vocabulary or pictures, found both",
            "sentences have a vocabulary, pictures have none",
        )
    if vocabulary is None:
        return ImageModality(decoder, encoder, axes, latents, pictures, precision)
    if not isinstance(decoder, TextDecoder):
        raise ZlideError(
            "decoder",
            f"expected the methods start and step, found a {type(decoder).__name__} without",
            CONTRACT,
        )
    words = vocabulary if isinstance(vocabulary, Vocabulary) else with_begin_and_end(vocabulary)
    return Sentences(decoder, encoder, axes, latents, words, precision)


class _Clock:
    """Tells which stage begins, and remembers how long each took."""

    def __init__(self, tell: Stages) -> None:
        self.tell = tell
        self.stages: list[tuple[str, float]] = []

    def __call__(self, stage: str) -> None:
        self.tell(stage)
        self.stages.append((stage, perf_counter()))

    def stop(self) -> dict[str, float]:
        ends = [start for _, start in self.stages[1:]] + [perf_counter()]
        return {stage: end - start for (stage, start), end in zip(self.stages, ends, strict=True)}


def _axes_set(axes: Axes, parts: Parts, points: Points | None) -> AxesSet:
    share = [None] * axes.count if axes.share is None else [float(s) for s in axes.share]
    rows = zip(axes.names, axes.notes, axes.stdev, share, strict=True)
    named = [
        Axis(name=name, note=note, stdev=float(stdev), share=part)
        for name, note, stdev, part in rows
    ]
    to, back = (parts.graph(f"axes/{axes.name}/{way}") for way in ("to", "from"))
    return AxesSet(
        name=axes.name,
        default_count=min(axes.default_count, axes.count),
        range=axes.range,
        axes=named,
        to=to,
        from_=back,
        points=points,
    )
