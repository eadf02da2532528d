"""Replace zlide's own files in a folder by new ones, all or none, without touching other files."""

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
from zlide.files.paths import files_in, first_link, is_link, is_own_path, summarize

JOURNAL = "journal.json"


@dataclass(frozen=True)
class ReplacementPlan:
    """The changes to a folder; all paths are relative to it.

    placed: the SHA-256 of each file to put in place, by path, in order.
    removed: files of the last build to remove.
    folders: folders to make, each after its parent.
    replaced: those of `placed` that exist already.
    """

    placed: dict[str, str]
    removed: list[str]
    folders: list[str]
    replaced: list[str]


def plan_replacement(
    to: Path, fresh: Path, own: Iterable[str], rank: Callable[[str], int]
) -> ReplacementPlan:
    """Plan the changes after which zlide's own files in `to` are those of `fresh`.

    own: paths in `to` that zlide wrote; links and folders at these paths are not zlide's.
    rank: files of a lower rank are put in place first.
    Raises ZlideError if another file, a folder or a link is in the way, and for hidden names.
    """
    ours = {path for path in own if _is_file(to, path)}
    new = files_in(fresh)
    if refused := [path for path in new if not is_own_path(path)]:
        problem = f"expected plain names of new files, found {summarize(refused)}"
        raise ZlideError(to, problem, "rename them")
    if blocked := sorted({found for path in new if (found := _obstacle(to, path, ours))}):
        problem = f"expected only files that zlide wrote, found {summarize(blocked)} in the way"
        raise ZlideError(to, problem, "move it elsewhere, or choose another folder")
    placed = [path for path in new if not (path in ours and _same_file(fresh / path, to / path))]
    placed.sort(key=lambda path: (rank(path), path))
    parents = {folder for path in placed for folder in PurePosixPath(path).parents}
    return ReplacementPlan(
        placed={path: _sha256(fresh / path) for path in placed},
        removed=sorted(ours.difference(new)),
        folders=sorted(str(folder) for folder in parents if not (to / folder).exists()),
        replaced=[path for path in placed if path in ours],
    )


def apply_replacement(
    plan: ReplacementPlan, to: Path, fresh: Path, backup: Path, journal: Path
) -> None:
    """Change `to` as planned, or leave it unchanged if anything fails.

    The old files are in `backup` meanwhile. The journal exists while there is something to undo.
    Callers must defer signals.
    """
    for path in (*plan.replaced, *plan.removed):
        _back_up(to / path, backup / path)
    partial = journal.with_name(f"{journal.name}.partial")
    partial.write_text(json.dumps(asdict(plan)), "utf-8")
    partial.replace(journal)
    try:
        for folder in plan.folders:
            (to / folder).mkdir()
        for path in plan.placed:
            (fresh / path).replace(to / path)
        for path in plan.removed:
            (to / path).unlink()
        journal.unlink()
    except BaseException:
        undo_replacement(to, backup, journal)
        raise
    _remove_empty_folders(to, plan.removed)


def undo_replacement(to: Path, backup: Path, journal: Path) -> None:
    """Undo the changes that `apply_replacement` made before it was interrupted.

    Files that somebody else has changed since then stay. Raises ZlideError for a damaged journal.
    """
    plan = _read_journal(journal)
    for path in reversed(plan.placed):
        if _is_file(to, path) and _sha256(to / path) == plan.placed[path]:
            if _is_file(backup, path):
                (backup / path).replace(to / path)
            elif path not in plan.replaced:
                (to / path).unlink()
    for path in plan.removed:
        is_free = first_link(to, path) is None and not os.path.lexists(to / path)
        if is_free and _is_file(backup, path):
            (backup / path).replace(to / path)
    for folder in reversed(plan.folders):
        with suppress(OSError):
            (to / folder).rmdir()
    journal.unlink()


def _same_file(a: Path, b: Path) -> bool:
    return filecmp.cmp(a, b, shallow=False)


def _obstacle(to: Path, path: str, ours: Collection[str]) -> str | None:
    """Return the link, folder or other file that keeps a file from being put at `path`, or None."""
    if link := first_link(to, path):
        return f"{link} (a link)"
    for folder in PurePosixPath(path).parents:
        if os.path.lexists(to / folder) and not (to / folder).is_dir():
            return str(folder)
    return path if os.path.lexists(to / path) and path not in ours else None


def _is_file(folder: Path, path: str) -> bool:
    """Return whether `path` is a file in `folder`, and no part of it is a link."""
    return is_own_path(path) and first_link(folder, path) is None and (folder / path).is_file()


def _back_up(path: Path, backup: Path) -> None:
    """Hard-link a file to its backup, or copy it where the file system has no hard links."""
    backup.parent.mkdir(parents=True, exist_ok=True)
    try:
        os.link(path, backup)
    except OSError:
        shutil.copy2(path, backup)


def _remove_empty_folders(to: Path, removed: Iterable[str]) -> None:
    """Remove the folders of removed files that are empty now."""
    folders = {folder for path in removed for folder in PurePosixPath(path).parents if folder.parts}
    for folder in sorted(folders, key=lambda folder: len(folder.parts), reverse=True):
        if not is_link(to / folder):
            with suppress(OSError):
                (to / folder).rmdir()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_journal(path: Path) -> ReplacementPlan:
    remedy = "remove this folder"
    try:
        plan = ReplacementPlan(**json.loads(path.read_text("utf-8")))
        paths = [*plan.placed, *plan.removed, *plan.folders, *plan.replaced]
    except (ValueError, TypeError, RecursionError) as error:
        problem = "expected the journal of an interrupted run of zlide, found something else"
        raise ZlideError(path, problem, remedy) from error
    if refused := [str(path) for path in paths if not is_own_path(path)]:
        raise ZlideError(path, f"expected plain paths, found {summarize(refused)}", remedy)
    return plan
