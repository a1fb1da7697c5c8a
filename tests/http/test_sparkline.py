"""The small picture of the last days."""

from datetime import date, timedelta
from decimal import Decimal
from xml.etree import ElementTree as ET

from application.ports.pictures import PostedOnDay
from domain.money import Money
from domain.pex_transaction import Kind
from domain.sync_window import SyncWindow
from entrypoints.http.pages.rendering import ENVIRONMENT
from entrypoints.http.pages.sparkline import sparkline_of

TODAY = date(2026, 9, 1)
DAYS = SyncWindow(TODAY - timedelta(days=29), TODAY)


def on(day: date, number: int, kind: Kind = Kind.PURCHASE) -> PostedOnDay:
    return PostedOnDay(day, kind, number, Money(Decimal(-5) * number))


def test_each_day_has_one_bar_for_all_kinds() -> None:
    line = sparkline_of([on(TODAY, 3), on(TODAY, 1, Kind.FEE), on(DAYS.start, 2)], DAYS)
    assert (line.number, len(line.bars)) == (6, 30)
    heights = [[block.height for block in bar.blocks] for bar in line.bars]
    assert heights == [["50%"], *[[]] * 28, ["100%"]]
    assert line.told["2026-09-01"] == "4 transactions"


def test_days_of_nothing_make_an_empty_picture() -> None:
    line = sparkline_of([], DAYS)
    assert (line.number, [bar.blocks for bar in line.bars]) == (0, [()] * 30)


def test_it_is_drawn_with_a_name_and_leads_to_the_pictures() -> None:
    line = sparkline_of([on(TODAY, 4)], DAYS)
    template = ENVIRONMENT.get_template("sparkline.html")
    drawn = ET.fromstring(str(template.module.sparkline(line, "the-id")))  # type: ignore[attr-defined] # noqa: S314 - our own
    picture, link = drawn.find("svg"), drawn.find("a")
    assert picture is not None
    assert link is not None
    assert picture.findtext("title") == "Posted per day from 2026-08-03 to 2026-09-01"
    assert link.get("href") == "/connections/the-id/pictures"
    assert link.text == "4 transactions posted on the last 30 days"
    assert len(picture.findall("g/rect[@class='ink-purchase']")) == 1
