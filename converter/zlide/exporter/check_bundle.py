"""Check the bundle of an export before it is put in place."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from pathlib import Path

from zlide.bundle import DecoderSpec, EncoderSpec, Graph, Manifest, Poster, read_bundle
from zlide.errors import ZlideError
from zlide.modalities import Modality


def check_bundle(folder: Path, manifest: Manifest, modality: Modality) -> None:
    """Raise ZlideError if `read_bundle` would refuse the bundle in `folder`.

    The error names the member of the kind that is wrong.
    """
    where = f"modality {modality.kind}"
    problems = list(_member_problems(manifest, modality.kind))
    if problems:
        raise ZlideError(where, "; ".join(problems), "correct it in the class")
    try:
        read_bundle(folder)
    except ZlideError as error:
        spec = type(manifest.decoder).__name__
        problem = f"its bundle is not consistent: {error.problem}"
        remedy = f"correct {spec}.widths, or the entry that is packed"
        raise ZlideError(where, problem, remedy) from error


def _member_problems(manifest: Manifest, kind: str) -> Iterator[str]:
    for spec in (manifest.decoder, manifest.encoder):
        if spec is not None:
            yield from _spec_problems(spec, kind, manifest.latent_size)
    yield from _poster_problems(manifest.decoder, manifest.posters)


def _spec_problems(spec: DecoderSpec | EncoderSpec, kind: str, latent_size: int) -> Iterator[str]:
    name = type(spec).__name__
    if spec.kind != kind:
        yield f"expected {name}.kind to be {kind!r}, the kind of the modality, found {spec.kind!r}"
    graphs = {key: value for key, value in spec if isinstance(value, Graph)}
    widths = spec.widths(latent_size)
    if widths.keys() != graphs.keys():
        expected, found = (", ".join(keys) or "none" for keys in (graphs, widths))
        yield f"expected {name}.widths to have the graphs {expected}, found {found}"
        return
    for key, graph in graphs.items():
        for side, names, given in zip(
            ("inputs", "outputs"), (graph.inputs, graph.outputs), widths[key], strict=True
        ):
            if len(names) != len(given):
                expected = f"{len(names)} {side} of {key}, {', '.join(names)}"
                yield f"expected {name}.widths to have {expected}, found {len(given)}"


def _poster_problems(spec: DecoderSpec, posters: list[Poster]) -> Iterator[str]:
    if (size := spec.poster_bytes()) is None:
        return
    for found in sorted({len(base64.b64decode(poster.decoded)) for poster in posters} - {size}):
        yield (
            f"expected {type(spec).__name__}.poster_bytes to be {found}, "
            f"the bytes of a stored sample, found {size}"
        )
