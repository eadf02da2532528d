"""A full disk is one line, whoever notices it."""

from __future__ import annotations

import pytest
from safetensors import SafetensorError

from zlide.errors import ZlideError, disk_errors

FULL = [
    OSError(28, "No space left on device", "elsewhere"),
    SafetensorError("I/O error: No space left on device (os error 28)"),
    RuntimeError("weights/x; No space left on device"),
]


@pytest.mark.parametrize("error", FULL, ids=lambda error: type(error).__name__)
def test_a_full_disk_is_named_by_what_was_to_be_written(error: Exception) -> None:
    with pytest.raises(ZlideError) as caught, disk_errors("site"):
        raise error
    assert str(caught.value) == "site: no space left on the disk; free some and run the command again"


def test_other_errors_pass() -> None:
    with pytest.raises(ValueError, match="something else"), disk_errors("site"):
        raise ValueError("something else")
