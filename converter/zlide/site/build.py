"""Write the built page and bundles to one static folder, which any server can serve."""

from __future__ import annotations

import filecmp
import json
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from zlide.bundle import MANIFEST, Manifest, copy_bundle, own_files, read_bundle, refuse_strays
from zlide.errors import ZlideError
from zlide.files import (
    GZIP_SUFFIX,
    SITE_LIST,
    Compression,
    OwnedFolder,
    atomic_folder,
    files_in,
    first_link,
    is_gzip_copy,
    is_link,
    is_plain_path,
    read_json,
    require_replaceable,
    summarize,
    with_gzip_copies,
    write_gzip_copies,
)
from zlide.messages import json_type, reason_of

PAGE = Path(__file__).parents[1] / "page"
"""The built page. It is part of a release, and git-ignored in a checkout."""

PAGES = ("index.html", "licences.txt", "licences.worker.txt", "verify.html")
"""Files at the root of sites that were written before sites listed their files."""

INDEX = "models.json"
"""Lists the bundles for the page, and marks a folder as a site."""

LIST_FORMAT = "zlide-site/1"

FOLDER = re.compile("(?:[a-zA-Z0-9_-]+/)+")
"""Paths of bundles that the page accepts: folders inside the site, with a slash at the end."""


def write_site(
    bundles: Sequence[Path], to: Path, page: Path = PAGE, compression: Compression = "gzip"
) -> None:
    """Write a site to `to`: the page, each bundle in `models/<name>/`, `models.json`, `SITE_LIST`.

    Only files that a bundle's manifest lists are written. In a site that exists, only files that
    zlide wrote are replaced or removed, once the new site is complete. Unchanged files keep their
    times. With compression "gzip", files that compress well get a copy NAME.gz.

    Raises ZlideError for a page that is not built, and for bundles that are not publishable or
    share a name; also for a folder of another kind, and for other files in the way.
    """
    refuse_site(to, page)
    if around := [bundle for bundle in bundles if to.resolve().is_relative_to(bundle.resolve())]:
        problem = f"expected a folder outside the bundles, found one in {around[0]}"
        raise ZlideError(to, problem, "choose another folder")
    manifests = [(read_publishable(bundle), bundle) for bundle in bundles]
    models_by_name(
        ((manifest.name, bundle) for manifest, bundle in manifests),
        "export one of them under another name",
    )
    with atomic_folder(to, _owned_site(page)) as fresh:
        _copy_page(page, fresh)
        models = []
        for manifest, bundle in manifests:
            path = f"models/{manifest.name}/"
            copy_bundle(bundle, manifest, fresh / path)
            models.append({"path": path, "title": manifest.title})
        _write_json(fresh / INDEX, {"models": models})
        _keep_times(fresh, to)
        if compression == "gzip":
            write_gzip_copies(fresh)
        _write_json(fresh / SITE_LIST, {"format": LIST_FORMAT, "files": files_in(fresh)})


def read_publishable(bundle: Path) -> Manifest:
    """Return the manifest of a bundle that a site may contain.

    Raises ZlideError where `read_bundle` does, and for a folder with other files in it.
    """
    manifest = read_bundle(bundle)
    refuse_strays(bundle, manifest)
    return manifest


def refuse_site(to: Path, page: Path = PAGE) -> None:
    """Raise ZlideError if `write_site` would refuse `to` or `page`, whatever the bundles."""
    if not (page / "index.html").is_file():
        remedy = "run `make page`, or install a release of zlide"
        raise ZlideError(page, "the page is not built", remedy)
    require_replaceable(to, _owned_site(page))


def _owned_site(page: Path) -> OwnedFolder:
    return OwnedFolder(INDEX, lambda to: _own_files(to, page), _rank)


def _rank(path: str) -> int:
    """Rank content below files that name it: manifests, files at the root, pages, `SITE_LIST`."""
    name = path.removesuffix(GZIP_SUFFIX)
    if name == SITE_LIST:
        return 4
    if "/" not in name:
        return 3 if name.endswith(".html") else 2
    return int(name.endswith(f"/{MANIFEST}"))


