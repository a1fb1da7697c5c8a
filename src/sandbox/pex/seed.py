"""The made-up company's PEX side: what a world holds when it begins.

Everything follows from the seed, the number of rows and the Eastern day on which the clock starts;
nothing lies on that day or after it.
"""

from datetime import date
from random import Random

from sandbox import company
from sandbox.pex import seed_business, seed_cards, seed_credit, seed_odd, seed_tags
from sandbox.pex.draw import KINDS, Draw
from sandbox.pex.wire import EASTERN, months_later
from sandbox.pex.world import Business, CardAccount, Receipt, Row, Token, World

CARD_IDS, BUSINESS_IDS = 70_100_001, 75_000_001
CREDIT_CARD_IDS, CREDIT_BUSINESS_IDS = 80_100_001, 85_000_001
VENDOR_ACCOUNT = 88150
_CREDIT_ACCOUNTS = (
    CardAccount(88204, "Ines", "Moreau"),
    CardAccount(88205, "Tom", "Berg"),
)


def populate(world: World, purchases: int) -> None:
    """Fill the world: the prepaid business with `purchases` settled rows, the credit one, tokens.

    The rows counted are those of every kind that can be posted, over the 70 days before the
    clock's start; the odd rows of PEX contract 3.10 come on top.
    """
    today = world.now().astimezone(EASTERN).date()
    _prepaid(world, today, purchases)
    _credit(world, today)
    tokens = {
        company.PREPAID_TOKEN: company.PREPAID_BUSINESS,
        company.CREDIT_TOKEN: company.CREDIT_BUSINESS,
    }
    for value, business in tokens.items():
        created = world.now()
        world.tokens[value] = Token(
            value, "token", business, created, months_later(created, 6), family=value
        )


def _prepaid(world: World, today: date, purchases: int) -> None:
    accounts = [CardAccount(*holder) for holder in company.CARDHOLDERS]
    accounts.append(CardAccount(VENDOR_ACCOUNT, "Printshop", "Vendor card", kind="Vendor"))
    business = Business(
        company.PREPAID_BUSINESS, company.PREPAID_NAME, "Prepaid", "dana.k", accounts
    )
    business.callback_secret = company.PREPAID_CALLBACK_SECRET
    seed_tags.define(business)
    world.businesses[business.id] = business
    draw = Draw(_random(world.seed), business, today)
    counts = draw.quotas(purchases, KINDS)
    cards = [*seed_cards.rows(draw, counts), *seed_odd.card_rows(draw)]
    _number(business, "card", cards, CARD_IDS)
    movements = [*seed_business.rows(draw, counts), *seed_odd.business_rows(draw)]
    _number(business, "business", movements, BUSINESS_IDS)
    odd = seed_odd.prefix_row(draw, CARD_IDS // 10)
    business.rows["card"][odd["TransactionId"]] = odd


def _credit(world: World, today: date) -> None:
    business = Business(
        company.CREDIT_BUSINESS, company.CREDIT_NAME, "Credit", "ines.m", list(_CREDIT_ACCOUNTS)
    )
    business.callback_secret = company.CREDIT_CALLBACK_SECRET
    seed_tags.define(business)
    world.businesses[business.id] = business
    draw = Draw(_random(world.seed + 1), business, today)
    _number(business, "card", seed_credit.card_rows(draw), CREDIT_CARD_IDS)
    _number(business, "business", seed_credit.business_rows(draw), CREDIT_BUSINESS_IDS)
    seed_credit.bill(business, today)


def _random(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - made-up figures that must come out the same again


def _number(
    business: Business, where: str, rows: list[tuple[Row, list[Receipt]]], first: int
) -> None:
    """Give ids in the order of time; what refers to a row's own id is derived from it."""
    rows.sort(key=lambda entry: str(entry[0]["TransactionTime"]))
    for number, (row, receipts) in enumerate(rows, first):
        row["TransactionId"] = number
        if row["TransactionType"] == "Network":
            row["NetworkTransactionId"] = number - 26_000_000
            if row["SettlementTime"] and row["AuthTransactionId"] == 0:
                row["AuthTransactionId"] = number - 50_000_000
            row["AuthTransactionId"] = row["AuthTransactionId"] or 0
        business.rows[where][number] = row
        if receipts:
            business.receipts[number] = receipts
        if row.pop("_vendor_bill", False):
            business.vendor_bills.add(number)
