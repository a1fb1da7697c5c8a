"""The page about the doctor is what its checks can tell of: all of it, and as it stands there."""

import re

import pytest

from docs.doctor_page import HEAD, OF_A_CONNECTION, PAGE, TELLS, page
from docs.mentioned import calls, commands, options
from domain.refusals import Refusal
from entrypoints.doctor import faults, faults_elsewhere, names
from entrypoints.doctor.diagnosis import OF_THE_SET_UP

TEXT = PAGE.read_text(encoding="utf-8")


def told_by_the_doctor_alone() -> list[type[Refusal]]:
    return [
        one
        for one in (*vars(faults).values(), *vars(faults_elsewhere).values())
        if isinstance(one, type) and issubclass(one, Refusal) and "code" in vars(one)
    ]


def test_the_page_is_what_the_checks_say() -> None:
    assert page() == TEXT, "run `make guide` and commit docs/operate/doctor.md"


def test_every_check_stands_on_the_page() -> None:
    every = {one for name, one in vars(names).items() if name.isupper()}
    assert set(TELLS) == every
    checks = {name for name, _ in (*OF_THE_SET_UP, *OF_A_CONNECTION)} | {names.CONNECTIONS}
    assert checks == every


def test_every_fault_that_the_doctor_alone_tells_of_stands_on_the_page() -> None:
    assert len(told_by_the_doctor_alone()) > 20
    for kind in told_by_the_doctor_alone():
        assert f"| `{kind.code}` | " in TEXT


@pytest.mark.parametrize("mention", sorted(set(calls(HEAD))))
def test_every_command_on_the_page_exists_with_its_options(mention: str) -> None:
    named = set(re.findall(r"--[a-z-]+", mention))
    for name, command in commands(mention):
        assert command is not None, f"there is no `pexbc {name}`"
        assert named <= options(command)
