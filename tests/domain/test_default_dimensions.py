"""What is learned of the dimensions that accounts bring along (contract 2.9)."""

from datetime import UTC, datetime

from builders.books import entry, line
from domain.default_dimensions import DefaultDimensions
from domain.journal_entry import AccountType, DimensionCode, JournalEntry

NOW = datetime(2026, 8, 15, 14, 0, tzinfo=UTC)
MEALS = (AccountType.GL, "62400")


def opened() -> DefaultDimensions:
    return DefaultDimensions(NOW, "tenant", "Production", "company")


def setting(
    *codes: str, account: str = "62400", account_type: AccountType = AccountType.GL
) -> JournalEntry:
    """An entry whose expense line sets these dimensions."""
    dimensions = tuple(DimensionCode(code, "OPS") for code in codes)
    debit = line(account, "48.60", dimensions=dimensions, account_type=account_type)
    return entry(debit, line("10950", "-48.60"))


def test_nothing_collides_before_anything_is_learned() -> None:
    assert not opened().collide_with(setting("DEPARTMENT"))


def test_an_entry_collides_where_it_sets_what_its_account_brings() -> None:
    known = opened()
    known.learn(MEALS, ["Department"], NOW)
    assert known.collide_with(setting("DEPARTMENT"))
    assert known.collide_with(setting("CLASS", "department"))
    assert not known.collide_with(setting("CLASS"))
    assert not known.collide_with(setting())


def test_an_account_is_known_by_its_type_and_number_whatever_their_case() -> None:
    known = opened()
    known.learn((AccountType.BANK, "checking"), ["DEPARTMENT"], NOW)
    assert known.collide_with(
        setting("DEPARTMENT", account="CHECKING", account_type=AccountType.BANK)
    )
    assert not known.collide_with(setting("DEPARTMENT", account="CHECKING"))
    assert not known.collide_with(setting("DEPARTMENT", account="61100"))


def test_the_pex_line_collides_with_nothing_since_it_sets_nothing() -> None:
    known = opened()
    known.learn((AccountType.GL, "10950"), ["DEPARTMENT"], NOW)
    assert not known.collide_with(setting("DEPARTMENT"))


def test_what_is_seen_replaces_what_was_known_and_what_is_suspected_adds_to_it() -> None:
    known = opened()
    known.suspect(MEALS, ["DEPARTMENT", "CLASS"], NOW)
    known.suspect(MEALS, ["PROJECT"], NOW)
    assert known.of(MEALS) == ("CLASS", "DEPARTMENT", "PROJECT")
    known.learn(MEALS, ["CLASS"], NOW)
    assert known.of(MEALS) == ("CLASS",)
    known.learn(MEALS, [], NOW)
    assert known.of(MEALS) == ()


def test_accounts_are_learned_one_beside_the_other() -> None:
    known = opened()
    known.learn(MEALS, ["CLASS"], NOW)
    known.learn((AccountType.GL, "61100"), ["PROJECT"], NOW)
    assert (known.of(MEALS), known.of((AccountType.GL, "61100"))) == (("CLASS",), ("PROJECT",))


def test_what_is_no_news_is_no_event() -> None:
    known = opened()
    known.learn(MEALS, ["CLASS", "PROJECT"], NOW)
    known.collect_events()
    known.learn(MEALS, ["project", "CLASS", "CLASS"], NOW)
    known.suspect(MEALS, ["PROJECT"], NOW)
    assert not known.pending_events


def test_every_connection_to_a_company_shares_what_is_known() -> None:
    names = ("Tenant", "Production", "Company")
    stream = DefaultDimensions.create_id(*names)
    assert stream == DefaultDimensions.create_id("tenant", "production", "company")
    for place in range(3):
        changed = [*names]
        changed[place] = "other"
        assert stream != DefaultDimensions.create_id(*changed)
    assert DefaultDimensions(NOW, *names).id == stream
