"""Pictures of numbers. A handler says what is to be seen, as plain data; it is drawn only when
it is sent, since drawing takes longer than everything else together. `stamp` is written across
it.

This file is a program as well, which draws what comes in until its input ends: so it imports
nothing of ours.
"""

import importlib.util
import io
import os
import sys
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SUFFIX = ".chart"  # of a file that is still to be drawn
SIZE = 4  # bytes before each picture that tell how long it is
BEHIND = 3  # how far the steps go first; not much, for somebody waits for the picture too
WIDE, EDGE, SHARP = 4.8, 0.2, 225  # inches and dots in one: for a phone held upright
TITLE, TEXT, SMALL, STAMP = 17, 14, 12, 52  # points
INK, GREY, PAPER = "#22282e", "#737b85", "#ffffff"
GREEN, AMBER, RED, PALE = "#2f9e6b", "#f2b134", "#d64545", "#c4cad1"
HEAT = ("#f3f6f4", "#d3ebdd", "#a5d8bd", "#6cbf95", "#2f9e6b", "#1c7049")
FAMILIES = (  # what a server may have of its own
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN",
    "WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Microsoft YaHei", "SimHei", "PingFang SC",
)  # fmt: skip
PACKED, SIMPLIFIED = ("noto_cjk_sans_otc", "NotoSansCJK-Regular.ttc"), 2  # a face of the file


class NoFont(Exception):
    """No font with Chinese characters was found."""


@dataclass(frozen=True)
class Bars:
    """A bar a row: `rows` are (label, values, words at its end), a value for each of `parts`,
    which are (name, colour)."""

    title: str
    note: str
    parts: list[tuple[str, str]]
    rows: list[tuple[str, list[int], str]]
    stamp: str = ""


@dataclass(frozen=True)
class Month:
    """Days as in a calendar: `days` are (ISO date, visits); those in `rest` are not worked on;
    `since` is where the window begins that is asked about; `heads` name the days from Monday."""

    title: str
    note: str
    heads: list[str]
    days: list[tuple[str, int]]
    rest: list[str]
    since: str
    today: str
    stamp: str = ""


@dataclass(frozen=True)
class Page:
    """One page of figures: `tiles` are (name, figure, words under it), two in a row; below them
    under `head` a bar for each of `rows`, which are (label, done, of how many); `foot` ends it."""

    title: str
    note: str
    tiles: list[tuple[str, str, str]]
    head: str
    rows: list[tuple[str, int, int]]
    foot: str
    stamp: str = ""


Chart = Bars | Month | Page
KINDS = {"bars": Bars, "month": Month, "page": Page}
NAMES = {kind: name for name, kind in KINDS.items()}


def packed(chart: Chart) -> bytes:
    return orjson.dumps([NAMES[type(chart)], asdict(chart)])


def unpacked(data: bytes) -> Chart:
    name, values = orjson.loads(data)
    chart: Chart = KINDS[name](**values)
    return chart


def png(data: bytes) -> bytes:
    """Draws what `packed` gave. Raises NoFont."""
    from matplotlib import rc_context

    chart, out = unpacked(data), io.BytesIO()
    with rc_context({"font.size": TEXT, "text.color": INK}):
        figure = DRAWN_BY[type(chart)](chart)
        figure.savefig(out, format="png", dpi=SHARP, facecolor=PAPER)
    return out.getvalue()


@lru_cache(maxsize=1)
def font() -> Any:
    """Of the package that comes with the program, else one of the machine. Raises NoFont."""
    from matplotlib.font_manager import FontPath, FontProperties, findfont

    package, file = PACKED
    found = importlib.util.find_spec(package)
    if found and found.origin:
        return FontPath(str(Path(found.origin).with_name(file)), SIMPLIFIED)
    for family in FAMILIES:
        try:
            return findfont(FontProperties(family=family), fallback_to_default=False)
        except ValueError:
            continue
    raise NoFont


