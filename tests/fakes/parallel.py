"""Tasks that are under way at once, in one thread: a test chooses when each happens and is told."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

T = TypeVar("T")
R = TypeVar("R")


@dataclass(slots=True)
class Fate:
    """When a thing's task happens, and which end is told next.

    Attributes:
        is_early: it happens when it is begun, long before its end is told.
        next_told: which of those under way is told when this one could be, by its place.
        outlives: it happens although the worker died before its end was told.
    """

    is_early: bool = False
    next_told: int = 0
    outlives: bool = False


class FakeOverlap:
    """`fates` are used up one by one by the things that are begun; without one, all is in order."""

    def __init__(self, at_once: int = 3) -> None:
        self.at_once = at_once
        self.fates: list[Fate] = []
        self.most = 0

    @contextmanager
    def __call__(self, task: Callable[[T], R], /) -> Iterator["FakeBegun[T, R]"]:
        begun = FakeBegun(self, task)
        try:
            yield begun
        finally:
            begun.go_to_their_ends()


@dataclass(slots=True)
class _Thing(Generic[T]):
    thing: T
    fate: Fate
    result: Any = None
    has_happened: bool = False


class FakeBegun(Generic[T, R]):
    """Those under way."""

    def __init__(self, overlap: FakeOverlap, task: Callable[[T], R]) -> None:
        self._overlap = overlap
        self._task = task
        self._things: list[_Thing[T]] = []

    def __len__(self) -> int:
        return len(self._things)

    def begin(self, thing: T) -> None:
        fates = self._overlap.fates
        one = _Thing(thing, fates.pop(0) if fates else Fate())
        self._things.append(one)
        self._overlap.most = max(self._overlap.most, len(self._things))
        if one.fate.is_early:
            self._happen(one)

    def take_next(self) -> tuple[T, R]:
        told = self._things.pop(self._things[0].fate.next_told % len(self._things))
        self._happen(told)
        return told.thing, told.result

    def go_to_their_ends(self) -> None:
        """What a dead worker had begun may still arrive, and nobody hears of it."""
        for one in self._things:
            if one.fate.outlives:
                self._happen(one)
        self._things.clear()

    def _happen(self, one: _Thing[T]) -> None:
        if not one.has_happened:
            one.has_happened = True
            one.result = self._task(one.thing)
