"""Where the lines and bars of a picture go. Colours and strokes are the style sheet's.

Across in per cent of its width, down in pixels, so that text keeps its size on a phone.
"""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import dataclass

from medspa.ui.values import day
from reporting_api.pages.cells import number, short
from reporting_api.pages.chart import Picture

LEFT, WIDTH = 13.0, 85.0
TOP, HEIGHT = 20.0, 220.0
BAR, SECOND, GAP = 14, 9, 2
DOTS = 62
"""Points up to which each is marked."""
SEASONS = 300
"""Days from which on a date below the lines needs its year."""
_ACROSS = 1000.0


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    x: float
    y: float
    text: str


@dataclass(frozen=True, slots=True)
class Line:
    """`parts`: points of each unbroken stretch, in the plot's own 1000 by HEIGHT units."""

    name: str
    parts: list[str]
    dots: list[Dot]


@dataclass(frozen=True, slots=True)
class Box:
    x: float
    width: float
    y: float
    height: float
    text: str


@dataclass(frozen=True, slots=True)
class Row:
    """A name with its value, above bars that are `height` high together."""

    name: str
    value: str
    height: int
    boxes: list[Box]


@dataclass(frozen=True, slots=True)
class Drawing:
    """Ready for the template."""

    title: str
    description: str
    height: float
    legend: list[str]
    lines: list[Line]
    across: list[Tick]
    down: list[Tick]
    rows: list[Row]
    zero: float
    note: str


def draw(picture: Picture) -> Drawing:
    return _drawn_lines(picture) if picture.dates else _drawn_bars(picture)


def ticks(low: float, high: float, most: int = 5, whole: bool = False) -> list[float]:
    """Round values that reach from at most `low` to at least `high`, 0 among them."""
    low, high = min(low, 0.0), max(high, 0.0)
    if low == high:
        high = 1.0
    rough = (high - low) / (most - 1)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(one * power for one in (1, 2, 2.5, 5, 10) if one * power >= rough * 0.999)
    if whole:
        step = float(max(1, math.ceil(step)))
    start, stop = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return [round(count * step, 10) for count in range(start, stop + 1)]


def _drawn_lines(picture: Picture) -> Drawing:
    known = [one for line in picture.lines for one in line.values if one is not None]
    scale = ticks(min(known, default=0.0), max(known, default=1.0), whole=picture.kind in ("minor", "count"))
    low, high = scale[0], scale[-1]
    span = max(1, (picture.dates[-1] - picture.dates[0]).days)

    def share(date: dt.date) -> float:
        return (date - picture.dates[0]).days / span

    def down(value: float) -> float:
        return round(HEIGHT * (high - value) / (high - low), 2)

    lines = []
    for line in picture.lines:
        parts: list[list[str]] = [[]]
        dots = []
        for date, value in zip(picture.dates, line.values, strict=True):
            if value is None:
                parts.append([])
                continue
            parts[-1].append(f"{round(share(date) * _ACROSS, 2)},{down(value)}")
            told = f"{line.name}, {day(date)}: {number(value, picture.kind, picture.currency)}"
            dots.append(Dot(round(LEFT + share(date) * WIDTH, 3), TOP + down(value), told))
        marked = dots if len(picture.dates) <= DOTS else []
        lines.append(Line(line.name, [" ".join(part) for part in parts if len(part) > 1], marked))
    chosen = sorted({round(place * (len(picture.dates) - 1) / 3) for place in range(4)})
    across = [
        Tick(round(LEFT + share(picture.dates[one]) * WIDTH, 3), _short_day(picture.dates[one], span))
        for one in chosen
    ]
    return Drawing(
        title=picture.title,
        description=(
            f"{picture.title} from {day(picture.dates[0])} to {day(picture.dates[-1])}, "
            f"{len(lines)} of them: {', '.join(one.name for one in lines)}. "
            "The table below holds the figures."
        ),
        height=TOP + HEIGHT + 30,
        legend=[line.name for line in lines],
        lines=lines,
        across=across,
        down=[Tick(TOP + down(one), short(one, picture.kind, picture.currency)) for one in scale],
        rows=[],
        zero=TOP + down(0.0),
        note=_left_out(picture, len(lines)),
    )


def _drawn_bars(picture: Picture) -> Drawing:
    known = [one for bar in picture.bars for one in bar.values if one is not None]
    # A share stands against the whole: 8 % is no full bar.
    low, high = min([0.0, *known]), max([1.0 if picture.kind == "ratio" else 0.0, *known])
    span = (high - low) or 1.0
    zero = round(100 * -low / span, 3)
    rows = []
    for bar in picture.bars:
        boxes = []
        at = 0
        for place, value in enumerate(bar.values):
            tall = BAR if place == 0 else SECOND
            if value is not None:
                wide = round(100 * abs(value) / span, 3)
                told = f"{bar.name}, {picture.against[place].lower()}: " if place else f"{bar.name}: "
                text = told + number(value, picture.kind, picture.currency)
                boxes.append(Box(round(zero - wide, 3) if value < 0 else zero, wide, at, tall, text))
            else:
                boxes.append(Box(zero, 0, at, tall, ""))
            at += tall + GAP
        now = bar.values[0]
        value_text = "none" if now is None else number(now, picture.kind, picture.currency)
        rows.append(Row(bar.name, value_text, at, boxes))
    return Drawing(
        title=picture.title,
        description=f"{picture.title}, {len(rows)} bars. The table below holds the figures.",
        height=0,
        legend=list(picture.against) if len(picture.against) > 1 else [],
        lines=[],
        across=[],
        down=[],
        rows=rows,
        zero=zero,
        note=_left_out(picture, len(rows)),
    )


def _left_out(picture: Picture, shown: int) -> str:
    return (
        f"The {shown} largest of {shown + picture.left_out}; the table has all." if picture.left_out else ""
    )


def _short_day(date: dt.date, span: int) -> str:
    return f"{date:%b %Y}" if span > SEASONS else f"{date.day} {date:%b}"
