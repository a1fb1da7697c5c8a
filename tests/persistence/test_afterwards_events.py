"""Events about changes after posting are stored, and rows from before them still replay (M27)."""

from dataclasses import replace

import msgspec

from adapters.persistence.engine import Database
from adapters.persistence.event_log import SqlEventLog
from adapters.persistence.mapper import EventMapper
from builders.rows import purchase
from domain.pex_snapshot import PexSnapshot
from domain.posted_transaction import PostedTransaction
from persistence.read_models.story import AGGREGATES, Story


def test_a_story_afterwards_reads_back_as_it_was(database: Database) -> None:
    log = SqlEventLog(database, AGGREGATES)
    story = Story(log)
    connection = story.connect()
    run = story.start(connection)
    posting = story.post(connection, run, 7)
    splits = [("20.00", {"expense": "62400"}), (None, {})]
    posting.compare(PexSnapshot.of(purchase("-52.10", splits=splits)), run.id, story.now())
    posting.disappear(run.id, story.now())
    posting.compare(PexSnapshot.of(purchase("-48.60")), run.id, story.now())
    log.save(posting)
    back = log.load(PostedTransaction, posting.id)
    assert back == posting
    assert back.changes
    topics = [one.topic.removeprefix("posted_transaction.") for one in log.history(posting.id)]
    assert topics[4:] == ["changed_in_pex", "disappeared", "reappeared", "changed_in_pex"]


def test_rows_from_before_there_were_snapshots_replay_without_one(database: Database) -> None:
    log = SqlEventLog(database, AGGREGATES)
    story = Story(log)
    connection = story.connect()
    run = story.start(connection)
    posting = story.see(connection, run.id, 7)
    story.submit(posting, run.id)
    mapper = EventMapper(AGGREGATES)
    old: PostedTransaction | None = None
    for recorded in log.history(posting.id):
        stored = mapper.to_stored_event(recorded.event)  # type: ignore[arg-type]
        payload = msgspec.json.decode(stored.state)
        payload.pop("snapshot", None)
        event = mapper.to_domain_event(replace(stored, state=msgspec.json.encode(payload)))
        old = event.mutate(old)
    assert old is not None
    assert (old.posted_as, old.in_pex) == (None, None)
    assert old.entry == posting.entry
