"""A run's turn: what one short step works with, and the phases that take such steps."""

from datetime import datetime
from functools import cached_property
from typing import Protocol

from application.run_session import RunSession, RunSessions
from domain.chart import Chart
from domain.connection import Connection
from domain.sync_run import SyncRun


class Turn:
    """One step of one run."""

    def __init__(self, run: SyncRun, connection: Connection, sessions: RunSessions) -> None:
        self.run = run
        self.connection = connection
        self._sessions = sessions

    @cached_property
    def session(self) -> RunSession:
        """The run's view of the company, opened at its first use; raises what BC refuses."""
        return self._sessions.of(self.run)

    @cached_property
    def chart(self) -> Chart:
        """The company's chart alone, for what needs no journal; raises what BC refuses."""
        return self._sessions.chart(self.run)


class Phase(Protocol):
    """A part of a run's work. A run takes its phases in order, each until it has nothing left."""

    def step(self, turn: Turn) -> datetime | None:
        """Take one short step: when the run wants its next, None where nothing is left to do."""
