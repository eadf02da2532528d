"""Relative paths of files in a folder that may come from a stranger."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

SITE_LIST = ".zlide-site.json"
"""Lists the files of a site that zlide wrote. It is the only hidden file that zlide writes."""

_MAX_NAMED = 3

_JUNCTION = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)  # Windows only


def is_plain_path(path: object) -> bool:
    """Return whether `path` is a relative path in a folder, with "/" and without hidden parts."""
    if not isinstance(path, str) or not path.isprintable() or any(c in path for c in "\\:"):
        return False
    pure = PurePosixPath(path)
    is_normal = bool(pure.parts) and str(pure) == path and not pure.is_absolute()
    return is_normal and not any(part.startswith(".") for part in pure.parts)


def is_own_path(path: object) -> bool:
    """Return whether zlide may have written a file at `path`."""
    return path == SITE_LIST or is_plain_path(path)


def is_link(path: Path) -> bool:
    """Return whether `path` is a symbolic link or a Windows junction."""
    try:
        status = path.lstat()
    except OSError:
        return False
    return stat.S_ISLNK(status.st_mode) or getattr(status, "st_reparse_tag", 0) == _JUNCTION


def first_link(folder: Path, path: str) -> str | None:
    """Return the first part of the relative `path` in `folder` that is a link, None without one."""
    pure = PurePosixPath(path)
    parts = [*reversed(pure.parents), pure]
    return next((str(part) for part in parts[1:] if is_link(folder / part)), None)


def files_in(folder: Path) -> list[str]:
    """Return the relative paths, with "/", of all files below `folder`, sorted."""
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def summarize(names: Sequence[str]) -> str:
    """Return the first three names as a phrase, with the number of others: "a, b, c and 2 more"."""
    # Names on a disk may not be valid UTF-8.
    shown = [name.encode("utf-8", "replace").decode() for name in names]
    if len(shown) > _MAX_NAMED:
        shown = [*shown[:_MAX_NAMED], f"{len(shown) - _MAX_NAMED} more"]
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
