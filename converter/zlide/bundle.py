"""The static folder of one model: writing the parts that are no graphs, hashing all, and reading it back."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from zlide.axes import Axes
from zlide.compressed import END, is_compressed, is_same, stale
from zlide.errors import ZlideError
from zlide.folders import refuse_unlike
from zlide.manifest import File, Manifest, read_manifest
from zlide.misfits import misfits
from zlide.roles import MANIFEST, can_have_role, linked, named_files, without_role
from zlide.said import kind_of, said
from zlide.staging import Kind, staged_file

Array = NDArray[np.float32]


@dataclass(frozen=True)
class Probe:
    """Positions and what PyTorch decoded there. sliders (N, K), residual (N, Z), z (N, Z) float32; tokens (N, longest) int32, padded with end."""

    sliders: Array
    residual: Array
    z: Array
    tokens: NDArray[np.int32]


def write_examples(folder: Path, latents: Mapping[str, Array], axes: Axes) -> None:
    """`examples.json`: each text with the sliders and the residual of its latent (Z,), in the fewest digits that give the same float32."""
    rows = []
    for text, z in latents.items():
        sliders, residual = axes.from_z(z[None])
        rows.append({"text": text, "sliders": shortest(sliders[0]), "residual": shortest(residual[0])})
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    with staged_file(folder / "examples.json") as beside:
        beside.write_text(f'{{"examples": [\n{lines}\n]}}\n', "utf-8")


def read_examples(path: Path, axes: Axes) -> dict[str, Array]:
    """What `write_examples` wrote, as text → latent (Z,)."""
    return {text: axes.to_z(sliders[None], residual[None])[0] for text, sliders, residual in _positions(path, axes.count, axes.latent)}


def _positions(path: Path, count: int, latent: int) -> list[tuple[str, Array, Array]]:
    """Each example's text, sliders (count,) and residual (latent,)."""
    try:
        whole = json.loads(path.read_text("utf-8"))
        rows = whole.get("examples") if isinstance(whole, dict) else None
        if not isinstance(rows, list):
            raise ValueError(f"{kind_of(whole)} without a list of examples")  # noqa: TRY301, TRY004 (told below, as all else)
        return [(_text(row, i), *_position(row, count, latent)) for i, row in enumerate(rows, 1)]
    except (OSError, ValueError) as error:
        raise ZlideError(path, f"expected examples of text, sliders and residual, found: {said(error)}", "choose the examples again") from error


def _text(row: object, number: int) -> str:
    """Of an example that is whole. Raises ValueError for another."""
    if not isinstance(row, dict):
        raise ValueError(f"example {number} is {kind_of(row)}")  # noqa: TRY004 (of a file, and not of a caller)
    if not isinstance(row.get("text"), str):
        raise ValueError(f"example {number} has no text")  # noqa: TRY004
    for key in ("sliders", "residual"):
        if not (isinstance(row.get(key), list) and all(type(number) in {int, float} for number in row[key])):
            raise ValueError(f"{row['text']!r} has no list of numbers as {key}")
    return str(row["text"])


def _position(row: Mapping[str, Any], count: int, latent: int) -> tuple[Array, Array]:
    # By way of text: a whole number may be larger than any float.
    sliders, residual = (np.array([float(str(number)) for number in row[key]], np.float32) for key in ("sliders", "residual"))
    if sliders.shape != (count,) or residual.shape != (latent,) or not (np.isfinite(sliders).all() and np.isfinite(residual).all()):
        raise ValueError(f"{row['text']!r} has {sliders.shape} sliders and {residual.shape} residuals, expected {count} and {latent}, finite")
    return sliders, residual


def shortest(values: Array) -> list[float]:
    """The same float32 in the fewest digits: 0.1, not 0.10000000149011612."""
    return [float(str(v)) for v in values]


def write_probe(path: Path, probe: Probe) -> None:
    """As safetensors: a header that names its tensors, and no code."""
    from safetensors.numpy import save

    path.write_bytes(save({"sliders": probe.sliders, "residual": probe.residual, "z": probe.z, "tokens": probe.tokens}))


def write_picture_probe(path: Path, sliders: Array, residual: Array, z: Array, pixels: NDArray[np.uint8]) -> None:
    """The same of pictures: pixels (N, H, W, C), 0…255."""
    from safetensors.numpy import save

    path.write_bytes(save({"sliders": sliders, "residual": residual, "z": z, "pixels": pixels}))


def read_probe(path: Path) -> Probe:
    """What `write_probe` wrote."""
    return Probe(**_read_tensors(path, "sliders", "residual", "z", "tokens"))


def read_picture_probe(path: Path) -> tuple[Array, Array, Array, NDArray[np.uint8]]:
    """What `write_picture_probe` wrote: sliders, residual, z, pixels."""
    held = _read_tensors(path, "sliders", "residual", "z", "pixels")
    return held["sliders"], held["residual"], held["z"], held["pixels"]


