"""The graphs of all cases, converted once for all processes of a test run."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable

import pytest

from tests.coverage.cases import CASES
from tests.coverage.written import Written, write_case

Write = Callable[[str], Written]
NUMBERS = {name: number for number, name in enumerate(CASES)}


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Write:
    """Return a function that converts a case, or takes what another process converted."""
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "coverage"
    shared.mkdir(exist_ok=True)

    def write(name: str) -> Written:
        folder = shared / str(NUMBERS[name])
        with folder.with_suffix(".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            return write_case(name, folder)

    return write
