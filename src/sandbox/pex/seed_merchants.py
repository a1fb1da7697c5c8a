"""Where the made-up company spends: its usual merchants, and some with difficult names."""

from typing import NamedTuple

from sandbox import company


class Merchant(NamedTuple):
    """A place to spend: raw and normalised name, town, state, category code, usual account."""

    raw: str
    normalised: str
    city: str
    state: str
    mcc: str
    account: str
    country: str = "US"


MERCHANTS = tuple(
    Merchant(*merchant, country="CA" if merchant[3] == "QC" else "US")
    for merchant in company.MERCHANTS
)
ODD_MERCHANTS = (
    Merchant('JOE "THE NAIL" O\'BRIEN & SONS', "", "BOSTON", "MA", "5251", "63200"),
    Merchant("東京文具店", "東京文具店", "TOKYO", "", "5943", "61100", "JP"),
    Merchant(
        "THE INTERNATIONAL ASSOCIATION OF HARBOR MASTERS, PILOTS AND LIGHTHOUSE KEEPERS"
        " ANNUAL CONFERENCE REGISTRATION DESK 00417",
        "The International Association of Harbor Masters, Pilots and Lighthouse Keepers"
        " Annual Conference",
        "PORTLAND",
        "ME",
        "7929",
        "65100",
    ),
)
FOREIGN = {"CA": ("Canadian Dollar", "124", "0.7340"), "JP": ("Yen", "392", "0.0067")}
