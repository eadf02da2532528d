"""A program that is asked to stop cleans up, and finishes what must not be interrupted."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from tests.held_build import held_build
from zlide.signals import signals_deferred

GOLDEN = Path(__file__).parents[1] / "golden"


@pytest.mark.needs_page
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_kill_during_a_build_leaves_no_temporary_files(
    number: signal.Signals, tmp_path: Path
) -> None:
    with held_build(GOLDEN / "image", tmp_path / "deep/site", tmp_path / "scratch") as build:
        build.send_signal(number)
        assert build.wait(60) == 128 + number
    assert [path.name for path in tmp_path.rglob("*") if path.name != "deep"] == ["scratch"]


def test_delivers_a_deferred_signal_after_the_block() -> None:
    done = []
    with pytest.raises(KeyboardInterrupt), signals_deferred():  # noqa: PT012 (the block must continue)
        with signals_deferred():
            signal.raise_signal(signal.SIGINT)
        done.append("block")
    assert done == ["block"]


def test_delivers_a_deferred_signal_when_the_block_fails() -> None:
    with pytest.raises(KeyboardInterrupt) as caught, signals_deferred():  # noqa: PT012
        signal.raise_signal(signal.SIGINT)
        raise ValueError("a failure")
    assert isinstance(caught.value.__context__, ValueError)
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
