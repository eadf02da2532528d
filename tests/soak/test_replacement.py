"""Builds that are interrupted at hundreds of random moments keep the files of a site's owner."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from tests.interrupted import NOBODY, in_memory, interrupted

ROUNDS = 200

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)


@pytest.mark.parametrize(
    "uid", sorted({os.getuid(), NOBODY} if os.getuid() == 0 else {os.getuid()})
)
def test_interrupted_builds_leave_the_old_or_the_new_site(uid: int) -> None:
    with in_memory() as folder:
        outcomes = interrupted(folder, uid, dict.fromkeys(SIGNALS, ROUNDS), seed=uid + 1)
    sys.stdout.write(f"\nas user {uid}: {dict(sorted(outcomes.items()))}\n")
    found = {outcome.removesuffix(", too late") for outcome in outcomes}
    for number in SIGNALS:
        assert {f"{number.name} old", f"{number.name} new"} <= found
