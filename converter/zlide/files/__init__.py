"""Door."""

from __future__ import annotations

from zlide.files.atomic import (
    OwnedFolder,
    atomic_file,
    atomic_folder,
    require_folder,
    require_replaceable,
)
from zlide.files.folder_kind import require_kind
from zlide.files.paths import SITE_LIST, files_in, first_link, is_link, is_plain, shortened
from zlide.files.png import read_png, write_png
from zlide.files.precompressed import (
    COMPRESSIONS,
    END,
    Compression,
    beside,
    is_compressed,
    is_same,
    stale,
    with_compressed,
    write_compressed,
)
from zlide.files.workspace import STAGING

__all__ = [
    "COMPRESSIONS",
    "END",
    "SITE_LIST",
    "STAGING",
    "Compression",
    "OwnedFolder",
    "atomic_file",
    "atomic_folder",
    "beside",
    "files_in",
    "first_link",
    "is_compressed",
    "is_link",
    "is_plain",
    "is_same",
    "read_png",
    "require_folder",
    "require_kind",
    "require_replaceable",
    "shortened",
    "stale",
    "with_compressed",
    "write_compressed",
    "write_png",
]