def _own_files(to: Path, page: Path) -> frozenset[str]:
    """Return the files that zlide wrote into the site `to`; none if it is not a site.

    Sites of older versions have no list of their files.
    """
    if os.path.lexists(to / SITE_LIST):
        return frozenset({SITE_LIST, *_read_list(to / SITE_LIST)})
    try:
        folders = read_site(to)
    except ZlideError:
        return frozenset()
    bundles = [
        folder + path
        for folder in folders
        if first_link(to, folder) is None
        for path in own_files(to / folder)
    ]
    return with_gzip_copies({INDEX, *PAGES, *files_in(page), *bundles})


def _read_list(path: Path) -> list[str]:
    """Return the paths in a site's list of its own files. Raise ZlideError for any other file."""
    remedy = "remove it, and build the site again"
    if is_link(path):
        raise ZlideError(path, "expected a list of files, found a link", remedy)
    data = _read_json(path, "a list of files", remedy)
    files = data.get("files") if isinstance(data, dict) else None
    if not isinstance(files, list) or data.get("format") != LIST_FORMAT:
        expected = f"expected a list of files in the format {LIST_FORMAT}"
        raise ZlideError(path, f"{expected}, found {json_type(data)} without one", remedy)
    if refused := [json.dumps(name) for name in files if not is_plain_path(name)]:
        problem = f"expected paths of files inside the site, found {summarize(refused)}"
        raise ZlideError(path, problem, remedy)
    return files


def _read_json(path: Path, expected: str, remedy: str) -> Any:
    try:
        return read_json(path)
    except (OSError, ValueError, RecursionError) as error:
        problem = f"expected {expected}, found: {reason_of(error)}"
        raise ZlideError(path, problem, remedy) from error


def _write_json(path: Path, data: object) -> None:
    path.write_text(json.dumps(data, indent=1, ensure_ascii=False) + "\n", "utf-8")


def models_by_name(models: Iterable[tuple[str, Path]], remedy: str) -> dict[str, Path]:
    """Return pairs of a name and a folder as a dict.

    Raises ZlideError, with `remedy`, for two folders with the same name.
    """
    folders: dict[str, Path] = {}
    for name, folder in models:
        if name in folders:
            problem = f"expected another name than that of {folders[name]}, found {name!r} for both"
            raise ZlideError(folder, problem, remedy)
        folders[name] = folder
    return folders


def _copy_page(page: Path, to: Path) -> None:
    """Copy contents but not permissions: an installed page may be read-only."""
    for path in files_in(page):
        if not is_gzip_copy(page / path):
            (to / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(page / path, to / path)


def _keep_times(fresh: Path, before: Path) -> None:
    """Give unchanged files their old times, so that nobody fetches or uploads them again."""
    for path in fresh.rglob("*"):
        old = before / path.relative_to(fresh)
        if path.is_file() and old.is_file() and filecmp.cmp(path, old, shallow=False):
            os.utime(path, ns=(old.stat().st_atime_ns, old.stat().st_mtime_ns))


def read_site(site: Path) -> list[str]:
    """Return the paths of a site's bundles, relative to it.

    Raises ZlideError for a folder that is not a site, and for paths outside of it.
    """
    path, remedy = site / INDEX, "make a site with `zlide build`"
    data = _read_json(path, "a list of models", remedy)
    if not (isinstance(data, dict) and "models" in data):
        problem = f"expected a list of models, found: {json_type(data)} without one"
        raise ZlideError(path, problem, remedy)
    models = data["models"]
    refused = [models]
    if isinstance(models, list):
        refused = [model for model in models if not _is_model(model)]
    if refused or not models:
        found = ", ".join(map(json.dumps, refused)) or "none"
        expected = 'expected folders inside the site, as {"path": "models/<name>/", "title": "…"}'
        raise ZlideError(path, f"{expected}, found {found}", "build the site again")
    return [model["path"] for model in models]


def _is_model(model: object) -> bool:
    if not isinstance(model, dict):
        return False
    path, title = model.get("path"), model.get("title")
    return isinstance(title, str) and isinstance(path, str) and FOLDER.fullmatch(path) is not None
