"""The proof: the chain, the books and the views; and the keys that seal what is secret."""

from uuid import uuid4

from cli.conftest import Journey
from cli.shell import KEY, Shell
from sandbox import company

NEW_KEY = "another-canary-key-9876543210-9876543210"


def test_the_head_names_the_last_event(journey: Journey) -> None:
    head = journey.shell.well("audit", "head").json
    with journey.shell.open() as database:
        query = "SELECT position, digest FROM events ORDER BY position DESC LIMIT 1"
        assert (head["position"], head["digest"]) == database.execute(query).fetchone()


def test_an_audit_finds_every_posting_in_the_books(journey: Journey) -> None:
    audit = journey.shell.well("audit", "verify", "--connection", journey.connection).json
    assert audit["chain"]["intact"]
    assert audit["chain"]["first_bad"] is None
    assert audit["books"] == {"in_journal": posted(journey.shell)}
    assert audit["worrying"] == audit["read_model_differences"] == []


def test_an_audit_tells_where_somebody_changed_an_event(journey: Journey, copy: Shell) -> None:
    with copy.open() as database:
        database.execute(copy.guard_taken_off)
        changed = "UPDATE events SET payload = replace(payload, 'o', '0') WHERE position = 5"
        assert database.execute(changed).rowcount == 1
    audit = copy.run("audit", "verify")
    assert audit.code == 1
    assert audit.json == {"chain": {"intact": False, "events": 4, "first_bad": 5}}


def test_an_audit_tells_which_view_somebody_changed_and_rebuilding_mends_it(
    journey: Journey, copy: Shell
) -> None:
    with copy.open() as database:
        database.execute("DELETE FROM view_run_rows")
    audit = copy.run("audit", "verify")
    assert audit.code == 1
    assert audit.json["chain"]["intact"]
    assert audit.json["read_model_differences"]
    copy.well("projections", "rebuild")
    assert copy.well("audit", "verify").json["read_model_differences"] == []


def test_after_a_rotation_the_new_key_alone_opens_the_secrets(
    journey: Journey, copy: Shell
) -> None:
    with copy.open() as database:
        (count,) = database.execute("SELECT count(*) FROM secrets").fetchone()
    rotated = copy.well("keys", "rotate", PEXBC_SECRET_KEY=f"{NEW_KEY},{KEY}")
    assert count > 0
    assert rotated.err == f"sealed {count} secrets anew\n"
    words = ("connections", "choices", journey.connection, "--company", company.COMPANY_ID)
    assert copy.well(*words, PEXBC_SECRET_KEY=NEW_KEY).json["pex_tags"]
    refused = copy.run(*words, PEXBC_SECRET_KEY=KEY)
    assert refused.code == 1
    assert "Traceback" not in refused.err
    assert "PEXBC_SECRET_KEY" in refused.err


def test_a_connection_that_does_not_exist_is_named_so(journey: Journey) -> None:
    unknown = journey.shell.run("audit", "verify", "--connection", uuid4())
    assert unknown.code == 1
    assert unknown.err.startswith("NOT_FOUND: ")


def posted(shell: Shell) -> int:
    with shell.open() as database:
        query = "SELECT count(*) FROM view_transactions WHERE state = 'posted'"
        return int(database.execute(query).fetchone()[0])
