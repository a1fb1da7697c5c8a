"""The sealing key is exchanged as the operators' guide says, under a service that has secrets."""

import pytest
from pydantic import SecretStr

from application.pex_credential import PEX_CREDENTIAL
from application.ports.vault import SecretUnreadableError
from entrypoints.cli.context import NoWakeups
from entrypoints.composition import Services, build
from running_runs import KEY, Steps, steps

NEW = "another key that is only good for this test run"


def with_keys(service: Steps, keys: str) -> Services:
    settings = service.services.settings.model_copy(update={"secret_key": SecretStr(keys)})
    return build(settings, NoWakeups())


def test_an_exchanged_key_costs_nobody_a_sign_in(sqlite_url: str) -> None:
    with steps(sqlite_url) as service:
        before = service.services
        _, token = before.api_tokens.create("a", "admin", (), "cli:test", before.clock.now())
        both = with_keys(service, f"{NEW},{KEY}")
        assert both.vault.rotate() > 0
        assert both.vault.rotate() == 0
        both.close()
        with pytest.raises(SecretUnreadableError):
            before.vault.get(service.connection_id, PEX_CREDENTIAL)
        after = with_keys(service, NEW)
        assert after.api_tokens.find(token) is not None
        again = Steps(service.sandbox, after, service.connection_id)
        purchase = again.purchase("-10.00")
        assert again.sync() == {purchase: "posted"}
        after.close()
