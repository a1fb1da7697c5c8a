"""Settings in words and names, and what differs between two versions of them (M15)."""

from dataclasses import dataclass

from application.configure import Choices
from domain.offered import catalogue, label, named
from domain.settings import DIMENSION, FieldMapping, Settings
from entrypoints.http.pages.settings_fields import FIELDS, KINDS, LABELS, TITLES, of_field
from entrypoints.http.pages.settings_form import canonical, to_form

NOTHING = "none"
GONE = "one that is not known any more"


@dataclass(frozen=True, slots=True)
class Changed:
    """A setting that differs, in words."""

    label: str
    before: str
    after: str


def changed(
    before: Settings, after: Settings, before_choices: Choices | None, after_choices: Choices | None
) -> list[Changed]:
    """What differs between two versions, each named by what its own company offers."""
    old, new = described(before, before_choices), described(after, after_choices)
    names = list(dict.fromkeys([*new, *old]))
    pairs = ((name, old.get(name, NOTHING), new.get(name, NOTHING)) for name in names)
    return [Changed(*pair) for pair in pairs if pair[1] != pair[2]]


def described(settings: Settings, choices: Choices | None) -> dict[str, str]:
    """Each setting's label with its value; `choices` are None where they cannot be read."""
    form = to_form(settings)
    companies = {one.id.casefold(): one.name for one in choices.companies} if choices else {}
    company = companies.get((settings.company_id or "").casefold(), GONE)
    words = {"Company": company if settings.company_id else NOTHING}
    for name, title in LABELS.items():
        if name in FIELDS:
            words[title] = _choice(name, form.get(name), choices)
        elif name.endswith(("_date", "_posting")):
            words[title] = form.get(name, NOTHING)
        else:
            words[title] = "yes" if name in form else "no"
    for mapping in settings.purchases.mappings:
        title = _title(mapping.field, choices)
        words[f"{title} of a purchase"] = _source(mapping, choices)
        words[f"Tag options of {title}"] = "kept in step" if mapping.sync_options else NOTHING
    for name, value in form.items():
        if name.startswith("dim:"):
            pointer, code = name.removeprefix("dim:").split(":", 1)
            title = f"{_title(DIMENSION + code, choices)} of {KINDS[pointer]}"
            words[title] = _choice(name, value, choices)
    return words


def _source(mapping: FieldMapping, choices: Choices | None) -> str:
    name, source = f"map:{canonical(mapping)}:value", mapping.source
    if source.kind == "static":
        return f"always {_choice(name, source.value, choices)}"
    tags = {tag.id.casefold(): tag.name for tag in choices.tags} if choices else {}
    tag = f"the tag {tags.get((source.tag_id or '').casefold(), GONE)}"
    return f"{tag}, else {_choice(name, source.default, choices)}" if source.default else tag


def _title(field: str, choices: Choices | None) -> str:
    if not field.startswith(DIMENSION):
        return TITLES.get(field, field)
    code = field.removeprefix(DIMENSION).upper()
    chart = choices.chart if choices else None
    return chart.dimensions[code].name if chart and code in chart.dimensions else code


def _choice(name: str, value: str | None, choices: Choices | None) -> str:
    if not value:
        return NOTHING
    chart = choices.chart if choices else None
    found = named(catalogue(chart, of_field(name)), value) if chart else None
    return label(found) if found else GONE
