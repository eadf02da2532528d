"""A training that is asked to stop ends between two steps, and says where it goes on."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

Asked = Callable[[], int | None]
"""The number of the signal that came, None before any has."""


class Stopped(Exception):  # noqa: N818 (nothing went wrong)
    """A training in `folder` ended because signal number `by` asked for it, and is kept. `str()` of it is one line."""

    def __init__(self, folder: Path, step: int, total: int, by: int) -> None:
        super().__init__(f"{folder}: stopped at step {step:,} of {total:,}, which is kept; the same command goes on from there")
        self.by = by


@contextmanager
def signals_held() -> Iterator[Asked]:
    """Hold back Ctrl-C, `kill` and the closing of the terminal, to be asked for.

    What this process was started to ignore, by nohup or as a job in the background, stays ignored.
    In another thread than the main one nothing is held back: only there may Python do so.
    """
    came: list[int] = []
    main = threading.current_thread() is threading.main_thread()
    heard = [s for s in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP) if main and signal.getsignal(s) is not signal.SIG_IGN]
    before = {s: signal.signal(s, lambda number, _frame: came.append(number)) for s in heard}
    try:
        yield lambda: came[0] if came else None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
