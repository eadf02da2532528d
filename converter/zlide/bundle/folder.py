"""The static folder of one model: writing the parts that are no graphs, hashing all, and reading it back."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zlide.bundle.consistency import inconsistencies
from zlide.bundle.examples import read_positions
from zlide.bundle.manifest import File, Manifest, read_manifest
from zlide.bundle.roles import MANIFEST, can_have_role, linked, named_files, without_role
from zlide.errors import ZlideError
from zlide.files import END, OwnedFolder, is_compressed, is_same, require_kind, stale


def list_files(folder: Path) -> list[File]:
    """Every file below `folder` but the manifest and what lies compressed beside another, with its size and hash, in order of path."""
    paths = sorted(
        p
        for p in folder.rglob("*")
        if p.is_file() and p != folder / MANIFEST and not is_compressed(p)
    )
    return [
        File(path=p.relative_to(folder).as_posix(), bytes=p.stat().st_size, sha256=sha256(p))
        for p in paths
    ]


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
    require_kind(folder, "a bundle", _REMEDIES)
    if not (folder / MANIFEST).is_file():
        raise ZlideError(
            folder / MANIFEST,
            f"cannot be read: {os.strerror(errno.ENOENT)}",
            "make a bundle with `zlide export`",
        )
    manifest = read_manifest(folder / MANIFEST)
    if links := linked(folder, manifest):
        raise ZlideError(folder, "; ".join(links), "put the file or folder itself in its place")
    problems = [problem for file in manifest.files if (problem := _problem(folder, file))]
    known = {file.path for file in manifest.files}
    problems += [
        f"{path} is not in the manifest"
        for path in dict.fromkeys(path for path, _ in named_files(manifest))
        if path not in known
    ]
    if problems := problems or inconsistencies(folder, manifest) or without_role(folder, manifest):
        raise ZlideError(folder, "; ".join(problems), "export the bundle again")
    if manifest.examples:
        read_positions(folder / manifest.examples, len(manifest.axes[0].axes), manifest.latent_size)
    return manifest


def copy_bundle(folder: Path, manifest: Manifest, to: Path) -> None:
    """Copy a bundle, which was read as `manifest`, into the new folder `to`: what its manifest lists, and nothing else.

    Raises ZlideError where a file is not what was read any more.
    """
    for path in (MANIFEST, *(file.path for file in manifest.files)):
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / path, to / path)
    if (
        any(_problem(to, file) for file in manifest.files)
        or read_manifest(to / MANIFEST) != manifest
    ):
        raise ZlideError(
            folder,
            "expected a bundle that nobody changes, found that it changed while it was copied",
            "run the command again",
        )


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
    listed = (
        [row.get("path") for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []
    )
    paths = {MANIFEST, *(path for path in listed if isinstance(path, str) and can_have_role(path))}
    return frozenset(paths | {packed for path in paths if is_same(folder / (packed := path + END))})


BUNDLE = OwnedFolder(MANIFEST, own_files, lambda path: int(path == MANIFEST))
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
    return dict(
        Counter(
            n["op"]
            for n in nodes
            if n["op"] != "Const" and not (n.get("input") and constants.issuperset(n["input"]))
        ).most_common()
    )
