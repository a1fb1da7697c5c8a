"""The phase of a run that brings tags' options up to Business Central's values (M14, M28)."""

from collections.abc import Callable
from datetime import datetime

from application.ports.clock import Clock
from application.ports.event_log import EventLog
from application.ports.pex import (
    PexAccess,
    PexAccount,
    PexPermissionMissing,
    PexRequestRefused,
    PexUnavailable,
    Tag,
)
from application.turn import Turn
from domain.refusals import Failure, Refusal
from domain.settings import FieldMapping
from domain.sync_run import SyncRun
from domain.synced_fields import check_one_field, synced_fields
from domain.tag_option_fields import TagGone, TagNotDropdown, offers
from domain.tag_option_history import ReportedOption, TagOptions
from domain.tag_options import Change, Offer, OptionChange, merge

WRITES = 3
"""How often a tag is read, merged and written, where PEX does not take the first write (U8)."""

WAITS = 5
"""How often a run waits for a tag that PEX cannot give, before transactions go first."""


class TagNotWritten(Failure):
    """PEX did not take a tag's options, also after they were read again."""

    code = "TAG_NOT_WRITTEN"
    fix = "Read PEX's message and correct the tag in PEX; the next sync tries again."

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(f"The tag's options were not written. {refusal.cause}")


class SyncTagOptions:
    """Writes one tag a step; a field that fails leaves the others alone."""

    def __init__(
        self, pex: PexAccess, log: EventLog, clock: Clock, boundary: Callable[[str], None]
    ) -> None:
        self._pex = pex
        self._log = log
        self._clock = clock
        self._boundary = boundary

    def step(self, turn: Turn) -> datetime | None:
        """Bring the next field's tag up to date; None once all are done, or none was asked for."""
        run = turn.run
        wanted = synced_fields(run.settings) if run.tag_options else ()
        mapping = next((one for one in wanted if one.field not in run.tag_fields_done), None)
        if mapping is None:
            return None
        history = self._history(run, mapping)
        try:
            check_one_field(mapping, run.settings)
            offered = offers(mapping, run.settings, turn.chart)
            changes = self._sync(run, history, offered)
        except PexUnavailable as refusal:
            if run.stalled < WAITS:
                raise
            self._record_failure(run, history, mapping, refusal)
        except (Failure, PexRequestRefused, PexPermissionMissing) as refusal:
            self._record_failure(run, history, mapping, refusal)
        else:
            self._record(run, history, mapping, changes)
        self._boundary("tag_options_recorded")
        return self._clock.now()

    def _history(self, run: SyncRun, mapping: FieldMapping) -> TagOptions:
        tag_id = mapping.source.tag_id or ""
        known = self._log.find(TagOptions, TagOptions.create_id(run.connection_id, tag_id))
        return known or TagOptions(self._clock.now(), run.connection_id, tag_id)

    def _sync(
        self, run: SyncRun, history: TagOptions, offered: tuple[Offer, ...]
    ) -> tuple[OptionChange, ...]:
        """Read, merge, write down, write; all of it anew where the write did not come to be.

        So a tag that changed in between is never written over, nor an answer that was lost.
        """
        account = self._pex.of(run.connection_id)
        refusal: PexRequestRefused | PexUnavailable
        for _ in range(WRITES):
            tag = _read(account, history.tag_id)
            written = history.last_written(tag.options)
            merged = merge(offered, tag.options, written, run.settings.tag_options)
            changes = (*history.landed(tag.options), *merged.changes)
            if run.preview:
                return changes
            history.intend(merged, changes, run.id, run.actor, self._clock.now())
            if not merged.changes:
                return changes
            self._log.save(history)
            self._boundary("tag_options_intended")
            try:
                account.write_options(tag, merged.options)
            except PexRequestRefused as told:
                refusal = told
            except PexUnavailable as told:
                if told.retry_after is not None:
                    raise
                refusal = told
            else:
                self._boundary("tag_options_written")
                return changes
        raise TagNotWritten(refusal) from refusal

    def _record(
        self,
        run: SyncRun,
        history: TagOptions,
        mapping: FieldMapping,
        changes: tuple[OptionChange, ...],
    ) -> None:
        now = self._clock.now()
        rows = tuple(
            ReportedOption(
                history.tag_id, mapping.field, one.option, one.value, one.change, None, one.detail
            )
            for one in changes
        )
        pages = run.report_tag_options(mapping.field, rows, now)
        if run.preview or history.intention is None:
            self._log.save(run, *pages)
            return
        history.confirm(run.id, now)
        self._log.save(history, run, *pages)

    def _record_failure(
        self, run: SyncRun, history: TagOptions, mapping: FieldMapping, refusal: Refusal
    ) -> None:
        row = ReportedOption(
            history.tag_id, mapping.field, "", "", Change.FAILED, refusal.code, refusal.cause
        )
        pages = run.report_tag_options(mapping.field, (row,), self._clock.now())
        self._log.save(run, *pages)


def _read(account: PexAccount, tag_id: str) -> Tag:
    tag = account.tag(tag_id)
    if tag is None:
        raise TagGone(tag_id)
    if tag.kind != "Dropdown":
        raise TagNotDropdown(tag.name, tag.kind)
    return tag
