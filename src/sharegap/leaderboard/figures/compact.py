"""Less SVG for the same picture: Vega writes groups, defaults and digits that show nothing."""

import re
from collections.abc import Iterator
from itertools import pairwise
from xml.etree.ElementTree import Element

from sharegap.leaderboard.figures.encodings import LINE, PAGE, QUIET, TEXT

NAMESPACE = "http://www.w3.org/2000/svg"
FONT_SIZE = 12
COLOR_CLASSES = {TEXT: "text", QUIET: "quiet", LINE: "line", PAGE: "page"}
USELESS = {"class", "role", "aria-hidden", "aria-label", "aria-roledescription", "pointer-events", "font-family"}
DEFAULTS = {
    ("opacity", "1"),
    ("text-anchor", "start"),
    ("transform", "translate(0,0)"),
    ("x2", "0"),
    ("y2", "0"),
    ("font-weight", "normal"),
    ("stroke-width", "1"),
    ("stroke-dasharray", "1,0"),
}
HOISTED = ("fill", "stroke", "stroke-width", "stroke-dasharray", "font-size", "text-anchor", "class", "clip-path")
MOVE = re.compile(r"translate\(([-\d.]+),([-\d.]+)\)")
POLYLINE = re.compile(r"M[-\d.]+,[-\d.]+(L[-\d.]+,[-\d.]+)+")
DECIMAL = re.compile(r"-?\d*\.\d+(e-?\d+)?")


def tag(name: str) -> str:
    """Return the name of an SVG element as ElementTree has it."""
    return f"{{{NAMESPACE}}}{name}"


def compact(element: Element) -> None:
    """Drop what shows nothing, round to tenths of a pixel, and give the colors of the page their classes."""
    kept: list[Element] = []
    for child in element:
        _clean_attributes(child)
        _shorten_place(child)
        compact(child)
        kept += _unwrap(child) if child.tag == tag("g") else [child]
    element[:] = [child for child in kept if _is_visible(child)]
    if element.tag == tag("g") and len(element) > 1:
        _hoist(element)


def _is_visible(element: Element) -> bool:
    if element.tag == tag("path"):
        return bool({"fill", "stroke"} & element.attrib.keys())
    return element.tag != tag("text") or bool(element.text)


def _unwrap(group: Element) -> list[Element]:
    """What stands for a group: its children if it says nothing itself, its only child if that can say it."""
    if not group.attrib or not len(group):
        return list(group)
    (first, *others) = group
    # What a group is moved and clipped by does not move with its child.
    if others or "transform" in first.attrib or first.attrib.keys() & group.attrib.keys():
        return [group]
    first.attrib |= group.attrib
    return [first]


def _clean_attributes(element: Element) -> None:
    attributes = {}
    for name, value in element.attrib.items():
        rounded = value if name in ("data-method", "id") else DECIMAL.sub(_round, value)
        if name not in USELESS and (name, rounded) not in DEFAULTS:
            attributes[name] = rounded
    classes = [f"{name}-{COLOR_CLASSES[color]}" for name, color in _page_colors(attributes)]
    if classes:
        attributes["class"] = " ".join(classes)
    if attributes.get("font-size") == f"{FONT_SIZE}px":
        del attributes["font-size"]
    element.attrib = attributes


def _shorten_place(element: Element) -> None:
    """Say where a text, a line or a polyline is in fewer letters."""
    move = MOVE.fullmatch(element.get("transform", ""))
    if move and element.tag == tag("text"):
        del element.attrib["transform"]
        element.attrib |= {"x": move[1], "y": move[2]}
    if move and element.tag == tag("line"):
        del element.attrib["transform"]
        for axis, start in zip("xy", move.groups(), strict=True):
            end = float(start) + float(element.attrib.pop(f"{axis}2", "0"))
            element.attrib |= {f"{axis}{i}": f"{place:.5g}" for i, place in ((1, float(start)), (2, end)) if place}
    if POLYLINE.fullmatch(element.get("d", "")):
        points = [tuple(map(float, point.split(","))) for point in element.attrib["d"][1:].split("L")]
        steps = [f"{x - x0:.4g},{y - y0:.4g}" for (x0, y0), (x, y) in pairwise(points)]
        element.set("d", f"M{points[0][0]:g},{points[0][1]:g}l{' '.join(steps)}")


def _page_colors(attributes: dict[str, str]) -> Iterator[tuple[str, str]]:
    for name in ("fill", "stroke"):
        if attributes.get(name) in COLOR_CLASSES:
            yield name, attributes[name]


def _round(number: re.Match[str]) -> str:
    return f"{round(float(number[0]), 1):g}"


def _hoist(group: Element) -> None:
    """Move what all children of a group have to the group, from which they inherit it."""
    for name in HOISTED:
        values = {child.get(name) for child in group}
        if len(values) == 1 and None not in values and name not in group.attrib:
            group.set(name, values.pop() or "")
            for child in group:
                del child.attrib[name]
