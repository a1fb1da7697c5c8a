"""Threads for what waits on the network."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

T = TypeVar("T")
R = TypeVar("R")


class InThreads:
    """Fulfils the port `InParallel`; each thread logs under the names of the run that began it."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once

    def __call__(self, task: Callable[[T], R], things: Sequence[T], /) -> list[R]:
        """Wait for all of them."""
        if len(things) <= 1:
            return [task(thing) for thing in things]
        with ThreadPoolExecutor(min(self._at_once, len(things)), "receipts") as pool:
            begun = [pool.submit(copy_context().run, task, thing) for thing in things]
            return [one.result() for one in begun]