def _read_tensors(path: Path, *names: str) -> dict[str, NDArray[Any]]:
    """A safetensors file of exactly these tensors. Raises ZlideError for another."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    expected, remedy = f"expected {', '.join(names[:-1])} and {names[-1]}", "export the bundle again"
    try:
        held = load_file(path)
    except (OSError, SafetensorError) as error:
        raise ZlideError(path, f"{expected}, found: {said(error)}", remedy) from error
    if held.keys() != set(names):
        raise ZlideError(path, f"{expected}, found: {', '.join(sorted(held)) or 'none'}", remedy)
    return held


def list_files(folder: Path) -> list[File]:
    """Every file below `folder` but the manifest and what lies compressed beside another, with its size and hash, in order of path."""
    paths = sorted(p for p in folder.rglob("*") if p.is_file() and p != folder / MANIFEST and not is_compressed(p))
    return [File(path=p.relative_to(folder).as_posix(), bytes=p.stat().st_size, sha256=sha256(p)) for p in paths]


def sha256(path: Path) -> str:
    """Hash of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_REMEDIES = {
    "a checkpoint": "make a bundle of it with `zlide export`",
    "a site": "give the folder of one of its bundles, models/<name>",
}


def read_bundle(folder: Path) -> Manifest:
    """The manifest of a bundle whose files are all there, unchanged, and fit each other. Raises ZlideError that names every one that does not."""
    refuse_unlike(folder, "a bundle", _REMEDIES)
    if not (folder / MANIFEST).is_file():
        raise ZlideError(folder / MANIFEST, f"cannot be read: {os.strerror(errno.ENOENT)}", "make a bundle with `zlide export`")
    manifest = read_manifest(folder / MANIFEST)
    if links := linked(folder, manifest):
        raise ZlideError(folder, "; ".join(links), "put the file or folder itself in its place")
    problems = [problem for file in manifest.files if (problem := _problem(folder, file))]
    known = {file.path for file in manifest.files}
    problems += [f"{path} is not in the manifest" for path in dict.fromkeys(path for path, _ in named_files(manifest)) if path not in known]
    if problems := problems or misfits(folder, manifest) or without_role(folder, manifest):
        raise ZlideError(folder, "; ".join(problems), "export the bundle again")
    if manifest.examples:
        _positions(folder / manifest.examples, len(manifest.axes[0].axes), manifest.latent)
    return manifest


def copy_bundle(folder: Path, manifest: Manifest, to: Path) -> None:
    """Copy a bundle, which was read as `manifest`, into the new folder `to`: what its manifest lists, and nothing else.

    Raises ZlideError where a file is not what was read any more.
    """
    for path in (MANIFEST, *(file.path for file in manifest.files)):
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / path, to / path)
    if any(_problem(to, file) for file in manifest.files) or read_manifest(to / MANIFEST) != manifest:
        raise ZlideError(folder, "expected a bundle that nobody changes, found that it changed while it was copied", "run the command again")


def own_files(folder: Path) -> frozenset[str]:
    """The paths of what zlide wrote into the bundle `folder`, of this version or another, whole or damaged; none where it is no bundle.

    What lies compressed beside such a file, in a site, is among them.
    """
    try:
        whole = json.loads((folder / MANIFEST).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return frozenset()
    if not (isinstance(whole, dict) and str(whole.get("format")).startswith("zlide-bundle/")):
        return frozenset()
    rows = whole.get("files")
    listed = [row.get("path") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    paths = {MANIFEST, *(path for path in listed if isinstance(path, str) and can_have_role(path))}
    return frozenset(paths | {packed for path in paths if is_same(folder / (packed := path + END))})


BUNDLE = Kind(MANIFEST, own_files, lambda path: int(path == MANIFEST))
"""The folder of a bundle. Its manifest comes last."""


def refuse_stale(bundle: Path) -> None:
    """Raise ZlideError where a file of a bundle in a site has another one compressed beside it, which some servers would send instead."""
    if problems := stale(bundle):
        raise ZlideError(bundle, "; ".join(problems), "build the site again")


def _problem(folder: Path, file: File) -> str | None:
    path = folder / file.path
    if not path.is_file():
        return f"{file.path} is missing"
    if path.stat().st_size != file.bytes:
        return f"{file.path} has {path.stat().st_size} bytes, expected {file.bytes}"
    return None if sha256(path) == file.sha256 else f"{file.path} does not match its hash"


def graph_nodes(path: Path) -> dict[str, int]:
    """The nodes of a `model.json` by op, constants left out, the most frequent first."""
    return count_ops(json.loads(path.read_text("utf-8"))["modelTopology"]["node"])


def count_ops(nodes: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Nodes of a graph by op, the most frequent first, without constants and what is made of constants alone, when the graph is loaded."""
    constants = {node["name"] for node in nodes if node["op"] == "Const"}
    return dict(Counter(n["op"] for n in nodes if n["op"] != "Const" and not (n.get("input") and constants.issuperset(n["input"]))).most_common())
