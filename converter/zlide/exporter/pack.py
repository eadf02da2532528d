"""Pack a model: write what is not a graph, and the manifest."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ValidationError

from zlide.axes import Axes
from zlide.bundle import (
    BUNDLE,
    AxesSet,
    Axis,
    Manifest,
    Points,
    Poster,
    Probe,
    list_files,
    shortest_floats,
    write_examples,
    write_points,
    write_probe,
)
from zlide.errors import ZlideError
from zlide.exporter.model import Model
from zlide.graph import Parts
from zlide.messages import validation_problems
from zlide.modalities import Array, Modality, Outputs

PROBE = "probe.safetensors"


def pack(
    model: Model, outputs: Outputs, parts: Parts, points: Array | None, folder: Path, **facts: Any
) -> Manifest:
    """Write what is not a graph into `folder`, and last the manifest, which is returned.

    outputs: what the decoder gave when it was checked.
    points: posterior means (N, Z) of training samples, or None.
    facts: the keys name, title, license, checkpoint, reference, precision and versions of the
    manifest.
    """
    if model.latents:
        write_examples(folder, model.latents, model.axes[0])
    packed = [
        _axes_set(one, parts, None if points is None else write_points(folder, one, points))
        for one in model.axes
    ]
    write_probe(folder / PROBE, _probe(model), model.modality.tensor)
    with _validation_errors(model.modality):
        own = model.modality.pack(folder, parts, outputs)
    keys = {
        "latent_size": model.axes[0].latent_size,
        "axes": packed,
        "examples": "examples.json" if model.latents else None,
        "posters": _posters(model),
        "probe": PROBE,
        "tokens": None,
        "pictures": None,
        **own,
        "files": list_files(folder),
    }
    with _validation_errors(model.modality):
        manifest = Manifest(**facts, **keys)
    (folder / BUNDLE.mark).write_text(manifest.write(), "utf-8")
    return manifest


@contextmanager
def _validation_errors(modality: Modality) -> Iterator[None]:
    """Turn errors of pydantic about what the kind packs into a ZlideError."""
    try:
        yield
    except ValidationError as error:
        problem = f"{error.title}: {validation_problems(error, modality.decoder_spec)}"
        remedy = "correct the entry, which decoder_entry or encoder_entry gives"
        raise ZlideError(f"modality {modality.kind}", problem, remedy) from error


def _probe(model: Model) -> Probe:
    """Return random positions with the samples that PyTorch decodes there."""
    modality = model.modality
    sliders, residual, z = (part[: modality.probe_count] for part in model.positions())
    return Probe(sliders, residual, z, modality.probe_samples(modality.decode(model.decoder, z)))


def _posters(model: Model) -> list[Poster]:
    """Return the first examples with the samples that they decode to."""
    modality = model.modality
    examples = dict(list(model.latents.items())[: modality.poster_count])
    if not examples:
        return []
    z = np.stack(list(examples.values()))
    decoded = modality.poster_texts(modality.decode(model.decoder, z))
    rows = zip(examples, decoded, model.axes[0].from_z(z)[0], strict=True)
    return [
        Poster(text=text, decoded=sample, sliders=shortest_floats(sliders))
        for text, sample, sliders in rows
    ]


def _axes_set(axes: Axes, parts: Parts, points: Points | None) -> AxesSet:
    shares = [None] * axes.count if axes.share is None else [float(s) for s in axes.share]
    rows = zip(axes.names, axes.notes, axes.stdev, shares, strict=True)
    return AxesSet(
        name=axes.name,
        default_count=min(axes.default_count, axes.count),
        range=axes.range,
        axes=[
            Axis(name=name, note=note, stdev=float(stdev), share=share)
            for name, note, stdev, share in rows
        ],
        to=parts.graph(f"axes/{axes.name}/to"),
        from_=parts.graph(f"axes/{axes.name}/from"),
        points=points,
    )
