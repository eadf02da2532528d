"""Mark parameters of tests that wait for a part of the converter. A mark that is done fails."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

import pytest

REASON = "the converter does not do this yet"

pending = pytest.mark.xfail(reason=REASON, strict=True)


def with_pending(names: Iterable[str], waiting: Collection[str]) -> list[Any]:
    """Return names as parameters; those in `waiting` are expected to fail."""
    return [pytest.param(name, marks=pending) if name in waiting else name for name in names]
