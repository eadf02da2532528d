"""The built page and bundles → one static folder, which any server can serve from any path."""

from __future__ import annotations

import filecmp
import json
import os
import re
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from zlide.bundle import copy_bundle, read_bundle
from zlide.compressed import Compression, is_compressed, with_compressed, write_compressed
from zlide.errors import ZlideError
from zlide.manifest import Manifest
from zlide.roles import refuse_strays
from zlide.said import kind_of, said
from zlide.staging import refuse_other, staged_folder

PAGE = Path(__file__).parent / "page"
"""Where the page's build lands; part of a release, git-ignored in a checkout."""

OWNED = with_compressed({"assets", "index.html", "licences.txt", "licences.worker.txt", "models", "models.json", "verify.html"})
"""What a site is made of, beside what its page is; whatever else lies in its folder, of git or of the host, is left there."""

INDEX = "models.json"
"""Lists the bundles for the page, and marks a folder as a site that may be replaced."""

FOLDER = re.compile("(?:[a-zA-Z0-9_-]+/)+")
"""What the page takes for a bundle's address: a folder inside the site, of plain names, with a slash at its end."""


def write_site(bundles: Sequence[Path], to: Path, page: Path = PAGE, compression: Compression = "gzip") -> None:
    """Write the page to `to`, each bundle to `to/models/<name>/`, and their list to `to/models.json`.

    `to` is replaced only when the new site is complete, and only if it is a site (or empty); files that are in it already, to the
    last byte, keep their times. compression: "gzip" puts NAME.gz beside what shrinks by it, "none" does not.
    Of a bundle only what its manifest lists is written. Raises ZlideError for a page that is not built, a bundle that cannot be read or holds
    anything else, two bundles of one name, and a folder of something else.
    """
    refuse_site(to, page)
    manifests = [(read_publishable(bundle), bundle) for bundle in bundles]
    by_name(((manifest.name, bundle) for manifest, bundle in manifests), "export one of them under another name")
    owned = OWNED | with_compressed(path.name for path in page.iterdir())
    with staged_folder(to, INDEX, owned) as fresh:
        _copy(page, fresh)
        for manifest, bundle in manifests:
            copy_bundle(bundle, manifest, fresh / "models" / manifest.name)
        models = {"models": [{"path": f"models/{manifest.name}/", "title": manifest.title} for manifest, _ in manifests]}
        (fresh / INDEX).write_text(json.dumps(models, indent=1, ensure_ascii=False) + "\n", "utf-8")
        _keep_times(fresh, to)
        if compression == "gzip":
            write_compressed(fresh)


def read_publishable(bundle: Path) -> Manifest:
    """The manifest of a bundle that a site may hold. Raises ZlideError where `read_bundle` does, and for a folder that holds anything else."""
    manifest = read_bundle(bundle)
    refuse_strays(bundle, manifest)
    return manifest


def refuse_site(to: Path, page: Path = PAGE) -> None:
    """Raise ZlideError where `write_site` would, whatever the bundles: for a page that is not built, and a folder of something else."""
    if not (page / "index.html").is_file():
        raise ZlideError(page, "the page is not built", "run `make page`, or install a release of zlide")
    refuse_other(to, INDEX)


def by_name(models: Iterable[tuple[str, Path]], remedy: str) -> dict[str, Path]:
    """Names and folders of models as a mapping. Raises ZlideError, with what to do, for two of one name."""
    named: dict[str, Path] = {}
    for name, folder in models:
        if name in named:
            raise ZlideError(folder, f"its name is {name!r}, and so is that of {named[name]}", remedy)
        named[name] = folder
    return named


def _copy(source: Path, to: Path) -> None:
    """Copy contents alone: an installed page may be read-only, a site must not be."""
    for path in sorted(source.rglob("*")):
        if path.is_file() and not is_compressed(path):
            target = to / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


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
        raise ZlideError(site / INDEX, f"expected a list of models, found: {said(error)}", "make a site with `zlide build`") from error
    if not (isinstance(whole, dict) and "models" in whole):
        raise ZlideError(site / INDEX, f"expected a list of models, found: {kind_of(whole)} without one", "make a site with `zlide build`")
    models = whole["models"]
    others = [model for model in models if not _is_model(model)] if isinstance(models, list) else [models]
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
