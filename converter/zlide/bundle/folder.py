"""Read, copy and check the folder of a bundle."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from zlide.axes import NAME_PATTERN
from zlide.bundle.consistency import inconsistencies
from zlide.bundle.examples import read_positions
from zlide.bundle.manifest import File, Manifest, read_manifest
from zlide.bundle.roles import MANIFEST, files_with_roles, is_bundle_path, links_in, role_problems
from zlide.errors import ZlideError
from zlide.files import (
    GZIP_SUFFIX,
    OwnedFolder,
    is_current_gzip,
    is_gzip_copy,
    outdated_gzip_copies,
    read_json,
    require_kind,
)


def list_files(folder: Path) -> list[File]:
    """Return size and hash of every file below `folder`, ordered by path.

    The manifest and precompressed copies are left out.
    """
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.is_file() and path != folder / MANIFEST and not is_gzip_copy(path)
    )
    return [
        File(
            path=path.relative_to(folder).as_posix(),
            bytes=path.stat().st_size,
            sha256=sha256(path),
        )
        for path in paths
    ]


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


_REMEDIES = {
    "a checkpoint": "make a bundle of it with `zlide export`",
    "a site": "give the folder of one of its bundles, models/<name>",
}


def read_bundle(folder: Path) -> Manifest:
    """Return the manifest of a bundle, all files of which exist, are unchanged and consistent.

    Raises a ZlideError that names every file for which this is not true.
    """
    require_kind(folder, "a bundle", _REMEDIES)
    if not (folder / MANIFEST).is_file():
        problem = f"cannot be read: {os.strerror(errno.ENOENT)}"
        raise ZlideError(folder / MANIFEST, problem, "make a bundle with `zlide export`")
    manifest = read_manifest(folder / MANIFEST)
    if links := links_in(folder, manifest):
        raise ZlideError(folder, "; ".join(links), "replace it by the file or folder itself")
    checked = (_file_problem(folder, file) for file in manifest.files)
    problems = [problem for problem in checked if problem]
    problems += _unlisted_files(manifest)
    problems = problems or inconsistencies(folder, manifest) or role_problems(folder, manifest)
    if problems:
        raise ZlideError(folder, "; ".join(problems), "export the bundle again")
    if manifest.examples:
        sliders = len(manifest.axes[0].axes)
        examples = read_positions(folder / manifest.examples, sliders, manifest.latent_size)
        if manifest.pictures:
            manifest.decoder.check_pictures(folder / manifest.pictures, len(examples))
    return manifest


def copy_bundle(folder: Path, manifest: Manifest, to: Path) -> None:
    """Copy the files that `manifest`, the manifest of `folder`, lists into the new folder `to`.

    Raises ZlideError if a file has changed since the manifest was read.
    """
    for path in (MANIFEST, *(file.path for file in manifest.files)):
        (to / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / path, to / path)
    has_changed = any(_file_problem(to, file) for file in manifest.files)
    if has_changed or read_manifest(to / MANIFEST) != manifest:
        problem = "expected an unchanged bundle, found that it changed while it was copied"
        raise ZlideError(folder, problem, "run the command again")


def own_files(folder: Path) -> frozenset[str]:
    """Return the relative paths of the files that zlide wrote into the bundle `folder`.

    The bundle may be damaged or of another version. Precompressed copies in a site are included.
    The result is empty for a folder that is not a bundle.
    """
    try:
        data = read_json(folder / MANIFEST)
    except (OSError, ValueError, RecursionError):
        return frozenset()
    if not (isinstance(data, dict) and str(data.get("format")).startswith("zlide-bundle/")):
        return frozenset()
    rows = data["files"] if isinstance(data.get("files"), list) else []
    listed = [row.get("path") for row in rows if isinstance(row, dict)]
    paths = {MANIFEST, *(path for path in listed if isinstance(path, str) and is_bundle_path(path))}
    copies = {path + GZIP_SUFFIX for path in paths}
    return frozenset(paths | {copy for copy in copies if is_current_gzip(folder / copy)})


BUNDLE = OwnedFolder(MANIFEST, own_files, lambda path: int(path == MANIFEST))
"""The folder of a bundle. Its manifest is put in place last."""


def refuse_stale(bundle: Path) -> None:
    """Raise ZlideError if a precompressed copy in a bundle differs from its original."""
    if problems := outdated_gzip_copies(bundle):
        raise ZlideError(bundle, "; ".join(problems), "build the site again")


def _unlisted_files(manifest: Manifest) -> list[str]:
    listed = {file.path for file in manifest.files}
    paths = dict.fromkeys(path for path, _ in files_with_roles(manifest))
    return [f"{path} is not in the manifest" for path in paths if path not in listed]


def _file_problem(folder: Path, file: File) -> str | None:
    path = folder / file.path
    if not path.is_file():
        return f"{file.path} is missing"
    if path.stat().st_size != file.bytes:
        return f"{file.path} has {path.stat().st_size} bytes, expected {file.bytes}"
    return None if sha256(path) == file.sha256 else f"{file.path} does not match its hash"


def graph_nodes(path: Path) -> dict[str, int]:
    """Return the number of nodes of a `model.json` by op, as `count_ops` does."""
    return count_ops(read_json(path)["modelTopology"]["node"])


def count_ops(nodes: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Return the number of nodes by op, the most frequent op first.

    Constants are left out, and nodes that read only constants, which run once on loading.
    """
    constants = {node["name"] for node in nodes if node["op"] == "Const"}
    computed = [
        node["op"]
        for node in nodes
        if node["op"] != "Const" and not (node.get("input") and constants.issuperset(node["input"]))
    ]
    return dict(Counter(computed).most_common())


def folder_name(to: Path) -> str:
    """Return the model's name: the folder's name in lower case.

    Raises ZlideError for a name that cannot be part of a URL as it is.
    """
    name = to.resolve().name
    if not re.fullmatch(NAME_PATTERN, name.lower()):
        raise ZlideError(
            to,
            f"expected a folder named in letters a to z, digits, - and _, found {name!r}",
            "choose another name",
        )
    return name.lower()
