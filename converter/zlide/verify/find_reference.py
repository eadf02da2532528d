"""Find the file with PyTorch's samples that an export wrote beside a bundle."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from zlide.bundle import REFERENCE_SUFFIX, Manifest, sha256
from zlide.errors import ZlideError


def find_reference(site: Path, manifest: Manifest, references: Sequence[Path]) -> Path | None:
    """Return the file whose hash is in the manifest of a bundle, or None if there is none to try.

    references: the files to try. If there are none, those with the name of the bundle are tried, in
    the current folder, in the folder of `site`, and in the folders inside these two.
    Raises ZlideError if the files are only of other exports, or damaged.
    """
    if manifest.reference is None:
        if not references:
            return None
        problem = "expected a bundle that names its reference, found none in its manifest"
        remedy = "leave out --reference, or export the bundle again"
        raise ZlideError(manifest.name, problem, remedy)
    if missing := [path for path in references if not path.is_file()]:
        raise ZlideError(missing[0], "expected a reference, found no file", "name another one")
    candidates = list(references) or list(_named(site, manifest.name))
    for path in candidates:
        if sha256(path) == manifest.reference:
            return path
    if not candidates:
        return None
    raise ZlideError(
        candidates[0],
        f"expected the reference {manifest.reference[:12]}… that was written with the bundle "
        f"{manifest.name}, found that of another export, or a damaged one",
        "build the site again, or export the bundle again first",
    )


def _named(site: Path, name: str) -> Iterator[Path]:
    """Yield the references that have the name of a bundle, each once."""
    patterns = (f"*{REFERENCE_SUFFIX}", f"*/*{REFERENCE_SUFFIX}")
    seen: set[Path] = set()
    for folder in (Path(), site.absolute().parent):
        for path in sorted(path for pattern in patterns for path in folder.glob(pattern)):
            is_named = path.name.lower() == name + REFERENCE_SUFFIX
            if is_named and path.is_file() and path.resolve() not in seen:
                seen.add(path.resolve())
                yield path
