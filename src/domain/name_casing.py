"""How a person would write a name that the card network tells in capitals (M22)."""

import re

from domain.name_words import listed

# Initials and names that are written in capitals though they have a vowel, or four letters or more.
CAPITALS = listed(
    """
    AA AAA AARP ABC ACLU ADP ADT AFSCME AI AICPA AIG AMC AMZN APA ASPCA ASU ATM ATT ATV AWS AXA
    BASF BBVA BYU CIBC CNA CPA CUNY DEA DIY DJI DMV EMS EMT EPA ESPN ETS EU EZ FAA FBI FDA FEMA
    GEICO HEB HOA HVAC IBEW IBM IEEE IHOP II III IKEA ING IRS ISO ITT IV JFK KOA LAX LLC LLP LSU
    MIT MSFT MTA NAACP NAPA NASA NBA NCAA NEC NYC NYCT NYPD NYU OSHA OSU PLLC PNC QVC RCA REI RV
    SAP SAS SEPTA SHRM SMTP SUNY SUV TGI TIAA TSA TV UAB UCLA UK UNICEF UPS US USA USAA USB USC
    USDA USPS UT VA VFW VI VII VIP VW YMCA YWCA
    """
)
# Shortened words: without a vowel like initials, but written as words.
SHORTENED = listed(
    """
    BLD BR CT CTR DPT DR FT GRL JR LN LTD MFG MGT MKT MR MRS MS MT PK PKG PKY PRK RD RST SHP SPR SQ
    ST STN STR SVC TPK TRL TWR
    """
)
# Names with capitals inside, which no rule can tell.
OWN_SPELLING = {
    name.upper(): name
    for name in listed(
        """
        AutoZone BestBuy CarMax ChatGPT DocuSign DoorDash eBay ExxonMobil FedEx GitHub GitLab GmbH
        GoDaddy GrubHub HubSpot iHeart iTunes JetBlue LinkedIn MailChimp OfficeMax OpenAI PayPal
        PetSmart QuickBooks QuikTrip RaceTrac ShopRite SiriusXM SurveyMonkey TaskRabbit ThriftBooks
        TurboTax UHaul WeWork WhatsApp WordPress YouTube
        """
    )
}
SMALL = listed("AND AT BY DE DEL DI DU EN ET FOR FROM IN OF ON OR THE TO UND WITH Y")
ENDS_OF_ADDRESSES = listed("AI APP CO COM DE EDU FR GOV IO NET ORG TV UK US")
# State codes that are no word, nor short for one, where a name ends with them.
STATES_WITH_A_VOWEL = listed(
    "AK AL AR AZ CA GA IA ID IL KY MA ME MI MO NE NY OH OR PA RI UT VA WA WI WY"
)
ENDINGS_OF_ORDINALS = listed("ST ND RD TH S")
BEFORE_AN_APOSTROPHE = frozenset("DLO")
ARTICLES = listed("LA LAS LOS")
APOSTROPHES = ("'", "\N{RIGHT SINGLE QUOTATION MARK}")
LONGEST_INITIALS = 3
VOWELS = frozenset("AEIOUY")

_LETTERS = re.compile(r"(?:[^\W\d_][\u0300-\u036f]*)+")
_SHORT = 2


def recased(name: str) -> str:
    """A name in capitals in the case of a title; any other name keeps the case it is told in."""
    if not name.isupper():
        return name
    words = name.split(" ")
    return " ".join(_word(words, place) for place in range(len(words)))


def _word(words: list[str], place: int) -> str:
    word, last = words[place], len(words) - 1
    if 0 < place < last and (
        word in SMALL or (word in ARTICLES and words[place - 1] in ("DE", "EN"))
    ):
        return word.lower()
    if 0 < place == last and word in STATES_WITH_A_VOWEL:
        return word
    return _LETTERS.sub(_run, word)


def _run(found: re.Match[str]) -> str:
    """One run of letters within a word, in the light of what stands beside it."""
    run, word = found.group(), found.string
    before, after = word[: found.start()], word[found.end() :]
    if before[-1:] in APOSTROPHES and before[-2:-1].isalpha():
        is_name = before[:-1] in BEFORE_AN_APOSTROPHE and len(run) > 1
        return _titled(run) if is_name else _lower(run)
    is_ordinal = before[-1:].isdecimal() and run in ENDINGS_OF_ORDINALS
    if is_ordinal or _ends_an_address(run, before, after):
        return _lower(run)
    if before[-1:].isdecimal() and len(run) <= _SHORT:
        return run
    if _is_initials(run) or ("&" in (before[-1:], after[:1]) and len(run) <= _SHORT):
        return run
    return _titled(run)


def _ends_an_address(run: str, before: str, after: str) -> bool:
    label = re.split(r"[\W_]", before.rstrip("."))[-1]
    return run in ENDS_OF_ADDRESSES and before.endswith(".") and len(label) > 1 and not after


def _is_initials(run: str) -> bool:
    if len(run) == 1 or run in CAPITALS:
        return True
    short = run.isascii() and len(run) <= LONGEST_INITIALS
    return short and VOWELS.isdisjoint(run) and run not in SHORTENED


def _titled(run: str) -> str:
    if run in OWN_SPELLING:
        return OWN_SPELLING[run]
    if run.startswith("MC") and len(run) > LONGEST_INITIALS:
        return f"Mc{run[2]}{_lower(run[3:])}"
    return run[0] + _lower(run)[1:]


def _lower(run: str) -> str:
    """In small letters, each for one: a dotted capital I would be two."""
    lower = run.lower()
    return lower if len(lower) == len(run) else "".join(mark.lower()[0] for mark in run)
