"""What a measurement comes to."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table; `reach` is what it is to be, `-` where it is for information only."""

    number: str
    measure: str
    value: float
    reach: str = "-"


class LeftOut(Exception):
    """What a measurement needs is not on this machine."""
