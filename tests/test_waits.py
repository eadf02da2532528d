"""Tests of the page wait for what it does, not for time to pass."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent

# Each of these asks again and again until a deadline.
POLLING = {"engines/engine.py", "engines/firefox.py"}
FIXED_WAIT = re.compile(r"\.wait_for_timeout\(|\bsleep\(")


@pytest.mark.parametrize("folder", ["browser", "engines"])
def test_no_test_of_the_page_waits_a_fixed_time(folder: str) -> None:
    sources = {
        path.relative_to(TESTS).as_posix(): path.read_text("utf-8")
        for path in (TESTS / folder).rglob("*.py")
    }
    assert sources
    waiting = {name for name, source in sources.items() if FIXED_WAIT.search(source)}
    assert waiting <= POLLING
