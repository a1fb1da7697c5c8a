"""Find everything that is due and wake a worker for it, since any wake-up may have been lost."""

from application.ports.read_models import ReadModels
from application.ports.wakeups import Wakeups


class Sweep:
    """Looks for runs that have not ended and connections that are not ready."""

    def __init__(self, read_models: ReadModels, wakeups: Wakeups) -> None:
        self._read_models = read_models
        self._wakeups = wakeups

    def runs(self) -> int:
        """Wake every run that has not ended and was not called for; how many have not ended."""
        active = self._read_models.active_runs()
        for run_id in active:
            self._wakeups.remind_run(run_id)
        return len(active)

    def connections(self) -> int:
        """Wake a check of every connection that could become ready; how many."""
        unready = self._read_models.unready_connections()
        for connection_id in unready:
            self._wakeups.remind_connection(connection_id)
        return len(unready)
