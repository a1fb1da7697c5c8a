"""The eventsourcing library's own contract tests, on both databases."""

import pytest
from eventsourcing.tests import persistence as upstream

from adapters.persistence.chain import verify_chain
from adapters.persistence.engine import Database, make_engine
from adapters.persistence.recorder import SqlRecorder


class _OnDatabase:
    """Gives each case an empty log of its own, and checks the hash chain afterwards."""

    database: Database

    def create_recorder(self) -> SqlRecorder:
        return SqlRecorder(self.database)


class _OnSqlite(_OnDatabase):
    @pytest.fixture(autouse=True)
    def open(self, sqlite_url: str) -> object:
        self.database = Database(make_engine(sqlite_url))
        yield
        assert verify_chain(self.database).intact
        self.database.dispose()


@pytest.mark.postgres
class _OnPostgres(_OnDatabase):
    @pytest.fixture(autouse=True)
    def open(self, postgres_url: str) -> object:
        self.database = Database(make_engine(postgres_url))
        yield
        assert verify_chain(self.database).intact
        self.database.dispose()


class TestApplicationRecorderOnSqlite(_OnSqlite, upstream.ApplicationRecorderTestCase[SqlRecorder]):
    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestApplicationRecorderOnPostgres(
    _OnPostgres, upstream.ApplicationRecorderTestCase[SqlRecorder]
):
    EXPECT_CONTIGUOUS_NOTIFICATION_IDS = False  # a refused append leaves a gap

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestProcessRecorderOnSqlite(_OnSqlite, upstream.ProcessRecorderTestCase):
    pass


class TestProcessRecorderOnPostgres(_OnPostgres, upstream.ProcessRecorderTestCase):
    pass


class TestTrackingRecorderOnSqlite(_OnSqlite, upstream.TrackingRecorderTestCase):
    pass


class TestTrackingRecorderOnPostgres(_OnPostgres, upstream.TrackingRecorderTestCase):
    pass


class TestPositionsOnSqlite(_OnSqlite, upstream.NonInterleavingNotificationIDsBaseCase):
    pass


class TestPositionsOnPostgres(_OnPostgres, upstream.NonInterleavingNotificationIDsBaseCase):
    pass
