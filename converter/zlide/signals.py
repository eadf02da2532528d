"""Signals that ask a program to stop, and when it does."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

Asked = Callable[[], int | None]
"""The number of the signal that came, None before any has."""

_STOPPING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]  # Windows has no SIGHUP


@contextmanager
def signals_held() -> Iterator[Asked]:
    """Hold back Ctrl-C, `kill` and the closing of the terminal, to be asked for.

    What this process was started to ignore, by nohup or as a job in the background, stays ignored.
    In another thread than the main one nothing is held back: only there may Python do so.
    """
    came: list[int] = []
    heard = [
        s
        for s in _STOPPING
        if _in_main_thread() and signal.getsignal(s) not in {signal.SIG_IGN, None}
    ]
    before = {}
    try:
        for s in heard:
            before[s] = signal.signal(s, lambda number, _frame: came.append(number))
        yield lambda: came[0] if came else None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def signals_deferred() -> Iterator[None]:
    """Hold the same signals back, and deliver the first that came when the block has ended, well or not."""
    came: Asked = lambda: None  # noqa: E731 (before any signal is held)
    try:
        with signals_held() as came:
            yield
    finally:
        if number := came():
            signal.raise_signal(number)


@contextmanager
def orderly_exit() -> Iterator[None]:
    """Let `kill` and the closing of the terminal end the program as an error does, so that nothing temporary is left behind.

    The status is 128 + the number of the signal. Only handlers that nobody has changed are replaced.
    """
    default = [s for s in _STOPPING if _in_main_thread() and signal.getsignal(s) is signal.SIG_DFL]
    for number in default:
        signal.signal(number, _exit)
    try:
        yield
    finally:
        for number in default:
            signal.signal(number, signal.SIG_DFL)


def _exit(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _in_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
