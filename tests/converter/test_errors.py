"""What a disk refuses is one line, whoever notices it, and takes nothing away."""

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
    """A folder in which nothing can be made, or even looked for: the superuser, who could, becomes nobody meanwhile."""
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
def test_a_full_disk_is_named_by_what_was_to_be_written(error: Exception) -> None:
    with pytest.raises(ZlideError) as caught, disk_errors("site"):
        raise error
    assert (
        str(caught.value) == "site: no space left on the disk; free some and run the command again"
    )


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (errno.EDQUOT, "free some and run the command again"),
        (errno.EFBIG, "raise the limit (ulimit -f), or choose another place"),
        (errno.EIO, "choose another place"),
        (errno.EROFS, "make it writable, or choose another place"),
    ],
)
def test_what_a_disk_refuses_is_the_same_whoever_says_it(number: int, remedy: str) -> None:
    words = os.strerror(number)
    for error in (
        OSError(number, words),
        SafetensorError(f"Error while serializing: I/O error: {words} (os error {number})"),
        RuntimeError(f"saved/variables.tempstate7448; {words} [Op:SaveV2]"),
    ):
        with pytest.raises(ZlideError) as caught, disk_errors("site"):
            raise error
        assert str(caught.value) == f"site: {words}; {remedy}"


def test_tensors_that_a_limit_keeps_out_are_one_line(files_up_to: Any, tmp_path: Path) -> None:
    to = tmp_path / "training.safetensors"
    to.write_text("before")
    with files_up_to(1000), pytest.raises(ZlideError) as caught, atomic_file(to) as beside:
        save_file({"weights": np.zeros(1000, np.float32)}, beside)
    assert (
        str(caught.value)
        == f"{to}: File too large; raise the limit (ulimit -f), or choose another place"
    )
    assert [path.name for path in tmp_path.iterdir()] == ["training.safetensors"]
    assert to.read_text() == "before"


@pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="this system has no disk that is always full"
)
def test_a_full_disk_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    file = tmp_path / "examples.json"
    file.write_text("before")
    (tmp_path / "examples.json.partial").symlink_to("/dev/full")
    with (
        pytest.raises(
            ZlideError,
            match=r"examples\.json: no space left on the disk; free some and run the command again$",
        ),
        atomic_file(file) as to,
    ):
        to.write_text("after")
    assert [path.name for path in tmp_path.iterdir()] == ["examples.json"]
    assert file.read_text() == "before"


@pytest.mark.parametrize("seen", [True, False], ids=["read-only", "hidden"])
def test_what_is_not_yours_to_write_goes_by_its_own_name(seen: bool) -> None:
    remedy = "Permission denied; make it writable, or choose another place"
    with TemporaryDirectory() as around:
        file, folder = Path(around).resolve() / "examples.json", Path(around).resolve() / "site"
        with (
            locked(Path(around), seen=seen),
            pytest.raises(ZlideError) as caught,
            atomic_file(file) as to,
        ):
            to.write_text("after")
        assert str(caught.value) == f"{file}: {remedy}"
        with (
            locked(Path(around), seen=seen),
            pytest.raises(ZlideError) as caught,
            atomic_folder(folder, BUNDLE),
        ):
            pass
        assert str(caught.value) == f"{folder}: {remedy}"


def test_another_file_that_fails_is_named(tmp_path: Path) -> None:
    with pytest.raises(ZlideError) as caught, atomic_file(tmp_path / "list.json"):
        (tmp_path / "none.txt").read_text()
    assert str(caught.value) == f"{tmp_path / 'none.txt'}: No such file or directory"


def test_a_file_in_the_place_of_a_folder_is_named_before_any_work(tmp_path: Path) -> None:
    file = tmp_path / "thesis.tex"
    file.write_text("years of work")
    for to in (file, file / "site", file / "of" / "mine"):
        for refuse in (
            require_folder,
            lambda to: require_replaceable(to, BUNDLE),
            lambda to: atomic_folder(to, BUNDLE).__enter__(),
        ):
            with pytest.raises(ZlideError) as caught:
                refuse(to)
            assert (
                str(caught.value)
                == f"{file}: expected a folder, found a file; choose another place"
            )
    require_folder(tmp_path)
    require_folder(tmp_path / "of" / "mine")
    assert file.read_text() == "years of work"


def test_a_folder_in_the_place_of_a_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ZlideError) as caught, atomic_file(tmp_path) as beside:
        beside.write_text("after")
    assert str(caught.value) == f"{tmp_path}: Is a directory; choose another place"


def test_other_errors_pass() -> None:
    with pytest.raises(ValueError, match="something else"), disk_errors("site"):
        raise ValueError("something else")
