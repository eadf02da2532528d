"""Write files and folders whole or not at all, and read files of strangers safely."""

from __future__ import annotations

from zlide.files.atomic import (
    OwnedFolder,
    atomic_file,
    atomic_folder,
    require_folder,
    require_replaceable,
)
from zlide.files.folder_kind import require_kind
from zlide.files.paths import SITE_LIST, files_in, first_link, is_link, is_plain_path, summarize
from zlide.files.png import read_png, write_png
from zlide.files.precompressed import (
    COMPRESSIONS,
    GZIP_SUFFIX,
    Compression,
    gzip_path,
    is_current_gzip,
    is_gzip_copy,
    outdated_gzip_copies,
    with_gzip_copies,
    write_gzip_copies,
)
from zlide.files.read_json import read_json
from zlide.files.workspace import STAGING

__all__ = [
    "COMPRESSIONS",
    "GZIP_SUFFIX",
    "SITE_LIST",
    "STAGING",
    "Compression",
    "OwnedFolder",
    "atomic_file",
    "atomic_folder",
    "files_in",
    "first_link",
    "gzip_path",
    "is_current_gzip",
    "is_gzip_copy",
    "is_link",
    "is_plain_path",
    "outdated_gzip_copies",
    "read_json",
    "read_png",
    "require_folder",
    "require_kind",
    "require_replaceable",
    "summarize",
    "with_gzip_copies",
    "write_gzip_copies",
    "write_png",
]
