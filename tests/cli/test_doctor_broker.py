"""The doctor and the settings, on brokers well and ill."""

from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest

from cli.shell import Shell
from running_brokers import KINDS, running_broker


@pytest.mark.parametrize("kind", KINDS)
def test_a_broker_that_answers_is_found_well(
    tmp_path: Path, kind: str, leave_out: Callable[[str, str], NoReturn]
) -> None:
    with running_broker(kind, leave_out) as broker:
        diagnosis = Shell(tmp_path).run("doctor", PEXBC_BROKER_URL=broker.url)
    assert "ok  broker: reachable" in diagnosis.out


@pytest.mark.parametrize("scheme", ["amqp", "redis"])
def test_a_broker_out_of_reach_is_named_without_its_password(tmp_path: Path, scheme: str) -> None:
    url = f"{scheme}://someone:pw-canary@127.0.0.1:1/0"
    diagnosis = Shell(tmp_path).run("doctor", PEXBC_BROKER_URL=url)
    assert diagnosis.code == 1
    assert "bad broker: The broker does not answer" in diagnosis.out
    assert "Check PEXBC_BROKER_URL" in diagnosis.out
    assert "pw-canary" not in diagnosis.out + diagnosis.err
    assert "Traceback" not in diagnosis.err


def test_what_can_be_no_broker_is_refused_without_its_password(tmp_path: Path) -> None:
    url = "kafka://someone:pw-canary@127.0.0.1"
    diagnosis = Shell(tmp_path).run("doctor", PEXBC_BROKER_URL=url)
    assert diagnosis.code == 1
    assert "bad configuration: PEXBC_BROKER_URL: " in diagnosis.out
    assert "pw-canary" not in diagnosis.out + diagnosis.err


def test_without_a_broker_calls_stay_in_the_process(tmp_path: Path) -> None:
    assert "ok  broker: none" in Shell(tmp_path).run("doctor").out
