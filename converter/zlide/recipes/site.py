"""Build a site from checkpoints and bundles."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from zlide.errors import disk_errors

if TYPE_CHECKING:
    from zlide.files import Compression


def build_site(
    folders: Sequence[Path],
    to: Path,
    compression: Compression,
    export: Callable[[Path, Path], None],
) -> None:
    """Export the checkpoints among `folders`, and write a site of them and of the bundles.

    compression: "gzip" adds NAME.gz where that is a tenth smaller.
    References beside bundles, which `bundles/*` names too, are skipped.
    export: exports the checkpoint of its first argument to the bundle of its second.
    Raises ZlideError, before any export, for two models of one name and for a `to` that holds
    something else; and where the export or `write_site` does.
    """
    from zlide.bundle import MANIFEST, REFERENCE_SUFFIX, folder_name
    from zlide.site import models_by_name, read_publishable, refuse_site, write_site

    def is_bundle(folder: Path) -> bool:
        return (folder / MANIFEST).is_file()

    folders = [folder for folder in folders if not folder.name.endswith(REFERENCE_SUFFIX)]
    names = (
        read_publishable(folder).name if is_bundle(folder) else folder_name(folder)
        for folder in folders
    )
    named = models_by_name(zip(names, folders, strict=True), "rename one of them")
    refuse_site(to)
    with disk_errors(to), tempfile.TemporaryDirectory(prefix="zlide-") as scratch:
        bundles: list[Path] = []
        for name, folder in named.items():
            if is_bundle(folder):
                bundles.append(folder)
                continue
            bundles.append(Path(scratch, name))
            export(folder, bundles[-1])
        write_site(bundles, to, compression=compression)
