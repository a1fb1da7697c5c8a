"""Threads for what waits on the network."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from queue import SimpleQueue
from typing import Generic, TypeVar

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


class OverlapInThreads:
    """Fulfils the port `Overlap`; each thread logs under the names of the run that began it."""

    def __init__(self, at_once: int) -> None:
        self.at_once = at_once

    @contextmanager
    def __call__(self, task: Callable[[T], R], /) -> Iterator["BegunInThreads[T, R]"]:
        """Tasks that need no more threads than `at_once`; others wait for one."""
        with ThreadPoolExecutor(self.at_once, "in-flight") as pool:
            yield BegunInThreads(pool, task)


class BegunInThreads(Generic[T, R]):
    """Fulfils the port `Begun`; for one thread, the others do the tasks."""

    def __init__(self, pool: ThreadPoolExecutor, task: Callable[[T], R]) -> None:
        self._pool = pool
        self._task = task
        self._over: SimpleQueue[tuple[T, Future[R]]] = SimpleQueue()
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def begin(self, thing: T) -> None:
        """Hand it to a thread."""
        future = self._pool.submit(copy_context().run, self._task, thing)
        self._count += 1
        future.add_done_callback(lambda done: self._over.put((thing, done)))

    def take_next(self) -> tuple[T, R]:
        """In the order in which they come to their ends."""
        thing, future = self._over.get()
        self._count -= 1
        return thing, future.result()
