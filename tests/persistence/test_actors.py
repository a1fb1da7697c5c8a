"""Every event that changes something leads to whoever decided it (M45)."""

from adapters.persistence.event_types import event_types
from entrypoints.composition import AGGREGATES

FIELDS = {one.topic: set(one.fields) for kind in AGGREGATES for one in event_types(kind)}

DECISIONS = {
    "connection.opened",
    "connection.pex_signed_in",
    "connection.pex_token_renewed",
    "connection.microsoft_signed_in",
    "connection.journal_requested",
    "connection.disconnected",
    "connection.settings_saved",
    "connection.auto_sync_switched",
    "connection.callbacks_switched",
    "sync_run.started",
    "tag_options.intended",
    "vendor_aliases.put",
    "vendor_aliases.removed",
}
"""What a person, or the schedule, decided: these name their actor."""

OBSERVED = {"connection.became_ready", "connection.action_required"}
"""What was found out about a connection: nobody decided it."""

BOOK_KEEPING = {
    "tag_options.opened",
    "vendor_aliases.opened",
    "journal_numbers.opened",
    "journal_numbers.business_joined",
    "journal_numbers.reserved",
    "journal_numbers.skipped",
    "default_dimensions.opened",
    "default_dimensions.learned",
}
"""The product's own notes, which a decision beside them, or a run, makes it take."""


def test_what_somebody_decides_names_its_actor() -> None:
    assert {topic for topic, fields in FIELDS.items() if "actor" in fields} == DECISIONS


def test_whatever_a_run_does_leads_to_the_run_and_so_to_who_started_it() -> None:
    of_a_run = {topic for topic, fields in FIELDS.items() if "run_id" in fields}
    of_a_run |= {topic for topic in FIELDS if topic.startswith("sync_run.")}
    assert set(FIELDS) - of_a_run - DECISIONS == OBSERVED | BOOK_KEEPING
