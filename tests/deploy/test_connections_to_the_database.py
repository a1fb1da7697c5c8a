"""How many connections a process may open, as the operators' guide counts them."""

from typing import Any

import pytest
import sqlalchemy as sa

from adapters.persistence.engine import make_engine
from entrypoints import composition, waking
from entrypoints.composition import build
from entrypoints.settings import Settings

POOL = 6
KEY = "a key that is only good for this test run"


@pytest.mark.parametrize(
    ("broker", "most", "kept"),
    [("", POOL + 10, POOL), ("redis://127.0.0.1:1", 2 * POOL + 12, POOL + 2)],
    ids=["without a broker", "with a broker"],
)
def test_a_process_opens_no_more_connections_than_the_guide_says(
    sqlite_url: str, monkeypatch: pytest.MonkeyPatch, broker: str, most: int, kept: int
) -> None:
    engines: list[sa.Engine] = []

    def noted(url: str, **options: Any) -> sa.Engine:
        engines.append(make_engine(url, **options))
        return engines[-1]

    monkeypatch.setattr(composition, "make_engine", noted)
    monkeypatch.setattr(waking, "make_engine", noted)
    settings = Settings.of(
        {}, database_url=sqlite_url, secret_key=KEY, database_pool=POOL, broker_url=broker
    )
    wakeups, leave = waking.wakeups_of(settings)
    services = build(settings, wakeups)
    pools = [engine.pool for engine in engines]
    assert all(isinstance(pool, sa.QueuePool) for pool in pools)
    assert sum(pool.size() for pool in pools) == kept  # type: ignore[attr-defined]
    limits = [pool.size() + pool._max_overflow for pool in pools]  # type: ignore[attr-defined]  # noqa: SLF001
    assert sum(limits) == most
    services.close()
    leave()
