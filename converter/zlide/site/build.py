"""The built page and bundles → one static folder, which any server can serve from any path."""

from __future__ import annotations

import filecmp
import json
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from zlide.bundle import MANIFEST, Manifest, copy_bundle, own_files, read_bundle, refuse_strays
from zlide.errors import ZlideError
from zlide.files import (
    END,
    SITE_LIST,
    Compression,
    OwnedFolder,
    atomic_folder,
    files_in,
    first_link,
    is_compressed,
    is_link,
    is_plain,
    require_replaceable,
    shortened,
    with_compressed,
    write_compressed,
)
from zlide.messages import kind_of, reason_of

PAGE = Path(__file__).parents[1] / "page"
"""Where the page's build lands; part of a release, git-ignored in a checkout."""

PAGES = ("index.html", "licences.txt", "licences.worker.txt", "verify.html")
"""What every page had at its root, before sites listed their files."""

INDEX = "models.json"
"""Lists the bundles for the page, and marks a folder as a site that may be replaced."""

LIST_FORMAT = "zlide-site/1"

FOLDER = re.compile("(?:[a-zA-Z0-9_-]+/)+")
"""What the page takes for a bundle's address: a folder inside the site, of plain names, with a slash at its end."""


def write_site(
    bundles: Sequence[Path], to: Path, page: Path = PAGE, compression: Compression = "gzip"
) -> None:
    """Write the page to `to`, each bundle to `to/models/<name>/`, their list to `to/models.json`, and a list of all of it to `SITE_LIST`.

    Of a bundle only what its manifest lists is written. Of what `to` holds already only the files that zlide wrote are changed or removed,
    when the new site is complete; files that are in it already, to the last byte, keep their times.
    compression: "gzip" puts NAME.gz beside what shrinks by it, "none" does not.
    Raises ZlideError for a page that is not built, a bundle that cannot be read or holds anything else, two bundles of one name, a folder
    of something else, and a file of somebody else in the way.
    """
    refuse_site(to, page)
    manifests = [(read_publishable(bundle), bundle) for bundle in bundles]
    by_name(
        ((manifest.name, bundle) for manifest, bundle in manifests),
        "export one of them under another name",
    )
    with atomic_folder(to, _site(page)) as fresh:
        _copy_page(page, fresh)
        for manifest, bundle in manifests:
            copy_bundle(bundle, manifest, fresh / "models" / manifest.name)
        models = {
            "models": [
                {"path": f"models/{manifest.name}/", "title": manifest.title}
                for manifest, _ in manifests
            ]
        }
        _write_json(fresh / INDEX, models)
        _keep_times(fresh, to)
        if compression == "gzip":
            write_compressed(fresh)
        _write_json(fresh / SITE_LIST, {"format": LIST_FORMAT, "files": files_in(fresh)})


def read_publishable(bundle: Path) -> Manifest:
    """The manifest of a bundle that a site may hold. Raises ZlideError where `read_bundle` does, and for a folder that holds anything else."""
    manifest = read_bundle(bundle)
    refuse_strays(bundle, manifest)
    return manifest


def refuse_site(to: Path, page: Path = PAGE) -> None:
    """Raise ZlideError where `write_site` would, whatever the bundles: for a page that is not built, and a folder of something else."""
    if not (page / "index.html").is_file():
        raise ZlideError(
            page, "the page is not built", "run `make page`, or install a release of zlide"
        )
    require_replaceable(to, _site(page))


def _site(page: Path) -> OwnedFolder:
    return OwnedFolder(INDEX, lambda to: _own_files(to, page), _rank)


def _rank(path: str) -> int:
    """Content, then what names it: manifests, what lies at the root, the pages, the list."""
    name = path.removesuffix(END)
    if name == SITE_LIST:
        return 4
    if "/" not in name:
        return 3 if name.endswith(".html") else 2
    return int(name.endswith(f"/{MANIFEST}"))


