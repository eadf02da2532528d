"""Where the parts of a bundle contradict each other: the manifest, its graphs, their weights, its vocabulary.

The page asks the same of a bundle, in `webapp/src/misfits.ts`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from zlide.bundle.manifest import (
    Graph,
    ImageDecoder,
    ImageEncoder,
    Manifest,
    Points,
    TextDecoder,
    TextEncoder,
    Tokens,
)
from zlide.bundle.weight_consistency import weight_inconsistencies
from zlide.vocabulary import read_words

Widths = list[int | None]
"""Of each input or output; None where the contract leaves it open."""


@dataclass(frozen=True)
class Ends:
    """What the contract says of a graph; `name` is where it stands in the manifest."""

    name: str
    graph: Graph
    inputs: Widths
    outputs: Widths


def inconsistencies(folder: Path, manifest: Manifest) -> list[str]:
    """Every contradiction in the bundle `folder`, whose files are all there, one line each; those of the manifest alone come first."""
    if found := _within(manifest):
        return found
    models = {
        ends.graph.path: _read_model(folder / ends.graph.path) for ends in _contract(manifest)
    }
    files = {file.path: folder / file.path for file in manifest.files}
    found = [
        problem
        for ends in _contract(manifest)
        for problem in _of_graph(ends, models[ends.graph.path], files)
    ]
    if found or manifest.tokens is None:
        return found
    return _of_words(
        manifest.tokens,
        len(read_words(folder / manifest.tokens.vocabulary)),
        manifest.decoder,
        models,
    )


def _within(manifest: Manifest) -> list[str]:
    counted = [
        (f"posters.{i}.sliders", len(poster.sliders), len(manifest.axes[0].axes))
        for i, poster in enumerate(manifest.posters)
    ]
    if isinstance(manifest.decoder, ImageDecoder):
        size = manifest.decoder.size
        volume = size.height * size.width * size.channels
        counted += [
            (f"posters.{i}.decoded", _bytes_in(poster.decoded), volume)
            for i, poster in enumerate(manifest.posters)
        ]
    for i, one in enumerate(manifest.axes):
        counted += _counts(f"axes.{i}.points", one.points, len(one.axes)) if one.points else []
    for ends in _contract(manifest):
        counted += [
            (f"{ends.name}.{which}", len(getattr(ends.graph, which)), len(getattr(ends, which)))
            for which in ("inputs", "outputs")
        ]
    empty = [
        f"axes.{i}.axes: expected at least 1 of them, found 0"
        for i, one in enumerate(manifest.axes)
        if not one.axes
    ]
    wrong = empty or [
        f"{name}: expected {expected} of them, found {found}"
        for name, found, expected in counted
        if found != expected
    ]
    return wrong or [
        problem
        for one in manifest.axes
        if one.points
        for problem in _of_points(one.points, len(one.axes), manifest)
    ]


def _counts(name: str, points: Points, width: int) -> list[tuple[str, int, int]]:
    """Of the training samples on a set of `width` axes."""
    rows = [(f"{name}.whitening.{i}", len(row), i + 1) for i, row in enumerate(points.whitening)]
    return [
        (f"{name}.mean", len(points.mean), width),
        (f"{name}.whitening", len(points.whitening), width),
        *rows,
    ]


def _of_points(points: Points, width: int, manifest: Manifest) -> list[str]:
    expected = points.count * width * 2
    found = [
        file.bytes for file in manifest.files if file.path == points.path and file.bytes != expected
    ]
    return [
        f"{points.path}: expected {expected} bytes, {points.count} points on {width} axes, found {size}"
        for size in found
    ]


def _bytes_in(text: str) -> int:
    """In base64, as a browser reads it: white space and a lack of padding are no harm; 0 for what is none."""
    digits = re.sub(r"[\t\n\f\r ]", "", text)
    if len(digits) % 4 == 0:
        digits = re.sub("={1,2}$", "", digits)
    return (
        len(digits) * 3 // 4
        if re.fullmatch("[A-Za-z0-9+/]*", digits) and len(digits) % 4 != 1
        else 0
    )


def _contract(manifest: Manifest) -> Iterator[Ends]:
    latent = manifest.latent_size
    for i, one in enumerate(manifest.axes):
        yield Ends(f"axes.{i}.to", one.to, [len(one.axes), latent], [latent])
        yield Ends(f"axes.{i}.from", one.from_, [latent], [len(one.axes), latent])
    match manifest.decoder:
        case TextDecoder(start=start, step=step):
            state: Widths = [None] * len(start.outputs)
            yield Ends("decoder.start", start, [latent], state)
            yield Ends("decoder.step", step, [None, *state], [None, None, *state])
        case ImageDecoder(image=image):
            yield Ends("decoder.image", image, [latent], [None])
    match manifest.encoder:
        case TextEncoder(start=start, read=read, finish=finish):
            state = [None] * len(start.outputs)
            yield Ends("encoder.start", start, [None], state)
            yield Ends("encoder.read", read, [None, None, *state], state)
            yield Ends("encoder.finish", finish, state, [latent])
        case ImageEncoder(image=image):
            yield Ends("encoder.image", image, [None], [latent])


def _read_model(path: Path) -> Any:
    """A model.json; None for what is no JSON."""
    try:
        return json.loads(path.read_text("utf-8"))
    except ValueError:
        return None


def _of_graph(ends: Ends, model: Any, files: Mapping[str, Path]) -> list[str]:
    try:
        return _between(ends, model) or weight_inconsistencies(ends.graph.path, model, files)
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
    ):  # whatever reading what is no model.json stumbles over
        return [f"{ends.graph.path}: this is no graph that TensorFlow.js can load"]


def _between(ends: Ends, model: Mapping[str, Any]) -> list[str]:
    graph = ends.graph
    ops = {node["name"]: node["op"] for node in model["modelTopology"]["node"]}
    given = sorted(name for name, op in ops.items() if op == "Placeholder")
    if given != sorted(graph.inputs):
        return [
            f"{graph.path}: expected inputs {', '.join(sorted(graph.inputs))}, found {', '.join(given)}"
        ]
    if missing := [name for name in graph.outputs if name not in ops]:
        return [
            f"{graph.path}: expected outputs {', '.join(graph.outputs)}, found no {', '.join(missing)}"
        ]
    expected = [
        *zip(graph.inputs, ends.inputs, strict=True),
        *zip(graph.outputs, ends.outputs, strict=True),
    ]
    widths = [(name, width, _width(model, name)) for name, width in expected]
    wrong = [
        (name, width, found)
        for name, width, found in widths
        if None not in {width, found} and width != found
    ]
    return [
        f"{graph.path}: expected {name} {width} wide, found {found}" for name, width, found in wrong
    ]


def _width(model: Mapping[str, Any], name: str) -> int | None:
    """Of an input or an output (B, width), as the graph declares it; None where it does not."""
    node = next(
        (
            n
            for n in model["modelTopology"]["node"]
            if n["name"] == name and n["op"] == "Placeholder"
        ),
        None,
    )
    shape = _inside(node, "attr", "shape", "shape")
    if shape is None:
        shape = _inside(model, "signature", "outputs", name, "tensorShape")
    sizes = [str(_inside(dim, "size")) for dim in _inside(shape, "dim") or []]
    return int(sizes[1]) if len(sizes) == 2 and re.fullmatch("[0-9]+", sizes[1]) else None


def _inside(part: Any, *keys: str) -> Any:
    """What lies at some keys, one within the other; None where nothing does."""
    for key in keys:
        part = part.get(key) if isinstance(part, dict) else None
    return part


def _of_words(
    tokens: Tokens, count: int, decoder: TextDecoder | ImageDecoder, models: Mapping[str, Any]
) -> list[str]:
    """Of a vocabulary of `count` words."""
    if isinstance(decoder, TextDecoder):
        step = decoder.step
        width = _width(models[step.path], step.outputs[0])
        if width not in (None, count):
            return [
                f"{tokens.vocabulary}: expected {width} words, as many as {step.path} has logits, found {count}"
            ]
    ids = {"begin": tokens.begin, "end": tokens.end}
    return [
        f"tokens.{name}: expected an id below {count}, the words of {tokens.vocabulary}, found {i}"
        for name, i in ids.items()
        if i >= count
    ]
