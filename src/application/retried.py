"""Changes of a stream that others may write to at the same moment."""

from collections.abc import Callable
from typing import TypeVar

from application.ports.event_log import StreamConflict

T = TypeVar("T")
TRIES = 8


def retried(change: Callable[[], T]) -> T:
    """Load, decide and save again where somebody else wrote first.

    `change` must load anew what it decides on; nothing of a refused try was stored.

    Raises:
        StreamConflict: somebody else was faster every time.
    """
    for _ in range(TRIES - 1):
        try:
            return change()
        except StreamConflict:
            continue
    return change()
