"""Which of Business Central's values a field offers as tag options (M12, M28)."""

from collections.abc import Iterable

from domain.chart import Account, Chart, Choice
from domain.refusals import Failure
from domain.settings import EXPENSE_ACCOUNT, TAX_CODE, VENDOR, FieldMapping, Purchases, Settings
from domain.settings_check import EXPENSES
from domain.synced_fields import synced_fields
from domain.tag_options import Offer
from domain.vendors import is_usable


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


class FieldGone(Failure):
    """The company does not have the mapped dimension any more."""

    code = "FIELD_GONE"
    fix = "Map a dimension that the company has; the tag's options were left alone."

    def __init__(self, field: str) -> None:
        super().__init__(f"The company has nothing to offer for {field}.")


def for_tag_options_alone(settings: Settings) -> Settings:
    """As much of the settings as tag options need of the chart, for a run of them alone."""
    return Settings(settings.company_id, purchases=Purchases(mappings=synced_fields(settings)))


def offers(mapping: FieldMapping, settings: Settings, chart: Chart) -> tuple[Offer, ...]:
    """The values that people may choose for a field, as far as entries could bear them.

    Raises:
        FieldGone: the company has no such dimension, or this version no such field.
    """
    if mapping.field == EXPENSE_ACCOUNT:
        pex = chart.accounts.find(settings.pex_account_id or "")
        return _offers(one for one in chart.accounts if one is not pex and _is_offered(one))
    if mapping.field == VENDOR:
        return _offers(one for one in chart.vendors if is_usable(one, chart.currency))
    if mapping.field == TAX_CODE:
        return _offers(chart.tax_codes)
    dimension = chart.dimensions.get(mapping.dimension or "")
    if dimension is None:
        raise FieldGone(mapping.field)
    return _offers(dimension.values)


def _offers(choices: Iterable[Choice]) -> tuple[Offer, ...]:
    """By number or code, which is what entries name them by; a blank one names nothing."""
    return tuple(Offer(one.key, one.name) for one in choices if one.key.strip())


def _is_offered(account: Account) -> bool:
    """Expenses, and accounts that the company has put into no category."""
    wanted = not account.category.strip() or account.category in EXPENSES
    return wanted and account.unusable_because is None
