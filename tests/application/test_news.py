"""People are told of each new trouble once, and once when it is mended."""

from datetime import timedelta

import pytest

from application.ports.schedule import Planned, Skipped
from application.tell_news import GIVEN_UP_AFTER, IN_FLIGHT, TellNews, Undelivered
from application_world import World
from domain.schedule import DAY, Job
from fakes.notifier import FakeNotifier
from fakes.outbox import FakeOutbox
from fakes.schedule import FakeSchedule

DEAD = ("PEX_TOKEN_REFUSED", "PEX refused the sign-in: Token expired or does not exist")


class Told:
    """A connection, and the people who hear of it in two ways."""

    def __init__(self) -> None:
        self.world = World()
        self.schedule = FakeSchedule()
        self.outbox = FakeOutbox()
        self.line, self.mail = FakeNotifier("log"), FakeNotifier("mail")
        self.news = self.sender()

    def sender(self) -> TellNews:
        return TellNews(
            self.world.read_models,
            self.schedule,
            self.outbox,
            (self.line, self.mail),
            self.world.clock,
            "https://pexbc.example/",
        )

    def trouble(self, code: str = DEAD[0], cause: str = DEAD[1]) -> None:
        connection = self.world.connection
        connection.require_action(code, cause, self.world.clock.now())
        self.world.log.save(connection)

    def mend(self) -> None:
        connection = self.world.connection
        connection.became_ready(self.world.clock.now())
        self.world.log.save(connection)

    def look(self) -> list[Undelivered]:
        self.news.note()
        tried = [self.news.send(one) for one in self.news.due()]
        return [one for one in tried if one is not None]

    def heard(self) -> list[tuple[str, bool]]:
        return [(one.code, one.mended) for one in self.mail.sent]


@pytest.fixture
def told() -> Told:
    return Told()


def test_where_all_is_well_nobody_hears_anything(told: Told) -> None:
    assert told.look() == []
    assert told.line.sent == told.mail.sent == []


def test_a_trouble_is_told_in_every_way_with_cause_fix_and_link(told: Told) -> None:
    told.trouble()
    assert told.look() == []
    (notice,) = told.mail.sent
    assert told.line.sent == [notice]
    assert (notice.business, notice.code, notice.cause) == ("Harbor Lights", *DEAD)
    assert notice.fix.startswith("Sign in with PEX again")
    assert notice.link == f"https://pexbc.example/connections/{told.world.connection_id}"
    assert not notice.mended


def test_a_trouble_that_goes_on_is_told_once_though_its_words_change(told: Told) -> None:
    told.trouble()
    told.look()
    told.trouble(cause="PEX refused the sign-in: another reference")
    told.look()
    assert told.heard() == [(DEAD[0], False)]


def test_a_mended_trouble_is_told_once_and_a_new_one_again(told: Told) -> None:
    for _ in range(2):
        told.trouble()
        told.look()
        told.mend()
        told.look()
        told.look()
        told.world.clock.advance(60)
    assert told.heard() == [(DEAD[0], False), (DEAD[0], True)] * 2
    assert len({one.id for one in told.mail.sent}) == 4


def test_another_trouble_in_place_of_the_first_is_news(told: Told) -> None:
    told.trouble()
    told.look()
    told.trouble("JOURNAL_MISSING", "There is no journal.")
    told.look()
    told.mend()
    told.look()
    assert told.heard() == [(DEAD[0], False), ("JOURNAL_MISSING", False), ("JOURNAL_MISSING", True)]


def test_a_trouble_that_passed_before_anybody_looked_is_no_news(told: Told) -> None:
    told.trouble()
    told.mend()
    told.look()
    assert told.heard() == []


def test_whoever_disconnects_is_not_told_that_all_is_well(told: Told) -> None:
    told.trouble()
    told.look()
    connection = told.world.connection
    connection.disconnect(told.world.clock.now(), "admin:a")
    told.world.log.save(connection)
    told.look()
    assert told.heard() == [(DEAD[0], False)]
    assert told.outbox.codes == {}


def test_a_daily_sync_that_was_left_out_is_told_until_one_starts(told: Told) -> None:
    world, now = told.world, told.world.clock.now()
    connection = world.connection
    connection.switch_auto_sync(enabled=True, actor="admin:a", timestamp=now)
    world.log.save(connection)
    told.schedule.plan(world.connection_id, Job.SYNC, now)
    why = Skipped("NOTHING_TO_SYNC", "The settings sync no kind of transaction.")
    told.schedule.move(Planned(world.connection_id, Job.SYNC, now), now + DAY, why)
    told.look()
    told.schedule.move(Planned(world.connection_id, Job.SYNC, now + DAY), now + 2 * DAY)
    told.look()
    assert told.heard() == [("NOTHING_TO_SYNC", False), ("NOTHING_TO_SYNC", True)]


def test_one_way_that_fails_holds_up_no_other_and_is_tried_again(told: Told) -> None:
    told.trouble()
    told.mail.refusals = 2
    (undelivered,) = told.look()
    assert (undelivered.outgoing.channel, undelivered.given_up) == ("mail", False)
    assert len(told.line.sent) == 1
    assert told.look() == []
    told.world.clock.advance(60)
    (undelivered,) = told.look()
    told.world.clock.advance(60)
    assert told.look() == []
    assert told.mail.sent == []
    told.world.clock.advance(60)
    assert told.look() == []
    assert told.heard() == [(DEAD[0], False)]
    assert len(told.line.sent) == 1


def test_what_cannot_be_delivered_for_days_is_given_up(told: Told) -> None:
    told.trouble()
    told.mail.refusals = 1_000
    given_up = []
    for _ in range(100):
        given_up += [one for one in told.look() if one.given_up]
        told.world.clock.advance(timedelta(hours=1).total_seconds())
    assert len(given_up) == 1
    assert told.outbox.rows == {}
    waited = told.world.clock.now() - given_up[0].outgoing.notice.at
    assert waited > GIVEN_UP_AFTER


def test_a_sender_that_dies_repeats_at_most_the_notice_in_its_hands(told: Told) -> None:
    told.trouble()
    told.mail.deaths = 1
    with pytest.raises(KeyboardInterrupt):
        told.look()
    told.news = told.sender()
    told.look()
    assert len(told.mail.sent) == 1
    told.world.clock.advance(IN_FLIGHT.total_seconds())
    told.look()
    first, again = told.mail.sent
    assert first == again
    assert len(told.line.sent) == 1
    assert told.outbox.rows == {}


def test_of_two_who_see_the_same_notice_one_sends_it(told: Told) -> None:
    told.trouble()
    told.news.note()
    seen = told.news.due()
    for sender in (told.news, told.sender()):
        for one in seen:
            assert sender.send(one) is None
    assert len(told.line.sent) == len(told.mail.sent) == 1


def test_a_notice_for_a_way_that_is_not_configured_any_more_is_dropped(told: Told) -> None:
    told.trouble()
    told.news.note()
    told.news = TellNews(
        told.world.read_models, told.schedule, told.outbox, (told.line,), told.world.clock, ""
    )
    (undelivered,) = told.look()
    assert (undelivered.outgoing.channel, undelivered.given_up) == ("mail", True)
    assert told.outbox.rows == {}
    assert len(told.line.sent) == 1
