"""Faults as control requests describe them."""

from typing import Any

import pytest

from sandbox.faults import Fault, fault_of


def test_a_fault_is_what_its_members_say() -> None:
    given = {"method": "POST", "path": r"\$batch", "nth": 2, "times": -1, "delay": "0.5"}
    assert fault_of(given) == Fault("POST", r"\$batch", 2, -1, delay=0.5)
    assert fault_of({}) == Fault()


@pytest.mark.parametrize(
    "members",
    [
        {"wish": 1},
        {"calls": 3},
        {"path": "("},
        {"path": 5},
        {"nth": "x"},
        {"nth": None},
        {"delay": []},
        {"commit_delay": "soon"},
    ],
)
def test_members_that_make_no_fault_are_refused(members: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        fault_of(members)
