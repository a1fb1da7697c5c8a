"""A migration that changes what views hold lets them be built anew from the events."""

import sqlalchemy as sa

from adapters.persistence.engine import Database
from adapters.persistence.event_log import SqlEventLog
from adapters.persistence.projections.keeping_up import TRACKED
from adapters.persistence.read_models import SqlReadModels
from adapters.persistence.schema import downgrade, migrate
from adapters.persistence.tables import tracking
from domain.sync_run import Outcome
from persistence.read_models.story import AGGREGATES, Story, row


def test_what_was_shown_before_tag_options_is_shown_again_after(database: Database) -> None:
    log = SqlEventLog(database, AGGREGATES)
    story, views = Story(log), SqlReadModels(database, log)
    run = story.reported(story.connect(), row(1, Outcome.SKIPPED, "PENDING"))
    before = views.run(run.id)
    assert before is not None
    downgrade(database.engine, "0002")
    with database.engine.begin() as connection:  # as if all were shown, in the form of then
        connection.execute(
            sa.insert(tracking).values(name=TRACKED, position=log.head()),
        )
    migrate(database.engine)
    assert views.run(run.id) == before
    assert views.differences() == []