def _write(axes: "Axes", x: float, y: float, words: str, size: int = TEXT, **more: Any) -> None:
    from matplotlib.font_manager import FontProperties

    axes.text(x, y, words, fontproperties=FontProperties(fname=font(), size=size), **more)


def _sheet(chart: Chart, high: float) -> "tuple[Figure, Axes]":
    """A page with a title; what is drawn below it is measured in inches from its upper left."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(WIDE, high))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDE), ylim=(high, 0))
    axes.axis("off")
    _write(axes, EDGE, 0.38, chart.title, TITLE, va="center")
    _write(axes, EDGE, 0.72, chart.note, SMALL, va="center", color=GREY)
    _write(axes, WIDE / 2, high / 2, chart.stamp, STAMP, ha="center", va="center", rotation=30,
           color=GREY, alpha=0.16, zorder=9)  # fmt: skip
    return figure, axes


# Bars

WIDTHS = 0.085, 0.17  # inches of a small letter, and of a Chinese character
TOP, ROW, THICK, LEFT, RIGHT = 1.4, 0.46, 0.28, 1.4, 0.85


def _bars(chart: Bars) -> "Figure":
    figure, axes = _sheet(chart, TOP + ROW * max(len(chart.rows), 1) + 0.15)
    _legend(axes, chart.parts)
    longest = max((sum(values) for _label, values, _end in chart.rows), default=0) or 1
    scale = (WIDE - LEFT - RIGHT) / longest
    for place, (label, values, end) in enumerate(chart.rows):
        middle = TOP + ROW * place + ROW / 2
        _write(axes, LEFT - 0.12, middle, label, ha="right", va="center")
        right = _bar(axes, chart.parts, values, middle, scale)
        _write(axes, right + 0.1, middle, end, SMALL, va="center", color=GREY)
    return figure


def _bar(
    axes: "Axes", parts: list[tuple[str, str]], values: list[int], middle: float, scale: float
) -> float:
    """Its parts side by side; gives where it ends."""
    from matplotlib.patches import Rectangle

    left = LEFT
    for (_name, colour), value in zip(parts, values, strict=True):
        size = (value * scale, THICK)
        axes.add_patch(Rectangle((left, middle - THICK / 2), *size, color=colour, lw=0))
        left += value * scale
    return left


def _legend(axes: "Axes", parts: list[tuple[str, str]]) -> None:
    from matplotlib.patches import Rectangle

    left = EDGE
    for name, colour in parts:
        axes.add_patch(Rectangle((left, 1.07), 0.2, 0.2, color=colour, lw=0))
        _write(axes, left + 0.28, 1.18, name, SMALL, va="center")
        left += max(1.08, 0.46 + sum(WIDTHS[char > "\u2e80"] for char in name))


# A calendar

CELL, GAP, HEAD = 0.63, 0.05, 1.0


def _month(chart: Month) -> "Figure":
    from datetime import date

    days = [(date.fromisoformat(day), count) for day, count in chart.days]
    monday = days[0][0].toordinal() - days[0][0].weekday()
    weeks = (days[-1][0].toordinal() - monday) // 7 + 1
    figure, axes = _sheet(chart, HEAD + 0.35 + weeks * CELL + 0.25)
    for place, head in enumerate(chart.heads):
        middle = EDGE + CELL * (place + 0.5)
        _write(axes, middle, HEAD + 0.15, head, SMALL, ha="center", va="center", color=GREY)
    most = max((count for _day, count in days), default=0)
    for day, count in days:
        week, weekday = divmod(day.toordinal() - monday, 7)
        corner = EDGE + CELL * weekday, HEAD + 0.35 + CELL * week
        _day(axes, chart, day.isoformat(), count, most, corner)
    return figure


def _day(
    axes: "Axes", chart: Month, iso: str, count: int, most: int, corner: tuple[float, float]
) -> None:
    from matplotlib.patches import FancyBboxPatch

    left, top = corner
    level = min(-(-count * (len(HEAT) - 1) // most), len(HEAT) - 1) if most else 0
    edge = RED if iso == chart.today else "none"
    side = CELL - GAP
    shape = "round,pad=0,rounding_size=0.06"
    asked = iso >= chart.since
    box = FancyBboxPatch(
        (left, top), side, side, boxstyle=shape, facecolor=HEAT[level], edgecolor=edge, lw=2.2
    )
    box.set_alpha(1 if asked else 0.4)
    axes.add_patch(box)
    ink = PAPER if level > 3 and asked else GREY if iso in chart.rest or not asked else INK
    month, day = int(iso[5:7]), int(iso[8:])
    label = f"{month}/{day}" if day == 1 or iso == chart.days[0][0] else str(day)
    _write(axes, left + 0.07, top + 0.14, label, SMALL, va="center", color=ink)
    if count or iso <= chart.today and iso not in chart.rest:
        words = str(count)
        _write(axes, left + side / 2, top + 0.38, words, TITLE, ha="center", va="center", color=ink)


# A page of figures

TILE_HIGH, TILE_TOP, BETWEEN, LINE, FIGURE = 1.05, 1.08, 0.12, 0.42, 22
TILE_WIDE = (WIDE - 2 * EDGE - BETWEEN) / 2


def _page(chart: Page) -> "Figure":
    below = TILE_TOP + TILE_HIGH * -(-len(chart.tiles) // 2) + 0.3
    end = below + 0.35 + LINE * len(chart.rows)
    figure, axes = _sheet(chart, end + 0.55)
    for place, tile in enumerate(chart.tiles):
        across, down = place % 2 * (TILE_WIDE + BETWEEN), place // 2 * TILE_HIGH
        _tile(axes, tile, EDGE + across, TILE_TOP + down)
    _write(axes, EDGE, below, chart.head, va="center")
    for place, row in enumerate(chart.rows):
        _share_row(axes, row, below + 0.4 + LINE * place)
    _write(axes, EDGE, end + 0.25, chart.foot, SMALL, va="center", color=GREY)
    return figure


def _tile(axes: "Axes", tile: tuple[str, str, str], left: float, top: float) -> None:
    from matplotlib.patches import FancyBboxPatch

    shape = "round,pad=0,rounding_size=0.06"
    size = (TILE_WIDE, TILE_HIGH - 0.14)
    axes.add_patch(FancyBboxPatch((left, top), *size, boxstyle=shape, facecolor=HEAT[0], lw=0))
    name, figure, under = tile
    _write(axes, left + 0.14, top + 0.22, name, SMALL, va="center", color=GREY)
    _write(axes, left + 0.14, top + 0.6, figure, FIGURE, va="center")
    end = left + TILE_WIDE - 0.14
    _write(axes, end, top + 0.66, under, SMALL, va="center", ha="right", color=GREY)


def _share_row(axes: "Axes", row: tuple[str, int, int], middle: float) -> None:
    from matplotlib.patches import Rectangle

    label, done, of = row
    wide = WIDE - LEFT - RIGHT
    _write(axes, LEFT - 0.12, middle, label, ha="right", va="center")
    for share, colour in ((1.0, HEAT[0]), (done / of if of else 0, GREEN)):
        size = (wide * share, THICK * 0.8)
        axes.add_patch(Rectangle((LEFT, middle - THICK * 0.4), *size, color=colour, lw=0))
    end = f"{done}/{of}" if of < 1000 else f"{done * 100 // of}%"  # what there is room for
    _write(axes, LEFT + wide + 0.1, middle, end, SMALL, va="center", color=GREY)


DRAWN_BY: dict[type, Any] = {Bars: _bars, Month: _month, Page: _page}


def framed(data: bytes) -> bytes:
    return len(data).to_bytes(SIZE) + data


def main() -> None:
    """Answers with nothing what cannot be drawn."""
    os.nice(BEHIND)
    asked, out = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # nothing else that is printed gets into a picture
    while size := int.from_bytes(asked.read(SIZE)):
        try:
            picture = png(asked.read(size))
        except Exception:  # whatever the library raises: the words go alone
            picture = b""
        out.write(framed(picture))
        out.flush()


if __name__ == "__main__":
    main()
