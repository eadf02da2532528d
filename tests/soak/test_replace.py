"""Replacing a site takes nothing away from its owner, whenever it is interrupted."""

from __future__ import annotations

import os
import signal
import sys

import pytest

from tests.interrupted import NOBODY, in_memory, interrupted

ROUNDS = 200


@pytest.mark.parametrize(
    "uid", sorted({os.getuid(), NOBODY} if os.getuid() == 0 else {os.getuid()})
)
def test_a_site_is_old_or_new_and_the_owner_s_files_are_there(uid: int) -> None:
    with in_memory() as around:
        came = interrupted(
            around,
            uid,
            dict.fromkeys((signal.SIGINT, signal.SIGTERM, signal.SIGKILL), ROUNDS),
            seed=uid + 1,
        )
    sys.stdout.write(f"\nas user {uid}: {dict(sorted(came.items()))}\n")
    for number in ("SIGINT", "SIGTERM", "SIGKILL"):
        assert {f"{number} old", f"{number} new"} <= {
            outcome.removesuffix(", too late") for outcome in came
        }
