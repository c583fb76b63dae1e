"""Pictures, cells and colours of the pages, against values worked out by hand."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

import pytest

from medspa.kernel.vocabulary import Permission
from medspa.ui.render import asset
from medspa.ui.values import money
from reporting_api.catalog import Chart, Column, Report
from reporting_api.pages.cells import Cell, cell, number, short
from reporting_api.pages.chart import pictures
from reporting_api.pages.drawing import draw, ticks

DAY = dt.date(2026, 3, 1)


def report(*columns: Column, **more: Any) -> Report:
    return Report(
        name="small", title="Small", group="Close", description="", version=1,
        permission=Permission.REPORT_FINANCE, dates="range", columns=list(columns), **more,
    )  # fmt: skip


DATE = Column(name="business_date", type="date", label="Date")
PLACE = Column(name="location", type="text", label="Location")
AMOUNT = Column(name="net_minor", type="minor", label="Net", metric="net_billed")
SHARE = Column(name="share", type="ratio", label="Share", metric="discount_share")
MONEY = Column(name="currency", type="text", label="Currency")


def row(day: int, place: str, amount: int | None, **more: Any) -> dict[str, Any]:
    date = DAY + dt.timedelta(days=day)
    return {"business_date": date, "location": place, "net_minor": amount, "currency": "USD", **more}


def test_a_line_goes_through_every_day_and_stands_at_its_height() -> None:
    rows = [row(0, "a", 100), row(0, "a", 300), row(4, "a", -100), row(4, "b", 50)]
    (picture,) = pictures(report(DATE, PLACE, AMOUNT, MONEY), rows, DAY, DAY + dt.timedelta(days=4), ())
    assert {one.name: one.values for one in picture.lines} == {
        "a": (400, 0, 0, 0, -100),
        "b": (0, 0, 0, 0, 50),
    }
    drawing = draw(picture)
    assert [tick.text for tick in drawing.down] == ["−$2", "$0", "$2", "$4"]
    # 220 high from 400 to -200: 0 is at two thirds.
    assert drawing.lines[0].parts == ["0.0,0.0 250.0,146.67 500.0,146.67 750.0,146.67 1000.0,183.33"]
    assert drawing.lines[0].dots[-1].text == "a, 5 Mar 2026: −$1.00"


def test_what_cannot_be_added_up_is_neither_summed_nor_made_zero() -> None:
    shape = report(DATE, PLACE, SHARE)
    rows = [row(0, "a", 0, share=0.5), row(1, "a", 0, share=None), row(2, "a", 0, share=0.25)]
    with_another = [*rows, row(3, "b", 0, share=0.3)]
    (picture,) = pictures(shape, with_another, DAY, DAY + dt.timedelta(days=4), ())
    assert picture.lines[0].values == (0.5, None, 0.25, None)
    assert draw(picture).lines[0].parts == []
    assert pictures(shape, [*rows, row(0, "a", 0, share=0.1)], DAY, DAY, ()) == []


def test_bars_stand_from_zero_beside_the_earlier_ones_and_name_what_is_left_out() -> None:
    shape = report(PLACE, AMOUNT, MONEY)
    rows = [row(0, "a", 300, net_minor_previous=100), row(0, "b", -100, net_minor_previous=None)]
    (picture,) = pictures(shape, rows, DAY, DAY, ("previous",))
    drawing = draw(picture)
    boxes = {one.name: [(box.x, box.width) for box in one.boxes] for one in drawing.rows}
    assert boxes == {"a": [(25.0, 75.0), (25.0, 25.0)], "b": [(0.0, 25.0), (25.0, 0)]}
    assert [one.value for one in drawing.rows] == ["$3.00", "−$1.00"]
    many = [row(0, f"place {one}", one) for one in range(1, 16)]
    (picture,) = pictures(shape, many, DAY, DAY, ())
    assert [bar.name for bar in picture.bars] == [f"place {one}" for one in range(4, 16)]
    assert draw(picture).note == "The 12 largest of 15; the table has all."


def test_a_bar_of_a_share_stands_against_the_whole_and_is_named_as_declared() -> None:
    hint = Chart(value="share", by=["location"], named="{} days", only={"location": ["30", "60"]})
    rows = [row(0, "30", 0, share=0.08), row(0, "60", 0, share=None), row(0, "90", 0, share=0.5)]
    (picture,) = pictures(report(PLACE, SHARE, chart=hint), rows, DAY, DAY, ())
    assert [(one.name, one.boxes[0].width) for one in draw(picture).rows] == [("30 days", 8.0)]


def test_each_currency_has_a_picture_of_its_own() -> None:
    rows = [row(0, "a", 300), {**row(0, "b", 5_000), "currency": "JPY"}]
    found = pictures(report(PLACE, AMOUNT, MONEY), rows, DAY, DAY, ())
    assert [(one.currency, [bar.name for bar in one.bars]) for one in found] == [
        ("USD", ["a"]),
        ("JPY", ["b"]),
    ]
    assert draw(found[1]).rows[0].value == "JPY 5,000"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 100, [0, 25, 50, 75, 100]),
        (-30, 70, [-50, -25, 0, 25, 50, 75]),
        (0, 0, [0, 0.25, 0.5, 0.75, 1]),
        (0, 7, [0, 2, 4, 6, 8]),
    ],
)
def test_ticks_are_round_and_hold_every_value(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == expected


def test_values_read_as_people_write_them() -> None:
    assert [money(-123_456_789, "USD"), money(5, "EUR"), money(1_234, "JPY"), money(1_234, "KWD")] == [
        "−$1,234,567.89", "€0.05", "JPY 1,234", "KWD 1.234",
    ]  # fmt: skip
    assert [number(0.12345, "ratio"), number(-1_234, "count"), number(2.5, "number")] == [
        "12.3 %",
        "−1,234",
        "2.5",
    ]
    assert [short(1_250_000, "minor", "USD"), short(-2_000, "count"), short(0.25, "ratio")] == [
        "$12.5k",
        "−2k",
        "25 %",
    ]
    rollup = Column(name="value", type="number", label="Value")
    assert cell(rollup, {"value": 1234.0, "unit": "minor", "currency": "USD"}) == Cell(
        "$12.34", "minor", "1234"
    )
    assert cell(PLACE, {"location": "gift_card"}).text == "gift card"
    assert cell(PLACE, {"location": "My_Place"}).text == "My_Place"


def _shades(dark: bool) -> dict[str, str]:
    text = asset("medspa.css").decode()
    plain = dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{3,6})", text))
    either = re.findall(r"--([a-z0-9-]+): light-dark\((#[0-9a-f]{3,6}), (#[0-9a-f]{3,6})\)", text)
    return plain | {name: pair[dark] for name, *pair in either}


def _light(color: str) -> float:
    digits = color[1:] if len(color) == 7 else "".join(one * 2 for one in color[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [one / 12.92 if one <= 0.04045 else ((one + 0.055) / 1.055) ** 2.4 for one in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    low, high = sorted((_light(one), _light(other)))
    return (high + 0.05) / (low + 0.05)


TEXT = [
    *((ink, ground) for ink in ("ink", "quiet", "link", "bad") for ground in ("ground", "card", "shade")),
    ("good", "good-ground"), ("live", "live-ground"), ("bad", "bad-ground"), ("on-brand", "brand"),
]  # fmt: skip


@pytest.mark.parametrize("dark", [False, True])
def test_colours_can_be_told_apart(dark: bool) -> None:
    shades = _shades(dark)
    faint = [pair for pair in TEXT if _contrast(shades[pair[0]], shades[pair[1]]) < 4.5]
    lines = [f"s{one}" for one in range(6)] + ["edge"]
    faint += [(one, "card") for one in lines if _contrast(shades[one], shades["card"]) < 3]
    assert faint == []
