"""Which fields get their tags' options from Business Central (M14)."""

from collections.abc import Iterable

from domain.refusals import Failure
from domain.settings import FieldMapping, Settings


class TagOfTwoFields(Failure):
    """Two fields would write their values into one tag, whose options then fit neither."""

    code = "TAG_OF_TWO_FIELDS"
    fix = "Give each field a tag of its own, or switch option sync off for all but one of them."

    def __init__(self, fields: Iterable[str]) -> None:
        super().__init__(f"One tag is to take the values of {' and '.join(fields)}.")


def synced_fields(settings: Settings) -> tuple[FieldMapping, ...]:
    """The fields of purchases whose tags get their options from Business Central (M14)."""
    purchases = settings.purchases
    if not purchases.enabled:
        return ()
    return tuple(one for one in purchases.mappings if one.sync_options and one.source.kind == "tag")


def check_one_field(mapping: FieldMapping, settings: Settings) -> None:
    """Refuse to sync the options of a tag that another synced field feeds as well.

    Raises:
        TagOfTwoFields: with the names of the fields.
    """
    sharing = [one for one in synced_fields(settings) if _tag(one) == _tag(mapping)]
    if mapping in sharing and len(sharing) > 1:
        raise TagOfTwoFields(one.field for one in sharing)


def _tag(mapping: FieldMapping) -> str:
    return (mapping.source.tag_id or "").lower()
