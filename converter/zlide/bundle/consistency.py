"""Consistency of a bundle: its manifest, graphs, weights and vocabulary agree with each other.

The page checks the same in `webapp/src/bundle/consistency.ts`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zlide.bundle.manifest import Manifest, Points
from zlide.bundle.parts import Graph
from zlide.bundle.specs import Spec, Widths
from zlide.bundle.weight_consistency import weight_inconsistencies
from zlide.files import read_json

Counted = tuple[str, int, int]
"""A key of the manifest, the length that was found there, and the expected one."""


@dataclass(frozen=True)
class GraphContract:
    """The widths that the contract fixes for a graph; `key` is its key in the manifest."""

    key: str
    graph: Graph
    inputs: Widths
    outputs: Widths


def inconsistencies(folder: Path, manifest: Manifest) -> list[str]:
    """Return one line for each contradiction in the bundle `folder`, whose files all exist.

    Contradictions within the manifest hide all others.
    """
    if problems := _manifest_problems(manifest):
        return problems
    contracts = list(_contracts(manifest))
    models = {c.graph.path: _read_model(folder / c.graph.path) for c in contracts}
    files = {file.path: folder / file.path for file in manifest.files}
    for contract in contracts:
        problems += _graph_problems(contract, models[contract.graph.path], files)
    return problems or manifest.decoder.file_problems(
        folder, manifest.tokens, lambda graph, name: _declared_width(models[graph.path], name)
    )


def _manifest_problems(manifest: Manifest) -> list[str]:
    if problems := [
        f"axes.{i}.axes: expected length at least 1, found 0"
        for i, axes in enumerate(manifest.axes)
        if not axes.axes
    ]:
        return problems
    kind, encoder = manifest.decoder.kind, manifest.encoder
    if encoder is not None and encoder.kind != kind:
        return [f"encoder.kind: expected {kind}, the kind of the decoder, found {encoder.kind}"]
    lengths = [*_poster_lengths(manifest), *_points_lengths(manifest), *_graph_lengths(manifest)]
    if problems := [
        f"{key}: expected length {expected}, found {found}"
        for key, found, expected in lengths
        if found != expected
    ]:
        return problems
    return [
        problem
        for axes in manifest.axes
        if axes.points
        for problem in _points_file_problems(axes.points, len(axes.axes), manifest)
    ]


def _poster_lengths(manifest: Manifest) -> Iterator[Counted]:
    count = len(manifest.axes[0].axes)
    for i, poster in enumerate(manifest.posters):
        yield f"posters.{i}.sliders", len(poster.sliders), count
    if (size := manifest.decoder.poster_bytes()) is not None:
        for i, poster in enumerate(manifest.posters):
            yield f"posters.{i}.decoded", _base64_length(poster.decoded), size


def _points_lengths(manifest: Manifest) -> Iterator[Counted]:
    for i, axes in enumerate(manifest.axes):
        if axes.points:
            key, count = f"axes.{i}.points", len(axes.axes)
            yield f"{key}.mean", len(axes.points.mean), count
            yield f"{key}.whitening", len(axes.points.whitening), count
            for j, row in enumerate(axes.points.whitening):
                yield f"{key}.whitening.{j}", len(row), j + 1


def _graph_lengths(manifest: Manifest) -> Iterator[Counted]:
    for contract in _contracts(manifest):
        graph = contract.graph
        yield f"{contract.key}.inputs", len(graph.inputs), len(contract.inputs)
        yield f"{contract.key}.outputs", len(graph.outputs), len(contract.outputs)


def _points_file_problems(points: Points, axes: int, manifest: Manifest) -> list[str]:
    expected = points.count * axes * 2
    return [
        f"{points.path}: expected {expected} bytes, {points.count} points on {axes} axes, "
        f"found {file.bytes}"
        for file in manifest.files
        if file.path == points.path and file.bytes != expected
    ]


def _base64_length(text: str) -> int:
    """Return the number of bytes in base64 text by the rules of browsers, 0 for other text.

    Browsers ignore white space and accept missing padding. The page has the same rule; both are
    tested against `tests/golden/base64.json`.
    """
    digits = re.sub(r"[\t\n\f\r ]", "", text)
    if len(digits) % 4 == 0:
        digits = re.sub("={1,2}$", "", digits)
    is_base64 = re.fullmatch("[A-Za-z0-9+/]*", digits) and len(digits) % 4 != 1
    return len(digits) * 3 // 4 if is_base64 else 0


def _contracts(manifest: Manifest) -> Iterator[GraphContract]:
    latent = manifest.latent_size
    for i, axes in enumerate(manifest.axes):
        count = len(axes.axes)
        yield GraphContract(f"axes.{i}.to", axes.to, [count, latent], [latent])
        yield GraphContract(f"axes.{i}.from", axes.from_, [latent], [count, latent])
    yield from _spec_contracts("decoder", manifest.decoder, latent)
    if manifest.encoder is not None:
        yield from _spec_contracts("encoder", manifest.encoder, latent)


def _spec_contracts(key: str, spec: Spec, latent_size: int) -> Iterator[GraphContract]:
    for name, (inputs, outputs) in spec.widths(latent_size).items():
        yield GraphContract(f"{key}.{name}", getattr(spec, name), inputs, outputs)


def _read_model(path: Path) -> Any:
    """Return the content of a model.json, None if it is not valid JSON."""
    try:
        return read_json(path)
    except ValueError:
        return None


def _graph_problems(contract: GraphContract, model: Any, files: Mapping[str, Path]) -> list[str]:
    graph = contract.graph
    try:
        return _interface_problems(contract, model) or weight_inconsistencies(
            graph.path, model, files
        )
    # Reading JSON that is not a model.json raises any of these.
    except (ValueError, KeyError, TypeError, AttributeError):
        return [f"{graph.path}: not a graph that TensorFlow.js can load"]


def _interface_problems(contract: GraphContract, model: Mapping[str, Any]) -> list[str]:
    graph = contract.graph
    ops = {node["name"]: node["op"] for node in model["modelTopology"]["node"]}
    expected = sorted(graph.inputs)
    found = sorted(name for name, op in ops.items() if op == "Placeholder")
    if found != expected:
        return [f"{graph.path}: expected inputs {', '.join(expected)}, found {', '.join(found)}"]
    if missing := [name for name in graph.outputs if name not in ops]:
        outputs = ", ".join(graph.outputs)
        return [f"{graph.path}: expected outputs {outputs}, did not find {', '.join(missing)}"]
    widths = [
        *zip(graph.inputs, contract.inputs, strict=True),
        *zip(graph.outputs, contract.outputs, strict=True),
    ]
    declared = {name: _declared_width(model, name) for name, _ in widths}
    return [
        f"{graph.path}: expected {name} of width {width}, found width {declared[name]}"
        for name, width in widths
        if None not in {width, declared[name]} and width != declared[name]
    ]


def _declared_width(model: Mapping[str, Any], name: str) -> int | None:
    """Return the number of values in a row of an input or output (B, …).

    None for (B,), and if the graph does not declare it.
    """
    nodes = model["modelTopology"]["node"]
    node = next((n for n in nodes if n["name"] == name and n["op"] == "Placeholder"), None)
    shape = _value_at(node, "attr", "shape", "shape")
    if shape is None:
        shape = _value_at(model, "signature", "outputs", name, "tensorShape")
    sizes = [str(_value_at(dim, "size")) for dim in _value_at(shape, "dim") or []][1:]
    is_known = sizes and all(re.fullmatch("[0-9]+", size) for size in sizes)
    return math.prod(map(int, sizes)) if is_known else None


def _value_at(value: Any, *keys: str) -> Any:
    """Return the value at nested keys, None if there is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value
