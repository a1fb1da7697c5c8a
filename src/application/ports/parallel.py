"""Several things at the same time."""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol, TypeVar

T = TypeVar("T")
R = TypeVar("R")
R_co = TypeVar("R_co", covariant=True)


class InParallel(Protocol):
    """Does one task for several things at once, as many at a time as is good."""

    def __call__(self, task: Callable[[T], R], things: Sequence[T], /) -> list[R]:
        """The results in the order of the things; `task` must not raise."""


class Begun(Protocol[T, R_co]):
    """Things at which a task is under way, or over and not yet taken up."""

    def __len__(self) -> int:
        """How many there are."""

    def begin(self, thing: T) -> None:
        """Let the task go on at one more thing; never waits."""

    def take_next(self) -> tuple[T, R_co]:
        """Wait for whichever is over first: the thing and what its task came to.

        Raises what the task raised.
        """


class Overlap(Protocol):
    """Lets one task go on at several things while the caller begins others and takes up ends."""

    @property
    def at_once(self) -> int:
        """How many are good to be under way at a time."""

    def __call__(self, task: Callable[[T], R], /) -> AbstractContextManager[Begun[T, R]]:
        """For the length of a block, whose end waits for tasks still under way."""
