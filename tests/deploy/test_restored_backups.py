"""A backup that is older than the books: nothing that Business Central holds is posted again.

Backups are taken at every boundary of a run, among them the moment in which entries wait to be sent
again; then the run goes on, and the journal's user posts. Each backup is restored in turn.
"""

import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from shutil import which
from sqlite3 import connect
from uuid import uuid4

import pytest
import sqlalchemy as sa

from entrypoints.cli.context import NoWakeups
from entrypoints.composition import build
from running_runs import Steps, steps
from sandbox.faults import Fault

MEALS = "62400"
PEX_ACCOUNT = "10950"
LEASE = timedelta(seconds=1)
"""How long a restored run waits for the worker that held it when the backup was made."""


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Steps]:
    with steps(f"sqlite:///{tmp_path / 'pexbc.db'}", LEASE) as service:
        yield service


def times_in_books(service: Steps) -> Counter[str]:
    """How often each transaction's PEX side stands in journal and ledger together."""
    journal = next(one for one in service.books["journals"] if one["code"] == "PEX CARD")
    rows = [*journal["lines"], *service.books["entries"]]
    return Counter(
        row["externalDocumentNumber"] for row in rows if row["accountNumber"] == PEX_ACCOUNT
    )


def eventful_purchases(service: Steps, on_boundary: Callable[[str], None]) -> None:
    """Purchases whose pack is sent again, one of them bare, and whose second answer is lost."""
    bc = service.sandbox.business_central
    bc.set_default_dimension(MEALS, "DEPARTMENT", "ADM")
    plain = [service.purchase(f"-{10 + cents}.00") for cents in range(4)]
    service.purchase("-30.00", expense=MEALS, department="OPS", classed="GEN")
    service.sandbox.pex.add_receipt(plain[0], "png")

    def told(boundary: str) -> None:
        if boundary == "submitted again":
            bc.faults.plant(Fault("POST", r"\$batch", moment="after", status=504))
        on_boundary(boundary)

    service.on_boundary = told


def sqlite_backup(database: Path, copy: Path) -> Path:
    with closing(connect(database)) as opened:
        opened.execute("VACUUM INTO ?", (str(copy),))
    return copy


@contextmanager
def restored(service: Steps, database_url: str) -> Iterator[Steps]:
    """The service over another database, with what was under way in it seen through."""
    settings = service.services.settings.model_copy(update={"database_url": database_url})
    services = build(settings, NoWakeups(), lease=LEASE)
    again = Steps(service.sandbox, services, service.connection_id)
    for run_id in services.read_models.active_runs():
        again.see_through(run_id)
    yield again
    services.close()


@pytest.mark.parametrize("posted", [False, True], ids=["unposted", "posted"])
def test_no_backup_from_the_middle_of_a_run_doubles_anything(
    service: Steps, tmp_path: Path, *, posted: bool
) -> None:
    database = tmp_path / "pexbc.db"
    backups: list[tuple[str, Path]] = [("before", sqlite_backup(database, tmp_path / "0.db"))]

    def back_up(boundary: str) -> None:
        copy = tmp_path / f"{len(backups)}.db"
        backups.append((boundary, sqlite_backup(database, copy)))

    eventful_purchases(service, back_up)
    assert set(service.sync().values()) == {"posted"}
    service.on_boundary = lambda _name: None
    assert {"submitted again", "settled", "dimensions sent", "receipts made"} <= dict(
        backups
    ).keys()
    later = service.purchase("-77.00")
    assert service.sync()[later] == "posted"
    if posted:
        service.sandbox.business_central.post()
    books = service.books
    assert set(times_in_books(service).values()) == {1}
    for boundary, backup in backups if posted else backups[::3]:
        with restored(service, f"sqlite:///{backup}") as again:
            outcomes = Counter(again.sync().values())
        assert service.books == books, boundary
        # What went to the ledger without the log having seen its dimensions is for a person.
        unsure = outcomes.pop("failed:POSTED_WITHOUT_DIMENSIONS", 0)
        assert unsure <= (1 if posted else 0), boundary
        assert outcomes == {"already_posted": 6 - unsure}, boundary


def test_line_numbers_that_are_handed_out_again_meet_no_line(
    service: Steps, tmp_path: Path
) -> None:
    service.purchase("-10.00")
    service.sync()
    backup = sqlite_backup(tmp_path / "pexbc.db", tmp_path / "old.db")
    lost = service.purchase("-20.00")
    service.sync()
    with restored(service, f"sqlite:///{backup}") as again:
        new = again.purchase("-30.00")
        outcomes = again.sync()
    assert (outcomes[lost], outcomes[new]) == ("already_posted", "posted")
    assert set(times_in_books(service).values()) == {1}
    numbers = [line["lineNumber"] for line in service.lines(lost) + service.lines(new)]
    assert len(set(numbers)) == 4


def run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603 - our own


@pytest.fixture
def fresh_postgres_url(postgres_server: sa.Engine) -> Iterator[str]:
    name = f"pexbc_restored_{uuid4().hex}"
    with postgres_server.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    yield postgres_server.url.set(database=name).render_as_string(hide_password=False)
    with postgres_server.connect() as connection:
        connection.exec_driver_sql(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.mark.postgres
def test_a_dump_of_postgresql_is_restored_as_the_guide_says(
    tmp_path: Path, postgres_url: str, fresh_postgres_url: str
) -> None:
    if which("pg_dump") is None or which("pg_restore") is None:
        pytest.skip("left out: pg_dump (not installed)")
    dump = str(tmp_path / "pexbc.dump")
    source, target = (
        sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        for url in (postgres_url, fresh_postgres_url)
    )
    with steps(postgres_url, LEASE) as service:

        def back_up(boundary: str) -> None:
            if boundary == "submitted again":
                run("pg_dump", "--format=custom", f"--file={dump}", source)

        eventful_purchases(service, back_up)
        service.sync()
        service.on_boundary = lambda _name: None
        service.sandbox.business_central.post()
        later = service.purchase("-77.00")
        service.sync()
        restore = ("pg_restore", "--no-owner", "--exit-on-error", "--single-transaction")
        run(*restore, f"--dbname={target}", dump)
        with restored(service, fresh_postgres_url) as again:
            new = again.purchase("-88.00")
            outcomes = again.sync()
        assert (outcomes[later], outcomes[new]) == ("already_posted", "posted")
        assert set(times_in_books(service).values()) == {1}
