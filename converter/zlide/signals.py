"""Signals that ask a program to stop: Ctrl-C, `kill` and the closing of the terminal."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

ReceivedSignal = Callable[[], int | None]
"""Returns the number of the first signal received, None before any."""

# Windows has no SIGHUP.
_STOPPING = [
    getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)
]


@contextmanager
def signals_held() -> Iterator[ReceivedSignal]:
    """Hold back signals that ask this process to stop; the block asks for them itself.

    Signals that this process was started to ignore, by nohup or in the background, stay ignored.
    Outside of the main thread nothing is held back, because only it may set signal handlers.
    """
    received: list[int] = []
    before = {}
    try:
        for number in _STOPPING if _is_main_thread() else []:
            if signal.getsignal(number) not in {signal.SIG_IGN, None}:
                before[number] = signal.signal(number, lambda n, _frame: received.append(n))
        yield lambda: received[0] if received else None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def signals_deferred() -> Iterator[None]:
    """Hold the same signals back, and deliver the first one when the block has ended."""
    received: ReceivedSignal = lambda: None  # noqa: E731 (before any signal is held back)
    try:
        with signals_held() as received:
            yield
    finally:
        if number := received():
            signal.raise_signal(number)


@contextmanager
def orderly_exit() -> Iterator[None]:
    """Raise SystemExit on `kill` and the closing of the terminal, so that cleanup code runs.

    The status is 128 + the number of the signal. Handlers set by others are not replaced.
    """
    default = [s for s in _STOPPING if _is_main_thread() and signal.getsignal(s) is signal.SIG_DFL]
    for number in default:
        signal.signal(number, _exit)
    try:
        yield
    finally:
        for number in default:
            signal.signal(number, signal.SIG_DFL)


def _exit(number: int, _frame: FrameType | None) -> None:
    raise SystemExit(128 + number)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
