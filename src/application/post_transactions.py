"""The phase of a run that brings transactions into the journal (design: exactly once, 4)."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from application.complete_dimensions import CompleteDimensions
from application.ports.clock import Clock
from application.post_entries import PostEntries
from application.send_packs import UNKNOWNS_BEFORE_WAITING, SendPacks
from application.settle_doubt import SettleDoubt
from application.turn import Turn
from domain.posted_transaction import UNSETTLED, State


class PostTransactions:
    """Settles what is in doubt, sends again what surely is not there, then posts what is new."""

    def __init__(
        self,
        doubts: SettleDoubt,
        complete: CompleteDimensions,
        send: SendPacks,
        post: PostEntries,
        clock: Clock,
        boundary: Callable[[str], None],
    ) -> None:
        self._doubts = doubts
        self._complete = complete
        self._send = send
        self._post = post
        self._clock = clock
        self._boundary = boundary

    def step(self, turn: Turn) -> datetime | None:
        """Take one step; while one pack is in doubt, the others go on."""
        if not turn.run.kinds:
            return None
        now, run, session = self._clock.now(), turn.run, turn.session
        unfinished = [] if run.preview else self._doubts.unfinished(run)
        self._doubts.note_lost_answers(run, unfinished)
        due = [one for one in unfinished if self._doubts.due_at(one) <= now]
        if self._doubts.settle_due(run, unfinished) or self._complete.settle(run, session, due):
            session.unknown_in_a_row = 0
            self._boundary("settled")
            return now
        in_doubt = [one for one in unfinished if one.state in UNSETTLED]
        waits = [self._doubts.due_at(posting) for posting in in_doubt]
        if not in_doubt:
            session.unknown_in_a_row = 0
        if session.unknown_in_a_row < UNKNOWNS_BEFORE_WAITING:
            bare = [one for one in unfinished if one.state is State.BARE]
            if bare:
                self._complete.complete(run, session, bare)
                return now
            again = [one for one in unfinished if one.is_to_be_sent_again_to(session.target)]
            following = partial(self._post.next_pack, run, session, turn.connection.business_id)
            idle = self._send.send_all(run, session, again, following)
            if idle is None:
                return now
            if idle.until is not None:
                waits.append(idle.until)
        return min(waits, default=None)
