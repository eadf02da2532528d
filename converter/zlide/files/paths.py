"""Paths inside a folder that may come from a stranger."""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

SITE_LIST = ".zlide-site.json"
"""In a site: which of its files zlide wrote. The only hidden file that zlide writes."""

_MOST_NAMED = 3

_JUNCTION = getattr(stat, "IO_REPARSE_TAG_MOUNT_POINT", -1)  # Windows alone has them


def is_plain(path: object) -> bool:
    """Whether `path` is text that names a file inside a folder: relative, "/" between its parts, none of which begins with a dot."""
    if not isinstance(path, str) or not path.isprintable() or any(c in path for c in "\\:"):
        return False
    pure = PurePosixPath(path)
    return (
        bool(pure.parts)
        and str(pure) == path
        and not pure.is_absolute()
        and not any(part.startswith(".") for part in pure.parts)
    )


def may_be_ours(path: object) -> bool:
    """Whether zlide may have written a file at `path`."""
    return path == SITE_LIST or is_plain(path)


def is_link(path: Path) -> bool:
    """Whether `path` is a symbolic link, or a junction of Windows."""
    try:
        found = path.lstat()
    except OSError:
        return False
    return stat.S_ISLNK(found.st_mode) or getattr(found, "st_reparse_tag", 0) == _JUNCTION


def first_link(folder: Path, path: str) -> str | None:
    """The first part of the way from `folder` to `path` inside it that is a link; None where there is none."""
    pure = PurePosixPath(path)
    ways = [*reversed(pure.parents), pure]
    return next((str(way) for way in ways[1:] if is_link(folder / way)), None)


def files_in(folder: Path) -> list[str]:
    """The paths of all files below `folder`, sorted, with "/" between their parts."""
    return sorted(
        path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()
    )


def shortened(names: Sequence[str]) -> str:
    """Some names for people: the first three, and how many others there are."""
    shown = [
        name.encode("utf-8", "replace").decode() for name in names
    ]  # a name on a disk may be no UTF-8
    if len(shown) > _MOST_NAMED:
        shown = [*shown[:_MOST_NAMED], f"{len(shown) - _MOST_NAMED} more"]
    return " and ".join(filter(None, [", ".join(shown[:-1]), shown[-1]]))
