"""Charts as SVG for the page: small, in the colors of the page, and each mark says which method it shows."""

import hashlib
import json
import re
from functools import lru_cache
from typing import Any
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

import vl_convert

from sharegap.errors import printable
from sharegap.leaderboard.figures.compact import FONT_SIZE, NAMESPACE, compact, tag
from sharegap.leaderboard.figures.encodings import LINE, QUIET, TEXT, Figure

# Texts are measured by a font with the widths of Arial.
FONT = "Arial, Helvetica, sans-serif"
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
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

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
        >>> import altair as alt
        >>> chart = alt.Chart(alt.InlineData(values=[{"x": 1}])).mark_point().encode(x="x:Q")
        >>> to_svg(chart, "A point")[:4]
        '<svg'
    """
    # A sign that XML cannot have would abort the process.
    spec = _printable(chart.to_dict(validate=False) | {"config": CONFIG})
    return _draw(json.dumps(spec), NOT_XML.sub("\ufffd", name))


@lru_cache(maxsize=256)  # a page that grows is written often, and most of its pictures stay as they were
def _draw(spec: str, name: str) -> str:
    """Draw a Vega-Lite specification, in JSON."""
    root = ElementTree.fromstring(vl_convert.vegalite_to_svg(spec))
    _name_methods(root)
    _share_clip_paths(root, prefix=hashlib.sha256(name.encode()).hexdigest()[:8])
    compact(root)
    size = {side: root.get(side, "") for side in ("viewBox", "width", "height")}
    font = {"font-family": FONT, "font-size": f"{FONT_SIZE}px"}
    root.attrib = {"class": "picture", **size, **font, "role": "img", "aria-label": name}
    # No text has a `>`: it is `&gt;`.
    return ElementTree.tostring(root, encoding="unicode").replace(" />", "/>")


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
    """Give the marks, symbols and texts of a method its name, and the first mark of each title the title."""
    methods: dict[str, str] = {}
    titles: set[str] = set()
    for mark in root.iter():
        described = _read_description(mark)
        if described:
            method, details = described
            methods[printable(method)] = method
            mark.set("data-method", method)
            words = f"{method}: {details}" if details else method
            # The bars of a point say what the point says.
            if words not in titles:
                titles.add(words)
                title = Element(tag("title"))
                title.text = words
                mark.insert(0, title)
    # Inner groups first: the name of a legend's text moves to its entry.
    for group in reversed(list(root.iter(tag("g")))):
        for text in group.findall(tag("text")):
            if text.text in methods:
                text.set("data-method", methods[text.text])
        label = group.find(f"{tag('g')}[@class='mark-text role-legend-label']/{tag('text')}")
        if label is not None and "data-method" in label.attrib:
            group.set("data-method", label.attrib.pop("data-method"))


def _read_description(mark: Element) -> tuple[str, str] | None:
    """The method and the details in a mark's description; None where the mark is of no method."""
    try:
        method, details = json.loads(mark.get("aria-label", ""))
    except (ValueError, TypeError):  # what Vega itself says of a mark
        return None
    return NOT_XML.sub("\ufffd", method), NOT_XML.sub("\ufffd", details)


def _share_clip_paths(root: Element, prefix: str) -> None:
    """Give what others refer to a name that no other picture has, and equal clip paths a single one."""
    new_names: dict[str, str] = {}
    names_by_content: dict[bytes, str] = {}
    for definitions in root.iter(tag("defs")):
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
