"""Export on one screen: check, choose the precision, lower, convert, compare, pack."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter

import numpy as np
from numpy.typing import ArrayLike
from torch import nn

from zlide.axes import Axes
from zlide.bundle import BUNDLE, HASH_PATTERN, Manifest, Precision, folder_name
from zlide.converters import Converter
from zlide.errors import ZlideError
from zlide.exporter.arguments import (
    check_axes,
    check_converter,
    check_examples,
    check_path,
    check_points,
    check_precision,
    check_title,
    modality_for,
)
from zlide.exporter.check import check
from zlide.exporter.check_bundle import check_bundle
from zlide.exporter.compare_models import compare_models
from zlide.exporter.convert_model import convert_model, converted_model, lower_model
from zlide.exporter.model import Model
from zlide.exporter.pack import pack
from zlide.exporter.precision_trials import PrecisionTrials
from zlide.exporter.read_module import read_module
from zlide.exporter.reference import WrittenReference, pending_reference, store_reference
from zlide.files import atomic_folder
from zlide.graph import Parts
from zlide.modalities import Modality
from zlide.pictures import Pictures
from zlide.quantization import choose_precision
from zlide.vocabulary import Vocabulary

OnStage = Callable[[str], None]
"""Called with the name of each stage when it starts."""


@dataclass(frozen=True)
class Metadata:
    """Licence and origin of the weights, as the manifest gives them.

    license: SPDX identifier or a sentence.
    checkpoint: SHA-256 of the file that they came from.
    Raises ZlideError if one of them has another form.
    """

    license: str | None = None
    checkpoint: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.license, str | None):
            problem = f"expected license as text, found {self.license!r}"
            raise ZlideError("metadata", problem, "give an SPDX identifier such as MIT")
        if self.checkpoint is not None and not (
            isinstance(self.checkpoint, str) and re.fullmatch(HASH_PATTERN, self.checkpoint)
        ):
            problem = (
                "expected checkpoint as a SHA-256, 64 hexadecimal digits in lower case, "
                f"found {self.checkpoint!r}"
            )
            raise ZlideError("metadata", problem, "give what sha256sum prints for the file")


@dataclass(frozen=True)
class Report:
    """The outcome of an export.

    positions: number of positions at which the implementations were compared.
    changed_by_quantization: how many samples the precision changes, and of how many.
    overflow: the weight that kept the precision at float32, unless a precision was asked for.
    reference: the file with the samples of PyTorch, None if none was asked for.
    seconds: by stage.
    remarks: for the author, one line each.
    """

    manifest: Manifest
    graphs: Parts
    positions: int
    changed_by_quantization: tuple[int, int]
    overflow: str | None
    reference: WrittenReference | None
    seconds: dict[str, float]
    remarks: tuple[str, ...] = ()


class ExportWarning(UserWarning):
    """A remark for the author about a bundle that was written all the same."""


@np.errstate(all="ignore")  # what is not finite is looked for, and refused by its place
def export(  # noqa: PLR0913 (the parts of a model, each by its name)
    decoder: nn.Module | str | Path,
    axes: Axes | Sequence[Axes],
    *,
    to: Path | str,
    vocabulary: Vocabulary | Sequence[str] | None = None,
    pictures: Pictures | None = None,
    modality: Modality | None = None,
    examples: Mapping[str, ArrayLike] | None = None,
    points: ArrayLike | None = None,
    encoder: nn.Module | str | Path | None = None,
    title: str | None = None,
    metadata: Metadata = Metadata(),
    precision: Precision | None = None,
    converter: Converter | str = Converter.ZLIDE,
    reference: bool = True,
    progress: OnStage | None = None,
) -> Report:
    """Write the bundle of a decoder to the folder `to`, whose name becomes the model's name.

    decoder, encoder: modules that keep the contracts of `zlide.decoders`, `TextDecoder` and
    `TextEncoder` or `ImageDecoder` and `ImageEncoder`; or paths of ONNX files, but not for text.
    axes: one or several sets of axes with the decoder's latent size; the page starts with the
    first.
    vocabulary: for text only, the words by id. A plain list starts with begin (0) and end (1), and
    is refused if the names of its entries contradict that.
    pictures: for images only, the pictures of the examples, in the order of the examples.
    modality: for another kind of output, an object of a class given to `register_modality`.
    examples: a text, or the name of a picture → its latent (Z,), for "Load an example".
    points: posterior means of training samples (N, Z), at least 10 and more than a set has axes.
    The bundle keeps 2,000 of them, drawn at random, for the map, and the mean and covariance of
    all, for distances. Without points the page shows neither.
    title: the title of the model on the page; by default its name.
    precision: by default uint8 if at most 0.5 % of the test samples change, else float16 if at
    most 5 % change, else float32.
    converter: "onnx-tf" is a second converter, for comparison: TensorFlow and onnx-tf, which
    `pip install 'zlide[onnx-tf]'` brings on Python 3.11. It converts fewer modules.
    reference: write what the decoder gives at 1,000 positions and at the examples to
    NAME.reference.safetensors beside the folder, for `zlide verify`. Do not publish that file.
    Samples with more numbers than a picture of 64 × 64 take fewer positions.
    progress: called with the name of each stage when it starts.

    Raises ZlideError for everything that the caller can fix, and then writes nothing. That
    includes lowered PyTorch or the written graph decoding other samples than PyTorch.
    Warns with ExportWarning, as does the report, of vocabulary entries that cannot be typed on the
    page and of examples whose text the encoder reads otherwise.
    """
    to, clock = check_path(to), _Clock(progress or (lambda _: None))
    name = folder_name(to)
    title = check_title(title, name)
    sets = check_axes(axes)
    latents = check_examples(examples, sets[0])
    means = check_points(points, sets)
    check_precision(precision)
    chosen = check_converter(converter)
    versions = chosen.versions()
    if not isinstance(metadata, Metadata):
        problem = f"expected zlide.Metadata(…), found {type(metadata).__name__}"
        raise ZlideError("metadata", problem, 'give it as zlide.Metadata(license="MIT")')

    kind = modality_for(modality, vocabulary, pictures)

    clock.start("checking the contract")
    model = Model(
        kind, read_module(decoder, kind), read_module(encoder, kind), tuple(sets), latents
    )
    checked = check(model)
    clock.start("choosing the precision")
    trials = PrecisionTrials(checked, precision)
    choice = choose_precision(precision, trials.count_changed)
    frozen = trials.frozen
    clock.start("lowering")
    lowered = lower_model(frozen)
    with pending_reference(to) as pending, atomic_folder(to, BUNDLE) as folder:
        parts = convert_model(lowered, checked, folder, chosen, clock.start)
        clock.start("comparing")
        converted = converted_model(frozen, parts)
        others = {"lowered PyTorch": lowered, "the written graph": converted}
        compare_models(frozen, checked.compared, others)
        clock.start("packing")
        written = None
        if reference:
            stored = store_reference(kind, checked.positions, trials.tensors)
            written = pending.write(stored, len(checked.positions.z))
        facts = {
            "name": name,
            "title": title,
            "precision": choice.precision,
            "reference": written and written.sha256,
            "versions": versions,
            **asdict(metadata),
        }
        manifest = pack(frozen, checked.outputs, parts, means, folder, **facts)
        check_bundle(folder, manifest, kind)
    for remark in checked.remarks:
        warnings.warn(remark, ExportWarning, stacklevel=2)
    return Report(
        manifest=manifest,
        graphs=parts,
        positions=checked.compared,
        changed_by_quantization=choice.changed,
        overflow=choice.overflow,
        reference=written,
        seconds=clock.seconds(),
        remarks=checked.remarks,
    )


class _Clock:
    """Reports each stage when it starts, and measures how long it takes."""

    def __init__(self, on_stage: OnStage) -> None:
        self.on_stage = on_stage
        self.starts: list[tuple[str, float]] = []

    def start(self, stage: str) -> None:
        self.on_stage(stage)
        self.starts.append((stage, perf_counter()))

    def seconds(self) -> dict[str, float]:
        ends = [start for _, start in self.starts[1:]] + [perf_counter()]
        return {stage: end - start for (stage, start), end in zip(self.starts, ends, strict=True)}
