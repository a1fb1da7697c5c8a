"""Several things at the same time."""

from collections.abc import Callable, Sequence
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")


class InParallel(Protocol):
    """Does one task for several things at once, as many at a time as is good."""

    def __call__(self, task: Callable[[T], R], things: Sequence[T], /) -> list[R]:
        """The results in the order of the things; `task` must not raise."""
