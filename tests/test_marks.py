"""A test without the mark of what it needs fails, so that `make check` stays quick."""

from pathlib import Path

import pytest

PAGE = Path(__file__).parents[1] / "converter/zlide/page"


def test_a_test_without_the_mark_cannot_read_the_built_page() -> None:
    with pytest.raises(pytest.fail.Exception, match="needs_page"):
        (PAGE / "no-such-file.js").read_bytes()


@pytest.mark.needs_page
def test_a_test_with_the_mark_can() -> None:
    with pytest.raises(FileNotFoundError):
        (PAGE / "no-such-file.js").read_bytes()
