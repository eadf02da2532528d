"""A program that is asked to stop ends in order, and not in the middle of what must not be interrupted."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from zlide.signals import signals_deferred

GOLDEN = Path(__file__).parents[1] / "golden"

SLOW = """
import shutil, sys, time
from zlide.cli import main
def slow(*_):
    print("copying", flush=True)
    time.sleep(600)
shutil.copyfile = slow
main()
"""


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_kill_leaves_nothing_temporary(number: signal.Signals, tmp_path: Path) -> None:
    """It comes while a bundle is copied, which takes for ever here."""
    (tmp_path / "scratch").mkdir()
    words = [
        sys.executable,
        "-c",
        SLOW,
        "build",
        str(GOLDEN / "image"),
        "--output",
        str(tmp_path / "deep/site"),
    ]
    with subprocess.Popen(
        words,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "TMPDIR": str(tmp_path / "scratch")},
    ) as build:
        assert build.stdout
        assert build.stdout.readline() == "copying\n"
        build.send_signal(number)
        assert build.wait(60) == 128 + number
    assert [path.name for path in tmp_path.rglob("*") if path.name != "deep"] == ["scratch"]


def test_a_signal_that_is_held_back_is_delivered_afterwards() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), signals_deferred():  # noqa: PT012 (what happens in the block is the point)
        with signals_deferred():
            signal.raise_signal(signal.SIGINT)
        done.append("all of it")
    assert done == ["all of it"]


def test_a_signal_that_comes_before_a_failure_is_delivered_too() -> None:
    with pytest.raises(KeyboardInterrupt) as caught, signals_deferred():  # noqa: PT012
        signal.raise_signal(signal.SIGINT)
        raise ValueError("a failure")
    assert isinstance(caught.value.__context__, ValueError)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
