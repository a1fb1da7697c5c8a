"""What is done by the clock, wired."""

from dataclasses import dataclass

from application.plan_schedule import PlanSchedule
from application.start_due_runs import StartDueRuns


@dataclass(frozen=True, slots=True)
class Scheduling:
    """What the scheduler calls."""

    plan: PlanSchedule
    syncs: StartDueRuns
