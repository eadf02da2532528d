"""New files take the place of old ones, all or none, among files of other people that are never touched."""

from __future__ import annotations

import filecmp
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Collection, Iterable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath

from zlide.errors import ZlideError
from zlide.files.paths import files_in, first_link, is_link, may_be_ours, shortened

JOURNAL = "journal.json"


@dataclass(frozen=True)
class Plan:
    """What changes in a folder.

    placed: SHA-256 of each file that is put there, by path and in order; removed: files of the last build that go;
    folders: those that have to be made, each after the one that it lies in; replaced: those of `placed` that are there already.
    """

    placed: dict[str, str]
    removed: list[str]
    folders: list[str]
    replaced: list[str]


def plan(to: Path, fresh: Path, own: Iterable[str], rank: Callable[[str], int]) -> Plan:
    """What has to change in `to` so that its files of zlide's own are those of `fresh`. Changes nothing.

    own: paths in `to` that zlide wrote; those where a link or a folder lies now are not among them any more.
    rank: files of a lower rank are put in place first.
    Raises ZlideError where a file of somebody else, a folder or a link lies in the way, and for names that a list of files may not hold.
    """
    ours = {path for path in own if _is_file(to, path)}
    new = files_in(fresh)
    if strange := [path for path in new if not may_be_ours(path)]:
        raise ZlideError(
            to,
            f"expected plain names of files to put there, found {shortened(strange)}",
            "rename them",
        )
    if blocked := sorted({way for path in new if (way := _blocking(to, path, ours))}):
        problem = f"expected nothing but what zlide put there, found {shortened(blocked)}, which it did not"
        raise ZlideError(to, problem, "move it elsewhere, or choose another folder")
    placed = [
        path
        for path in new
        if not (path in ours and filecmp.cmp(fresh / path, to / path, shallow=False))
    ]
    placed.sort(key=lambda path: (rank(path), path))
    folders = {
        str(folder)
        for path in placed
        for folder in PurePosixPath(path).parents
        if not (to / folder).exists()
    }
    return Plan(
        placed={path: _sha256(fresh / path) for path in placed},
        removed=sorted(ours.difference(new)),
        folders=sorted(folders),
        replaced=[path for path in placed if path in ours],
    )


def carry_out(what: Plan, to: Path, fresh: Path, kept: Path, journal: Path) -> None:
    """Change `to` as planned. Old files lie in `kept` meanwhile; when anything fails, `to` is as it was.

    The journal is there as long as there is something to undo. No signal may interrupt this in the middle.
    """
    for path in (*what.replaced, *what.removed):
        _keep(to / path, kept / path)
    partial = journal.with_name(f"{journal.name}.partial")
    partial.write_text(json.dumps(asdict(what)), "utf-8")
    partial.replace(journal)
    try:
        for folder in what.folders:
            (to / folder).mkdir()
        for path in what.placed:
            (fresh / path).replace(to / path)
        for path in what.removed:
            (to / path).unlink()
        journal.unlink()
    except BaseException:
        undo(to, kept, journal)
        raise
    _remove_empty(to, what.removed)


def undo(to: Path, kept: Path, journal: Path) -> None:
    """Put back what `carry_out` had replaced and removed, and take away what it had added, as far as it had come.

    What is not as `carry_out` left it belongs to somebody else by now, and stays. Raises ZlideError for a journal that cannot be read.
    """
    what = _read_journal(journal)
    for path in reversed(what.placed):
        if _is_file(to, path) and _sha256(to / path) == what.placed[path]:
            if _is_file(kept, path):
                (kept / path).replace(to / path)
            elif path not in what.replaced:
                (to / path).unlink()
    for path in what.removed:
        if first_link(to, path) is None and not os.path.lexists(to / path) and _is_file(kept, path):
            (kept / path).replace(to / path)
    for folder in reversed(what.folders):
        with suppress(OSError):
            (to / folder).rmdir()
    journal.unlink()


def _blocking(to: Path, path: str, ours: Collection[str]) -> str | None:
    """What keeps a file from being put at `path`: a file of somebody else, a folder or a link, there or on the way."""
    if link := first_link(to, path):
        return f"{link} (a link)"
    for folder in PurePosixPath(path).parents:
        if os.path.lexists(to / folder) and not (to / folder).is_dir():
            return str(folder)
    return path if os.path.lexists(to / path) and path not in ours else None


def _is_file(folder: Path, path: str) -> bool:
    """Whether a file lies at `path` in `folder`, with no link on the way."""
    return may_be_ours(path) and first_link(folder, path) is None and (folder / path).is_file()


def _keep(path: Path, kept: Path) -> None:
    """Give a file a second name, by which it outlives its first one; a copy where the file system has no such names."""
    kept.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, kept)
    except OSError:
        shutil.copy2(path, kept)


def _remove_empty(to: Path, removed: Iterable[str]) -> None:
    """Remove folders that held removed files and are empty now."""
    folders = {folder for path in removed for folder in PurePosixPath(path).parents if folder.parts}
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        if not is_link(to / folder):
            with suppress(OSError):
                (to / folder).rmdir()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_journal(path: Path) -> Plan:
    try:
        what = Plan(**json.loads(path.read_text("utf-8")))
        paths = [*what.placed, *what.removed, *what.folders, *what.replaced]
    except (ValueError, TypeError, RecursionError) as error:
        raise ZlideError(
            path,
            "expected what a killed run of zlide had begun, found something else",
            "remove this folder",
        ) from error
    if strange := [one for one in paths if not may_be_ours(one)]:
        raise ZlideError(
            path,
            f"expected plain paths, found {shortened(list(map(str, strange)))}",
            "remove this folder",
        )
    return what
