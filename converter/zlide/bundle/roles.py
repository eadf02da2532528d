"""What each file of a bundle is for. A file without a role is neither read nor published, whatever its manifest lists."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from enum import Enum
from pathlib import Path, PurePosixPath

from zlide.bundle.manifest import Graph, Manifest
from zlide.errors import ZlideError
from zlide.files import END, STAGING, first_link, is_link, is_plain, shortened

MANIFEST = "manifest.json"


class Role(Enum):
    """What a file is for."""

    GRAPH = "a graph"
    SHARD = "the shard of a graph"
    VOCABULARY = "the vocabulary"
    EXAMPLES = "the examples"
    PICTURES = "the pictures"
    POINTS = "the points"
    PROBE = "the probe"


ENDINGS = {
    Role.GRAPH: ".json",
    Role.SHARD: ".bin",
    Role.VOCABULARY: ".txt",
    Role.EXAMPLES: ".json",
    Role.PICTURES: ".png",
    Role.POINTS: ".bin",
    Role.PROBE: ".safetensors",
}
"""How the name of a file with this role ends. Servers choose the type of a file by it, and browsers run no script of these types."""


def graphs_of(manifest: Manifest) -> list[Graph]:
    """Every graph of a bundle: the decoder's, the encoder's, the axes'."""
    parts = [manifest.decoder, manifest.encoder, *manifest.axes]
    return [
        value for part in parts if part is not None for _, value in part if isinstance(value, Graph)
    ]


def named_files(manifest: Manifest) -> list[tuple[str, Role]]:
    """Every file that the manifest itself gives a role, shards thus left out. A path may have several roles."""
    singles = [
        (manifest.tokens.vocabulary if manifest.tokens else None, Role.VOCABULARY),
        (manifest.examples, Role.EXAMPLES),
        (manifest.pictures, Role.PICTURES),
        (manifest.probe, Role.PROBE),
    ]
    points = [(one.points.path, Role.POINTS) for one in manifest.axes if one.points]
    return [(graph.path, Role.GRAPH) for graph in graphs_of(manifest)] + [
        (path, role) for path, role in [*singles, *points] if path is not None
    ]


def without_role(folder: Path, manifest: Manifest) -> list[str]:
    """Every listed file that has no role, and every file of another type than its role's, one line each."""
    roles = named_files(manifest)
    roles += [
        (shard, Role.SHARD) for graph in graphs_of(manifest) for shard in _shards(folder, graph)
    ]
    known = {path for path, _ in roles}
    problems = [
        f"{file.path} has no role in a bundle" for file in manifest.files if file.path not in known
    ]
    problems += [
        f"expected {role.value} in a file of type {ENDINGS[role]}, found {path}"
        for path, role in roles
        if PurePosixPath(path).suffix != ENDINGS[role]
    ]
    return list(
        dict.fromkeys(
            problems
            + [
                f"expected plain names, found {path}"
                for path in sorted(known)
                if not is_plain(path)
            ]
        )
    )


def can_have_role(path: str) -> bool:
    """Whether a file at `path`, which an older or damaged manifest lists, may have been written as part of a bundle."""
    return is_plain(path) and PurePosixPath(path).suffix in ENDINGS.values()


def linked(folder: Path, manifest: Manifest) -> list[str]:
    """Every part of a bundle that is a link, or lies behind one, one line each."""
    links = [
        first_link(folder, path) for path in (MANIFEST, *(file.path for file in manifest.files))
    ]
    return [f"{path} is a link" for path in dict.fromkeys(links) if path is not None]


def refuse_strays(folder: Path, manifest: Manifest) -> None:
    """Raise ZlideError where `folder` holds more than the files of its bundle, and what lies compressed beside one of them."""
    if strays := list(_strays(folder, {MANIFEST, *(file.path for file in manifest.files)})):
        raise ZlideError(
            folder,
            f"expected only what its manifest lists, found {shortened(strays)}",
            "move the rest elsewhere",
        )


def _strays(folder: Path, known: Collection[str], within: str = "") -> Iterator[str]:
    for path in sorted(within + one.name for one in (folder / within).iterdir()):
        if path in {*known, STAGING}:
            continue
        if is_link(folder / path):
            yield f"{path} (a link)"
        elif (folder / path).is_dir():
            if any(one.startswith(f"{path}/") for one in known):
                yield from _strays(folder, known, f"{path}/")
            elif any((folder / path).iterdir()):
                yield f"{path}/"
        elif not (path.endswith(END) and path.removesuffix(END) in known):
            yield path


def _shards(folder: Path, graph: Graph) -> list[str]:
    """Of a graph; none where its model.json cannot be read."""
    try:
        groups = json.loads((folder / graph.path).read_text("utf-8")).get("weightsManifest") or []
        return [
            str(PurePosixPath(graph.path).parent / shard)
            for group in groups
            for shard in group["paths"]
        ]
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []
