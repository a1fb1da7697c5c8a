"""Which fields offer Business Central's values as tag options, and which values (M12, M14, M28)."""

from collections.abc import Iterable

from domain.chart import Account, Chart
from domain.refusals import Failure
from domain.settings import EXPENSE_ACCOUNT, TAX_CODE, VENDOR, FieldMapping, Purchases, Settings
from domain.settings_check import EXPENSES
from domain.tag_options import Offer


class TagGone(Failure):
    """The mapped tag is not there any more."""

    code = "TAG_GONE"
    fix = "Map the field to another dropdown tag in the settings, or create the tag in PEX."

    def __init__(self, tag_id: str) -> None:
        super().__init__(f"PEX has no tag {tag_id} any more.")


class TagNotDropdown(Failure):
    """The mapped tag is of another kind, which has no options."""

    code = "TAG_NOT_DROPDOWN"
    fix = "Map the field to a dropdown tag in the settings; only those have options."

    def __init__(self, name: str, kind: str) -> None:
        super().__init__(f"The tag {name!r} is a {kind} tag.")


class TagOfTwoFields(Failure):
    """Two fields would write their values into one tag, whose options then fit neither."""

    code = "TAG_OF_TWO_FIELDS"
    fix = "Give each field a tag of its own, or switch option sync off for all but one of them."

    def __init__(self, fields: Iterable[str]) -> None:
        super().__init__(f"One tag is to take the values of {' and '.join(fields)}.")


class FieldGone(Failure):
    """The company does not have the mapped dimension any more."""

    code = "FIELD_GONE"
    fix = "Map a dimension that the company has; the tag's options were left alone."

    def __init__(self, field: str) -> None:
        super().__init__(f"The company has nothing to offer for {field}.")


def synced_fields(settings: Settings) -> tuple[FieldMapping, ...]:
    """The fields of purchases whose tags get their options from Business Central (M14)."""
    purchases = settings.purchases
    if not purchases.enabled:
        return ()
    return tuple(one for one in purchases.mappings if one.sync_options and one.source.kind == "tag")


def for_tag_options_alone(settings: Settings) -> Settings:
    """As much of the settings as tag options need of the chart, for a run of them alone."""
    return Settings(settings.company_id, purchases=Purchases(mappings=synced_fields(settings)))


def check_one_field(mapping: FieldMapping, settings: Settings) -> None:
    """Refuse a tag that another synced field feeds as well.

    Raises:
        TagOfTwoFields: with the names of the fields.
    """
    tag = (mapping.source.tag_id or "").lower()
    fields = [
        one.field for one in synced_fields(settings) if (one.source.tag_id or "").lower() == tag
    ]
    if len(fields) > 1:
        raise TagOfTwoFields(fields)


def offers(mapping: FieldMapping, settings: Settings, chart: Chart) -> tuple[Offer, ...]:
    """The values that people may choose for a field, as far as entries could bear them.

    Raises:
        FieldGone: the company has no such dimension, or this version no such field.
    """
    if mapping.field == EXPENSE_ACCOUNT:
        pex = chart.accounts.find(settings.pex_account_id or "")
        accounts = (one for one in chart.accounts if one is not pex and _is_offered(one))
        return tuple(Offer(one.number, one.name) for one in accounts)
    if mapping.field == VENDOR:
        return tuple(Offer(one.number, one.name) for one in chart.vendors if one.blocked != "All")
    if mapping.field == TAX_CODE:
        return tuple(Offer(one.code, one.name) for one in chart.tax_codes)
    dimension = chart.dimensions.get(mapping.dimension or "")
    if dimension is None:
        raise FieldGone(mapping.field)
    return tuple(Offer(one.code, one.name) for one in dimension.values)


def _is_offered(account: Account) -> bool:
    """Expenses, and accounts that the company has put into no category."""
    wanted = not account.category.strip() or account.category in EXPENSES
    return wanted and account.unusable_because is None
