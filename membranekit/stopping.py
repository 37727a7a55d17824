"""Stop a computation in order: between two of its time steps, with what it has."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import numpy as np

CTRL_C = "stopped by Ctrl-C"


class Stop:
    """Whether what is being computed shall end.

    The flag is an array, so that kernels in all threads read it at each of their steps
    without the interpreter's lock.
    """

    __slots__ = ("flag",)

    def __init__(self) -> None:
        self.flag = np.zeros(1, dtype=np.intc)

    def set(self) -> None:
        """Ask for the end."""
        self.flag[0] = 1

    def __bool__(self) -> bool:
        return bool(self.flag[0])


@contextmanager
def stopped_by_ctrl_c() -> Iterator[Stop]:
    """Give a `Stop` that Ctrl-C sets, in place of a KeyboardInterrupt anywhere.

    A second Ctrl-C raises KeyboardInterrupt at once. Outside the main thread, and
    where another handler than Python's own is in place, signals are left alone.
    """
    stop = Stop()
    ours = (
        threading.current_thread() is threading.main_thread()
        and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    )

    def handle(number: int, frame: FrameType | None) -> None:
        if stop:
            signal.default_int_handler(number, frame)
        stop.set()

    if ours:
        signal.signal(signal.SIGINT, handle)
    try:
        yield stop
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
