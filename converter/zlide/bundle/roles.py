"""The role of each file in a bundle. Files without a role are neither read nor published."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from enum import Enum
from pathlib import Path, PurePosixPath

from zlide.bundle.manifest import Manifest
from zlide.bundle.parts import Graph
from zlide.errors import ZlideError
from zlide.files import (
    GZIP_SUFFIX,
    STAGING,
    first_link,
    is_link,
    is_plain_path,
    read_json,
    summarize,
)

MANIFEST = "manifest.json"


class Role(Enum):
    """The role of a file."""

    GRAPH = "a graph"
    SHARD = "a shard"
    VOCABULARY = "the vocabulary"
    EXAMPLES = "the examples"
    PICTURES = "the pictures"
    POINTS = "the points"
    PROBE = "the probe"


SUFFIXES = {
    Role.GRAPH: ".json",
    Role.SHARD: ".bin",
    Role.VOCABULARY: ".txt",
    Role.EXAMPLES: ".json",
    Role.PICTURES: ".png",
    Role.POINTS: ".bin",
    Role.PROBE: ".safetensors",
}
"""The suffix of a file's name by its role.

Servers derive the content type from it, and browsers run no scripts of these types.
"""


def graphs_of(manifest: Manifest) -> list[Graph]:
    """Return all graphs of a bundle: those of the decoder, of the encoder and of the axes."""
    parts = [part for part in (manifest.decoder, manifest.encoder, *manifest.axes) if part]
    return [value for part in parts for _, value in part if isinstance(value, Graph)]


def files_with_roles(manifest: Manifest) -> list[tuple[str, Role]]:
    """Return each path to which the manifest gives a role, with the role.

    Shards are left out, because graphs name them. A path may have several roles.
    """
    optional = [
        (manifest.tokens.vocabulary if manifest.tokens else None, Role.VOCABULARY),
        (manifest.examples, Role.EXAMPLES),
        (manifest.pictures, Role.PICTURES),
        (manifest.probe, Role.PROBE),
        *((axes.points.path if axes.points else None, Role.POINTS) for axes in manifest.axes),
    ]
    graphs = [(graph.path, Role.GRAPH) for graph in graphs_of(manifest)]
    return graphs + [(path, role) for path, role in optional if path is not None]


def role_problems(folder: Path, manifest: Manifest) -> list[str]:
    """Return one line for each listed file without a role, or with another type than its role's."""
    roles = files_with_roles(manifest)
    for graph in graphs_of(manifest):
        roles += [(shard, Role.SHARD) for shard in _shards(folder, graph)]
    known = {path for path, _ in roles}
    listed = [file.path for file in manifest.files]
    problems = [f"{path} has no role in a bundle" for path in listed if path not in known]
    problems += [
        f"expected {role.value} in a file of type {SUFFIXES[role]}, found {path}"
        for path, role in roles
        if PurePosixPath(path).suffix != SUFFIXES[role]
    ]
    hidden = [path for path in sorted(known) if not is_plain_path(path)]
    problems += [f"expected plain names, found {path}" for path in hidden]
    return list(dict.fromkeys(problems))


def is_bundle_path(path: str) -> bool:
    """Return whether zlide may have written `path`, which an old or damaged manifest lists."""
    return is_plain_path(path) and PurePosixPath(path).suffix in SUFFIXES.values()


def links_in(folder: Path, manifest: Manifest) -> list[str]:
    """Return one line for each part of a bundle that is a link, or is behind one."""
    paths = (MANIFEST, *(file.path for file in manifest.files))
    links = dict.fromkeys(first_link(folder, path) for path in paths)
    return [f"{path} is a link" for path in links if path is not None]


def refuse_strays(folder: Path, manifest: Manifest) -> None:
    """Raise ZlideError if `folder` has files other than those of its bundle.

    Precompressed copies of its files are allowed.
    """
    listed = {MANIFEST, *(file.path for file in manifest.files)}
    if strays := list(_strays(folder, listed)):
        problem = f"expected only files that its manifest lists, found {summarize(strays)}"
        raise ZlideError(folder, problem, "move other files elsewhere")


def _strays(folder: Path, listed: Collection[str], prefix: str = "") -> Iterator[str]:
    for path in sorted(prefix + child.name for child in (folder / prefix).iterdir()):
        if path in {*listed, STAGING}:
            continue
        if is_link(folder / path):
            yield f"{path} (a link)"
        elif (folder / path).is_dir():
            if any(other.startswith(f"{path}/") for other in listed):
                yield from _strays(folder, listed, f"{path}/")
            elif any((folder / path).iterdir()):
                yield f"{path}/"
        elif not (path.endswith(GZIP_SUFFIX) and path.removesuffix(GZIP_SUFFIX) in listed):
            yield path


def _shards(folder: Path, graph: Graph) -> list[str]:
    """Return the paths of a graph's shards; none if its model.json cannot be read."""
    parent = PurePosixPath(graph.path).parent
    try:
        groups = read_json(folder / graph.path).get("weightsManifest") or []
        return [str(parent / shard) for group in groups for shard in group["paths"]]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []
