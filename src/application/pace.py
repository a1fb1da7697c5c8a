"""How much one step may do: much while few runs are under way, little while many wait (ADR 30)."""

from collections.abc import Callable

PACKS_A_ROUND = 60
"""About how many packs all active runs together send until each has had a step."""


class Pace:
    """Keeps steps short enough for other runs, and for a process that is told to end."""

    def __init__(self, active_runs: Callable[[], int]) -> None:
        """`active_runs` tells how many runs have not ended, in all processes."""
        self._active_runs = active_runs
        self._is_over = False

    def lets_go_on(self, packs: int) -> bool:
        """Whether a step that made so many packs ready may make one more."""
        if self._is_over:
            return False
        return packs == 0 or packs < PACKS_A_ROUND // max(1, self._active_runs())

    def end(self) -> None:
        """Let steps under way take up their answers, and begin nothing more."""
        self._is_over = True
