"""Errors of the disk become a ZlideError and leave existing files unchanged."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from safetensors import SafetensorError
from safetensors.numpy import save_file

from tests.refusal import refusal
from zlide.bundle.folder import BUNDLE
from zlide.errors import ZlideError, disk_errors
from zlide.files.atomic import atomic_file, atomic_folder, require_folder, require_replaceable

FULL = [
    OSError(28, "No space left on device", "elsewhere"),
    SafetensorError("I/O error: No space left on device (os error 28)"),
    RuntimeError("weights/x; No space left on device"),
]
NOBODY = 65534


@contextmanager
def locked(folder: Path, *, seen: bool) -> Iterator[None]:
    """Make a folder read-only, or unreadable too; root becomes another user within the block."""
    folder.chmod(0o555 if seen else 0o444)
    root = os.geteuid() == 0
    if root:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(0o700)


@pytest.mark.parametrize("error", FULL, ids=lambda error: type(error).__name__)
def test_names_the_output_when_the_disk_is_full(error: Exception) -> None:
    with pytest.raises(ZlideError) as caught, disk_errors("site"):
        raise error
    assert (caught.value.where, caught.value.problem) == ("site", "no space left on the disk")
    assert "free some" in caught.value.remedy


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.EDQUOT, "free some"),
        (errno.EFBIG, "ulimit -f"),
        (errno.EIO, "choose another"),
        (errno.EROFS, "writable"),
    ],
)
def test_reads_the_errors_of_all_libraries(number: int, remedy: str) -> None:
    reason = os.strerror(number)
    for error in (
        OSError(number, reason),
        SafetensorError(f"Error while serializing: I/O error: {reason} (os error {number})"),
        RuntimeError(f"saved/variables.tempstate7448; {reason} [Op:SaveV2]"),
    ):
        with pytest.raises(ZlideError) as caught, disk_errors("site"):
            raise error
        assert (caught.value.where, caught.value.problem) == ("site", reason)
        assert remedy in caught.value.remedy


def test_a_file_size_limit_keeps_the_old_file(files_up_to: Any, tmp_path: Path) -> None:
    to = tmp_path / "training.safetensors"
    to.write_text("before")
    with files_up_to(1000), pytest.raises(ZlideError) as caught, atomic_file(to) as partial:
        save_file({"weights": np.zeros(1000, np.float32)}, partial)
    assert (caught.value.where, caught.value.problem) == (str(to), "File too large")
    assert "ulimit -f" in caught.value.remedy
    assert [path.name for path in tmp_path.iterdir()] == ["training.safetensors"]
    assert to.read_text() == "before"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_leaves_only_the_old_file(tmp_path: Path) -> None:
    file = tmp_path / "examples.json"
    file.write_text("before")
    (tmp_path / "examples.json.partial").symlink_to("/dev/full")
    with pytest.raises(ZlideError) as caught, atomic_file(file) as partial:
        partial.write_text("after")
    assert (caught.value.where, caught.value.problem) == (str(file), "no space left on the disk")
    assert [path.name for path in tmp_path.iterdir()] == ["examples.json"]
    assert file.read_text() == "before"


@pytest.mark.parametrize("seen", [True, False], ids=["read-only", "hidden"])
def test_names_the_final_path_without_permission(seen: bool) -> None:
    with TemporaryDirectory() as around:
        file, folder = Path(around).resolve() / "examples.json", Path(around).resolve() / "site"
        with (
            locked(Path(around), seen=seen),
            pytest.raises(ZlideError) as caught,
            atomic_file(file) as partial,
        ):
            partial.write_text("after")
        assert (caught.value.where, caught.value.problem) == (str(file), "Permission denied")
        assert "writable" in caught.value.remedy
        with (
            locked(Path(around), seen=seen),
            pytest.raises(ZlideError) as caught,
            atomic_folder(folder, BUNDLE),
        ):
            pass
        assert (caught.value.where, caught.value.problem) == (str(folder), "Permission denied")
        assert "writable" in caught.value.remedy


def test_names_another_file_that_fails(tmp_path: Path) -> None:
    with pytest.raises(ZlideError) as caught, atomic_file(tmp_path / "list.json"):
        (tmp_path / "none.txt").read_text()
    assert str(caught.value) == f"{tmp_path / 'none.txt'}: No such file or directory"


def test_refuses_a_file_in_place_of_a_folder(tmp_path: Path) -> None:
    file = tmp_path / "thesis.tex"
    file.write_text("years of work")
    for to in (file, file / "site", file / "of" / "mine"):
        for function in (
            require_folder,
            lambda to: require_replaceable(to, BUNDLE),
            lambda to: atomic_folder(to, BUNDLE).__enter__(),
        ):
            error = refusal(function, to)
            assert (error.where, error.problem) == (str(file), "expected a folder, found a file")
            assert "choose another" in error.remedy
    require_folder(tmp_path)
    require_folder(tmp_path / "of" / "mine")
    assert file.read_text() == "years of work"


def test_refuses_a_folder_in_place_of_a_file(tmp_path: Path) -> None:
    with pytest.raises(ZlideError) as caught, atomic_file(tmp_path) as partial:
        partial.write_text("after")
    assert (caught.value.where, caught.value.problem) == (str(tmp_path), "Is a directory")
    assert "choose another" in caught.value.remedy


def test_passes_other_errors_on() -> None:
    with pytest.raises(ValueError, match="something else"), disk_errors("site"):
        raise ValueError("something else")
