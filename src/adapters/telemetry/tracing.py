"""Traces: what each piece of work took, told to a collector where one is set, else to nobody."""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from enum import StrEnum
from typing import Protocol

Attributes = Mapping[str, str | int]
RUN, CONNECTION = "pexbc.run_id", "pexbc.connection_id"


class Way(StrEnum):
    """Where a piece of work stands between callers."""

    IN = "in"
    OUT = "out"
    WITHIN = "within"


class Span(Protocol):
    """A piece of work that is under way."""

    def note(self, attributes: Attributes) -> None:
        """Add what became known of it."""

    def rename(self, name: str) -> None:
        """Name it, once its name is known."""

    def fail(self, why: str) -> None:
        """Mark it as failed; `why` is a kind of error, never a message."""


class Tracing(Protocol):
    """Takes notes of work. No name and no attribute may bear a secret, a query or a body."""

    @property
    def is_on(self) -> bool:
        """Whether anybody is told."""

    def span(
        self, name: str, attributes: Attributes | None = None, way: Way = Way.WITHIN
    ) -> AbstractContextManager[Span]:
        """Note the work of a block, as part of the work around it in this thread or context.

        Log lines within bear the trace's id. A block that raises has failed.
        """

    def mark(self, name: str) -> None:
        """Note that the work under way has come so far."""

    def close(self) -> None:
        """Hand over what is left, within a second."""


class Untraced:
    """Fulfils `Tracing` where nobody is told."""

    is_on = False

    @contextmanager
    def span(
        self,
        name: str,  # noqa: ARG002 - nobody is told
        attributes: Attributes | None = None,  # noqa: ARG002
        way: Way = Way.WITHIN,  # noqa: ARG002
    ) -> Iterator[Span]:
        """Run the block."""
        yield _Nothing()

    def mark(self, name: str) -> None:
        """Nobody is told."""

    def close(self) -> None:
        """There is nothing to hand over."""


class _Nothing:
    """A span that is told to nobody."""

    def note(self, attributes: Attributes) -> None:
        """Nobody is told."""

    def rename(self, name: str) -> None:
        """Nobody is told."""

    def fail(self, why: str) -> None:
        """Nobody is told."""