def _own_files(to: Path, page: Path) -> frozenset[str]:
    """What zlide wrote into the site `to`; nothing where it is none. A site without a list is from before there were lists."""
    if os.path.lexists(to / SITE_LIST):
        return frozenset({SITE_LIST, *_read_list(to / SITE_LIST)})
    try:
        models = read_site(to)
    except ZlideError:
        return frozenset()
    bundles = [
        path + name
        for path in models
        if first_link(to, path) is None
        for name in own_files(to / path)
    ]
    return with_compressed({INDEX, *PAGES, *files_in(page), *bundles})


def _read_list(path: Path) -> list[str]:
    """The paths in a site's list of its own files. Raises ZlideError for a list with anything else in it."""
    remedy = "remove it, and build the site again"
    if is_link(path):
        raise ZlideError(path, "expected a list of files, found a link", remedy)
    try:
        whole = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ZlideError(
            path, f"expected a list of files, found: {reason_of(error)}", remedy
        ) from error
    if not (
        isinstance(whole, dict)
        and whole.get("format") == LIST_FORMAT
        and isinstance(whole.get("files"), list)
    ):
        raise ZlideError(
            path,
            f"expected a list of files in the format {LIST_FORMAT}, found {kind_of(whole)} without one",
            remedy,
        )
    if strange := [json.dumps(one) for one in whole["files"] if not is_plain(one)]:
        raise ZlideError(
            path, f"expected paths of files inside the site, found {shortened(strange)}", remedy
        )
    return list(whole["files"])


def _write_json(path: Path, whole: object) -> None:
    path.write_text(json.dumps(whole, indent=1, ensure_ascii=False) + "\n", "utf-8")


def by_name(models: Iterable[tuple[str, Path]], remedy: str) -> dict[str, Path]:
    """Names and folders of models as a mapping. Raises ZlideError, with what to do, for two of one name."""
    named: dict[str, Path] = {}
    for name, folder in models:
        if name in named:
            raise ZlideError(
                folder, f"its name is {name!r}, and so is that of {named[name]}", remedy
            )
        named[name] = folder
    return named


def _copy_page(page: Path, to: Path) -> None:
    """Copy contents alone: an installed page may be read-only, a site must not be."""
    for path in map(Path, files_in(page)):
        if not is_compressed(page / path):
            (to / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(page / path, to / path)


def _keep_times(fresh: Path, before: Path) -> None:
    """What has not changed stays as old as it was, so that nobody fetches or uploads it anew."""
    for path in fresh.rglob("*"):
        old = before / path.relative_to(fresh)
        if path.is_file() and old.is_file() and filecmp.cmp(path, old, shallow=False):
            os.utime(path, ns=(old.stat().st_atime_ns, old.stat().st_mtime_ns))


def read_site(site: Path) -> list[str]:
    """The paths of a site's bundles, relative to it. Raises ZlideError for a folder that is none, and for a list that names anything else."""
    try:
        whole = json.loads((site / INDEX).read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ZlideError(
            site / INDEX,
            f"expected a list of models, found: {reason_of(error)}",
            "make a site with `zlide build`",
        ) from error
    if not (isinstance(whole, dict) and "models" in whole):
        raise ZlideError(
            site / INDEX,
            f"expected a list of models, found: {kind_of(whole)} without one",
            "make a site with `zlide build`",
        )
    models = whole["models"]
    others = (
        [model for model in models if not _is_model(model)]
        if isinstance(models, list)
        else [models]
    )
    if others or not models:
        found = ", ".join(map(json.dumps, others)) or "none"
        problem = f'expected folders inside the site, as {{"path": "models/<name>/", "title": "…"}}, found {found}'
        raise ZlideError(site / INDEX, problem, "build the site again")
    return [model["path"] for model in models]


def _is_model(model: object) -> bool:
    if not isinstance(model, dict):
        return False
    path, title = model.get("path"), model.get("title")
    return isinstance(title, str) and isinstance(path, str) and FOLDER.fullmatch(path) is not None
