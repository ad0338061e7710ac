"""Charts as SVG for the page: small, in the colors of the page, and each mark says which method it shows."""

import hashlib
import json
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import vl_convert

from sharegap.errors import printable
from sharegap.leaderboard.figures.encodings import LINE, PAGE, QUIET, TEXT, Figure

NAMESPACE = "http://www.w3.org/2000/svg"
# Texts are measured by a font with the widths of Arial.
FONT = "Arial, Helvetica, sans-serif"
FONT_SIZE = 12
COLOR_CLASSES = {TEXT: "text", QUIET: "quiet", LINE: "line", PAGE: "page"}
TEXTS = {"labelFontSize": FONT_SIZE, "titleFontSize": FONT_SIZE, "titleFontWeight": "normal", "titleColor": TEXT}
CONFIG = {
    "background": None,
    "font": "sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": QUIET,
        "gridColor": LINE,
        "domainColor": LINE,
        "tickColor": LINE,
        "titlePadding": 8,
        **TEXTS,
    },
    "axisX": {"tickCount": 8},
    "axisY": {"ticks": False, "domain": False},
    "legend": {"labelColor": TEXT, "columnPadding": 16, **TEXTS},
    "header": {"labelColor": TEXT, **TEXTS},
    "title": {"color": QUIET, "fontSize": FONT_SIZE, "fontWeight": "normal", "anchor": "start"},
    "text": {"color": TEXT, "fontSize": FONT_SIZE},
    "line": {"strokeWidth": 1.8},
    "rule": {"strokeWidth": 1.5},
    "point": {"opacity": 1, "size": 50},
}
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
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
MOVE = re.compile(r"translate\(([-\d.]+),([-\d.]+)\)")
POLYLINE = re.compile(r"M[-\d.]+,[-\d.]+(L[-\d.]+,[-\d.]+)+")
DECIMAL = re.compile(r"-?\d*\.\d+(e-?\d+)?")

ElementTree.register_namespace("", NAMESPACE)


def to_svg(chart: Figure, name: str) -> str:
    """Convert a chart to an SVG element for a page.

    A mark of a method has `data-method`, the method's name, and a `<title>` with its figures. So have, without the
    title, the symbols and texts that name a method. Colors of the page are attributes, which show a light picture
    anywhere, and classes (`fill-text`, `stroke-line`, ...), by which the rules of `svg.css` recolor it. A picture that
    is saved alone needs none of them.

    Args:
        chart: Its marks have a `description` as `encodings.describe` returns it, where they are of a method.
        name: The accessible name, other than that of all other pictures of the page.

    Example:
        >>>         >>> chart = alt.Chart(alt.InlineData(values=[{"x": 1}])).mark_point().encode(x="x:Q")
        >>> to_svg(chart, "A point")[:4]
        '<svg'
    """
    # A sign that XML cannot have would abort the process.
    spec = _printable(chart.to_dict(validate=False) | {"config": CONFIG})
    root = ElementTree.fromstring(vl_convert.vegalite_to_svg(spec))
    _name_methods(root)
    _share_clip_paths(root, prefix=hashlib.sha256(name.encode()).hexdigest()[:8])
    _clean(root)
    size = {side: root.get(side, "") for side in ("viewBox", "width", "height")}
    font = {"font-family": FONT, "font-size": f"{FONT_SIZE}px"}
    root.attrib = {"class": "picture", **size, **font, "role": "img", "aria-label": NOT_XML.sub("\ufffd", name)}
    return ElementTree.tostring(root, encoding="unicode")


def _printable(value: Any) -> Any:
    """The value with all texts in it printable."""
    if isinstance(value, str):
        return printable(value)
    if isinstance(value, list):
        return [_printable(part) for part in value]
    if isinstance(value, dict):
        return {key: _printable(part) for key, part in value.items()}
    return value


def _name_methods(root: Element) -> None:
    """Give the marks, symbols and texts of a method its name."""
    methods = {}
    for mark in root.iter():
        described = _read_description(mark)
        if described:
            method, details = described
            methods[printable(method)] = method
            mark.set("data-method", method)
            title = Element(_tag("title"))
            title.text = f"{method}: {details}" if details else method
            mark.insert(0, title)
    # Inner groups first: the name of a legend's text moves to its entry.
    for group in reversed(list(root.iter(_tag("g")))):
        for text in group.findall(_tag("text")):
            if text.text in methods:
                text.set("data-method", methods[text.text])
        label = group.find(f"{_tag('g')}[@class='mark-text role-legend-label']/{_tag('text')}")
        if label is not None and "data-method" in label.attrib:
            group.set("data-method", label.attrib.pop("data-method"))


def _read_description(mark: Element) -> tuple[str, str] | None:
    """The method and the details in a mark's description; None where the mark is of no method."""
    try:
        method, details = json.loads(mark.get("aria-label", ""))
    except ValueError:  # what Vega itself says of a mark
        return None
    return NOT_XML.sub("\ufffd", method), NOT_XML.sub("\ufffd", details)


def _share_clip_paths(root: Element, prefix: str) -> None:
    """Give what others refer to a name that no other picture has, and equal clip paths a single one."""
    new_names: dict[str, str] = {}
    names_by_content: dict[bytes, str] = {}
    for definitions in root.iter(_tag("defs")):
        for definition in list(definitions):
            old_name = definition.attrib.pop("id")
            content = ElementTree.tostring(definition)
            if content in names_by_content:
                definitions.remove(definition)
            name = names_by_content.setdefault(content, f"{prefix}-{len(names_by_content)}")
            definition.set("id", name)
            new_names[f"url(#{old_name})"] = f"url(#{name})"
    for element in root.iter():
        for attribute, value in element.attrib.items():
            element.set(attribute, new_names.get(value, value))


def _clean(element: Element) -> None:
    """Drop what shows nothing, round, and name the colors of the page."""
    kept: list[Element] = []
    for child in element:
        _clean_attributes(child)
        _shorten_place(child)
        _clean(child)
        kept += _unwrap(child) if child.tag == _tag("g") else [child]
    element[:] = [child for child in kept if _is_visible(child)]
    if element.tag == _tag("g") and len(element) > 1:
        _hoist(element)


def _is_visible(element: Element) -> bool:
    if element.tag == _tag("path"):
        return bool({"fill", "stroke"} & element.attrib.keys())
    return element.tag != _tag("text") or bool(element.text)


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
    if move and element.tag == _tag("text"):
        del element.attrib["transform"]
        element.attrib |= {"x": move[1], "y": move[2]}
    if move and element.tag == _tag("line"):
        del element.attrib["transform"]
        for axis, start in zip("xy", move.groups(), strict=True):
            end = float(start) + float(element.get(f"{axis}2", "0"))
            element.attrib |= {f"{axis}1": start, f"{axis}2": f"{end:.5g}"}
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


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"
