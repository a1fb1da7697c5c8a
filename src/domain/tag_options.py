"""How Business Central's values become the options of a PEX dropdown tag (M28, PEX contract 4.5).

A three-way merge of what Business Central offers, what PEX has, and what was last written. What a
person made of the tag in PEX survives: own options, names, order, and options switched off or on.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count

from domain.refusals import Failure
from domain.settings import TagOptionRules

NAME_LENGTH = 100
STARS = 9
"""How many stars tell options of one name apart before their values do."""


@dataclass(frozen=True, slots=True)
class TagOption:
    """An option of a dropdown tag: the stored value and the name that people see."""

    value: str
    name: str
    order: int
    enabled: bool


@dataclass(frozen=True, slots=True)
class Offer:
    """What Business Central offers: a number or code, and its display name."""

    value: str
    name: str

    @property
    def label(self) -> str:
        """The name that its option gets, where no other option has it."""
        return " ".join(self.name.split())[:NAME_LENGTH].rstrip() or self.value


@dataclass(frozen=True, slots=True)
class Written:
    """An option as it was last written, for the label that Business Central had then.

    One that a person had made for an offer before is taken over as if it had been written so.
    """

    value: str
    name: str
    label: str
    enabled: bool


class Change(StrEnum):
    """What became of an option."""

    ADDED = "added"
    RENAMED = "renamed"
    DISABLED = "disabled"
    ENABLED = "enabled"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class OptionChange:
    """A change of one option, by its name afterwards."""

    option: str
    value: str
    change: Change
    detail: str | None = None


@dataclass(frozen=True, slots=True)
class Merge:
    """The whole list to write, what changes by that, and what is then the last written.

    Without a change there is nothing to write. `written` is by `fold(value)`.
    """

    options: tuple[TagOption, ...]
    changes: tuple[OptionChange, ...]
    written: Mapping[str, Written]


class OffersNotUnique(Failure):
    """Business Central offers one number or code twice (PEX contract 4.5, 1)."""

    code = "TAG_OFFERS_NOT_UNIQUE"
    fix = "Make its numbers or codes differ in Business Central in more than their case."

    def __init__(self, value: str) -> None:
        super().__init__(f"Business Central offers more than one {value!r}; nothing was written.")


class OptionsNotUnique(Failure):
    """The tag has options that PEX could not tell apart (PEX contract 4.5, 9)."""

    code = "TAG_OPTIONS_NOT_UNIQUE"
    fix = "Rename or remove one of the two options in PEX; the next sync tries again."

    def __init__(self, member: str, text: str) -> None:
        super().__init__(f"The tag has more than one option of the {member} {text!r}.")


class NoOptionEnabled(Failure):
    """No option could be chosen any more, which PEX does not take (PEX contract 4.5, 8)."""

    code = "TAG_NO_OPTION_ENABLED"
    fix = "Enable one of the tag's options in PEX; the next sync tries again."

    def __init__(self) -> None:
        super().__init__("None of the tag's options would be enabled.")


def fold(text: str) -> str:
    """A value or name as PEX compares it: without case."""
    return text.lower()


def by_value(options: Iterable[TagOption]) -> dict[str, TagOption]:
    """Options by their value without case."""
    return {fold(option.value): option for option in options}


def merge(
    offers: Sequence[Offer],
    options: Sequence[TagOption],
    written: Mapping[str, Written],
    rules: TagOptionRules,
) -> Merge:
    """Bring a tag's options up to what is offered; merging the result again changes nothing.

    Raises:
        OffersNotUnique: two offers of one value.
        OptionsNotUnique, NoOptionEnabled: something is to be written, and PEX would not take it.
    """
    offered = _offers_by_value(offers)
    kept = [_Kept(one, offered.get(fold(one.value)), written, rules) for one in options]
    known = {fold(one.value) for one in options}
    missing = [offer for key, offer in offered.items() if key not in known]
    _keep_one_enabled(kept, missing)
    taken = {fold(one.option.name) for one in kept if not one.is_renamed}
    for one in kept:
        if one.is_renamed:
            one.rename(taken)
    added = list(_added(missing, options, taken))
    merged = Merge(
        (*(one.option for one in kept), *(option for option, _ in added)),
        (*(change for one in kept for change in one.changes()), *(_told(*one) for one in added)),
        {
            **{fold(one.option.value): one.written for one in kept if one.written is not None},
            **{fold(option.value): _as_written(option, offer) for option, offer in added},
        },
    )
    if merged.changes:
        _check(merged.options)
    return merged


def _offers_by_value(offers: Sequence[Offer]) -> dict[str, Offer]:
    found: dict[str, Offer] = {}
    for offer in offers:
        if found.setdefault(fold(offer.value), offer) is not offer:
            raise OffersNotUnique(offer.value)
    return found


class _Kept:
    """An option that is there already, on its way through the merge."""

    def __init__(
        self,
        option: TagOption,
        offer: Offer | None,
        written: Mapping[str, Written],
        rules: TagOptionRules,
    ) -> None:
        self.before = self.option = option
        self._offer = offer
        self.written = written.get(fold(option.value))
        self.is_renamed = False
        if offer is not None:
            self._follow(offer, rules)
        elif self.written is not None and self.written.enabled and option.enabled:
            self._switch(self.written, enabled=False)

    def _follow(self, offer: Offer, rules: TagOptionRules) -> None:
        """Do what its offer asks for, as far as no person has decided otherwise."""
        label = offer.label
        last = self.written or Written(self.option.value, label, label, enabled=True)
        self.written = last
        if self.option.enabled or (rules.reenable and not last.enabled):
            self._switch(last, enabled=True)
        self.is_renamed = rules.rename and label != last.label and self.option.name == last.name

    def _switch(self, last: Written, *, enabled: bool) -> None:
        self.option = replace(self.option, enabled=enabled)
        self.written = replace(last, enabled=enabled)

    @property
    def is_switched_off(self) -> bool:
        """Whether this merge disables it."""
        return self.before.enabled and not self.option.enabled

    def leave_on(self) -> None:
        """Take back that it is disabled, as one option must stay enabled."""
        if self.written is not None:
            self._switch(self.written, enabled=True)

    def rename(self, taken: set[str]) -> None:
        """Give it the name that Business Central has now."""
        if self._offer is None or self.written is None:
            return
        label = self._offer.label
        name = _free_name(label, self.option.value, taken)
        self.option = replace(self.option, name=name)
        self.written = replace(self.written, name=name, label=label)

    def changes(self) -> Iterator[OptionChange]:
        """What became of it."""
        before, now = self.before, self.option
        if now.name != before.name:
            yield OptionChange(now.name, now.value, Change.RENAMED, f"It was {before.name!r}.")
        if before.enabled and not now.enabled:
            detail = "Business Central does not offer it any more."
            yield OptionChange(now.name, now.value, Change.DISABLED, detail)
        if now.enabled and not before.enabled:
            detail = "Business Central offers it again."
            yield OptionChange(now.name, now.value, Change.ENABLED, detail)


def _keep_one_enabled(kept: Sequence[_Kept], missing: Sequence[Offer]) -> None:
    """Leave the first option on where all would go off (PEX contract 4.5, 8)."""
    if missing or any(one.option.enabled for one in kept):
        return
    first = next((one for one in kept if one.is_switched_off), None)
    if first is not None:
        first.leave_on()


def _added(
    missing: Iterable[Offer], options: Sequence[TagOption], taken: set[str]
) -> Iterator[tuple[TagOption, Offer]]:
    behind = max((option.order for option in options), default=-1) + 1
    for order, offer in enumerate(missing, behind):
        name = _free_name(offer.label, offer.value, taken)
        yield TagOption(offer.value, name, order, enabled=True), offer


def _told(option: TagOption, offer: Offer) -> OptionChange:
    starred = option.name != offer.label
    detail = f"Another option is called {offer.label!r}." if starred else None
    return OptionChange(option.name, option.value, Change.ADDED, detail)


def _as_written(option: TagOption, offer: Offer) -> Written:
    return Written(option.value, option.name, offer.label, option.enabled)


def _free_name(label: str, value: str, taken: set[str]) -> str:
    """The label, or the label and what tells it apart; it is taken from then on."""
    name = next(one for one in _names(label, value) if fold(one) not in taken)
    taken.add(fold(name))
    return name


def _names(label: str, value: str) -> Iterator[str]:
    """`Foo`, `Foo*`, `Foo**` (PEX contract 4.5, 5); for a crowd of one name, `Foo 10010`."""
    for stars in range(STARS + 1):
        yield label[: NAME_LENGTH - stars] + "*" * stars
    named = f"{label} {value}"
    yield from (named + "*" * stars for stars in count())


def _check(options: Sequence[TagOption]) -> None:
    for member, texts in (
        ("value", [option.value for option in options]),
        ("name", [option.name for option in options]),
    ):
        counted = Counter(map(fold, texts))
        twice = next((text for text in texts if counted[fold(text)] > 1), None)
        if twice is not None:
            raise OptionsNotUnique(member, twice)
    if not any(option.enabled for option in options):
        raise NoOptionEnabled
