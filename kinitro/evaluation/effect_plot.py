"""Draws the effects of the factors with their intervals as SVG, without a library: pages can contain it as it is."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree as Xml

from kinitro.evaluation.sensitivity import FactorEffect

WIDTH, ROW, TOP, BOTTOM = 760, 30, 34, 46
LEFT, RIGHT = 170, 540
"""Where the axis begins and ends; names are on its left, numbers on its right."""
COLOURS = {"worse": "#d55e00", "better": "#009e73", "undecided": "#56697a"}
"""Distinguishable without colour vision."""
STEPS = (5, 10, 25, 50)
"""Possible distances of the axis' marks in points."""


def draw_effects(effects: Sequence[FactorEffect]) -> str:
    """Return an SVG image: a row for each effect with its 95 % interval, in points, and a mark for each environment."""
    reach = _choose_reach(effects)
    height = TOP + ROW * len(effects) + BOTTOM
    picture = Xml.Element(
        "svg",
        {
            "xmlns": "http://www.w3.org/2000/svg",
            "viewBox": f"0 0 {WIDTH} {height}",
            "width": str(WIDTH),
            "height": str(height),
            "role": "img",
            "font-family": "system-ui, sans-serif",
            "font-size": "13",
        },
    )
    Xml.SubElement(picture, "title").text = "What each factor does to the success rate"
    _add(picture, "rect", width=WIDTH, height=height, fill="#ffffff")
    _text(picture, LEFT, 18, "change of the success rate against the placement alone, in points, with 95 % intervals")
    _draw_axis(picture, reach, TOP + ROW * len(effects))
    for number, effect in enumerate(effects):
        _draw_row(picture, effect, TOP + ROW * number + ROW / 2, reach)
    return Xml.tostring(picture, encoding="unicode")


def _choose_reach(effects: Sequence[FactorEffect]) -> float:
    """Return where the axis ends on both sides, in points."""
    bounds = [abs(bound) for effect in effects for bound in effect.overall.interval]
    bounds += [abs(row.difference) for effect in effects for row in effect.environments]
    return min(100.0, 10.0 * -(-100 * max([0.1, *bounds]) // 10))


def _place(points: float, reach: float) -> float:
    return LEFT + (RIGHT - LEFT) * (points + reach) / (2 * reach)


def _draw_axis(picture: Xml.Element, reach: float, bottom: float) -> None:
    step = next((step for step in STEPS if 2 * reach / step <= 10), STEPS[-1])
    most = int(reach // step)
    for points in (step * number for number in range(-most, most + 1)):
        x = _place(points, reach)
        _add(picture, "line", x1=x, x2=x, y1=TOP, y2=bottom, stroke="#16202a" if points == 0 else "#d5dce3")
        _text(picture, x, bottom + 18, f"{points:+d}" if points else "0", anchor="middle")


def _draw_row(picture: Xml.Element, effect: FactorEffect, y: float, reach: float) -> None:
    row, colour = effect.overall, COLOURS[effect.overall.verdict]
    low, middle, high = (_place(100 * value, reach) for value in (row.interval[0], row.difference, row.interval[1]))
    _text(picture, LEFT - 10, y + 4, effect.group, anchor="end")
    for one in effect.environments:
        x = _place(100 * one.difference, reach)
        mark = _add(picture, "line", x1=x, x2=x, y1=y + 5, y2=y + 11, stroke=COLOURS[one.verdict])
        Xml.SubElement(mark, "title").text = f"{one.env_id}: {100 * one.difference:+.1f}"
    _add(picture, "line", x1=low, x2=high, y1=y, y2=y, stroke=colour, stroke_width=3)
    _add(picture, "circle", cx=middle, cy=y, r=4.5, fill=colour)
    bounds = f"({100 * row.interval[0]:+.1f} to {100 * row.interval[1]:+.1f})"
    _text(picture, RIGHT + 14, y + 4, f"{100 * row.difference:+.1f} {bounds} {row.verdict}", colour=colour)


def _add(parent: Xml.Element, name: str, **attributes: float | str) -> Xml.Element:
    written = {
        key.replace("_", "-"): f"{value:.1f}" if isinstance(value, float) else str(value)
        for key, value in attributes.items()
    }
    return Xml.SubElement(parent, name, written)


def _text(
    parent: Xml.Element, x: float, y: float, text: str, *, anchor: str = "start", colour: str = "#16202a"
) -> None:
    _add(parent, "text", x=float(x), y=float(y), text_anchor=anchor, fill=colour).text = text
