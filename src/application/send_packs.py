"""Keep several packs in flight within one step (design: exactly once, 2 to 4; ADR 30).

One thread alone decides, reserves and records; the others do nothing but wait for Business Central.
So each pack stands in the event log as submitted before it leaves, whatever else is under way, and
a crash leaves as many packs to be asked about as were in flight, each by itself.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from application.pace import Pace
from application.ports.event_log import EventLog
from application.ports.general_journal import Answer, NotRun
from application.ports.parallel import Begun, Overlap
from application.run_session import RunSession
from application.send_pack import SendPack
from domain.posted_transaction import PostedTransaction, State
from domain.refusals import Refusal
from domain.sync_run import SyncRun

UNKNOWNS_BEFORE_WAITING = 2
AHEAD = 1
"""Packs beyond those in flight that are ready to leave when an answer comes."""

Pack = list[PostedTransaction]


@dataclass(frozen=True, slots=True)
class Idle:
    """Nothing can be sent now, and not before `until`; None where nothing is left."""

    until: datetime | None


NextPack = Callable[[], Pack | Idle]
"""Reserves the next pack and notes it as submitted; one that holds nothing is none."""


@dataclass(slots=True)
class _Step:
    """What is to be sent in one step, and how it goes."""

    run: SyncRun
    session: RunSession
    again: Pack
    following: NextPack
    packs: int = 0
    idle: Idle | None = None
    is_enough: bool = False
    hindered_by: Refusal | None = None

    @property
    def is_to_go_on(self) -> bool:
        """Whether there may be a pack that is good to be begun now."""
        return (
            not self.is_enough
            and self.hindered_by is None
            and self.session.unknown_in_a_row < UNKNOWNS_BEFORE_WAITING
            and bool(self.again or self.idle is None)
        )


class SendPacks:
    """Sends pack after pack, beginning some before the answers to others are there."""

    def __init__(
        self,
        log: EventLog,
        send: SendPack,
        overlap: Overlap,
        pace: Pace,
        boundary: Callable[[str], None],
    ) -> None:
        self._log = log
        self._send = send
        self._overlap = overlap
        self._pace = pace
        self._boundary = boundary

    def send_all(
        self, run: SyncRun, session: RunSession, again: Pack, following: NextPack
    ) -> Idle | None:
        """Send those `again` that surely do not exist, then what follows, while that is good.

        None where the run wants its next step at once.

        Raises:
            Refusal: what kept BC from running a pack, or the next from being made ready.
            StreamConflict: somebody else wrote to what was to be reserved or recorded.
        """
        step = _Step(run, session, again, following)
        with self._overlap(partial(self._send.answer_to, session)) as begun:
            try:
                self._send_all(step, begun)
            except Exception:
                self._record_rest(step, begun)
                raise
        if step.hindered_by is not None:
            raise step.hindered_by
        return None if step.packs else step.idle

    def _send_all(self, step: _Step, begun: Begun[Pack, Answer]) -> None:
        while True:
            while self._has_room(step, begun):
                self._begin(step, begun)
            if not len(begun):
                return
            self._record(step, *self._next_answer(begun))

    def _has_room(self, step: _Step, begun: Begun[Pack, Answer]) -> bool:
        """Several packs at a time only while all goes well: what is wrong with one is with all."""
        room = self._overlap.at_once + AHEAD if step.session.flows else 1
        return len(begun) < room and step.is_to_go_on and self._pace.lets_go_on(step.packs)

    def _begin(self, step: _Step, begun: Begun[Pack, Answer]) -> None:
        if step.again:
            pack = self._send.submit_again(step.run, step.session, step.again)
            self._boundary("submitted again")
        else:
            found = step.following()
            if isinstance(found, Idle):
                step.idle = found
                return
            pack = found
        step.packs += 1
        if pack:
            begun.begin(pack)

    def _next_answer(self, begun: Begun[Pack, Answer]) -> tuple[Pack, Answer]:
        self._boundary("in flight")
        answered = begun.take_next()
        self._boundary("sent")
        return answered

    def _record(self, step: _Step, pack: Pack, answer: Answer) -> None:
        self._send.record(step.run, step.session, pack, answer)
        self._boundary("recorded")
        if isinstance(answer, NotRun):
            step.hindered_by = step.hindered_by or answer.refusal
        if any(posting.state is State.BARE for posting in pack):
            step.is_enough = True  # their dimensions come first, in the next step
        target = step.session.target
        step.again += [posting for posting in pack if posting.is_to_be_sent_again_to(target)]

    def _record_rest(self, step: _Step, begun: Begun[Pack, Answer]) -> None:
        """Record the others' answers, though something went wrong; what fails here is asked about.

        The run is loaded anew each time, since its last events may not have been stored.
        """
        while len(begun):
            with suppress(Exception):
                pack, answer = self._next_answer(begun)
                step.run = self._log.load(SyncRun, step.run.id)
                self._record(step, pack, answer)
