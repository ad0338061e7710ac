"""What the pictures show: read off a chart's data, or off the SVG of a page."""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

SVG = "{http://www.w3.org/2000/svg}"


def rows_of(chart: Any, **fields: Any) -> list[dict[str, Any]]:
    """All rows of a chart that have these values, whichever layer draws them; each once."""
    rows: list[dict[str, Any]] = []
    for dataset in chart.to_dict()["datasets"].values():
        for row in dataset:
            if row not in rows and fields.items() <= row.items():
                rows.append(row)
    return rows


def pictures_of(page: str) -> dict[str, ElementTree.Element]:
    """The pictures in a page by their accessible names."""
    found = map(ElementTree.fromstring, re.findall(r"<svg.*?</svg>", page, re.DOTALL))
    return {picture.get("aria-label", ""): picture for picture in found}


def marks_of(picture: ElementTree.Element) -> Iterator[ElementTree.Element]:
    """The marks that have a tooltip."""
    return (element for element in picture.iter() if element.find(f"{SVG}title") is not None)


def methods_of(picture: ElementTree.Element) -> set[str]:
    """The methods that have a mark."""
    return {mark.attrib["data-method"] for mark in marks_of(picture)}


def texts_of(picture: ElementTree.Element) -> list[str]:
    """What is written in it: names, titles and ticks."""
    return [text.text or "" for text in picture.iter(f"{SVG}text")]
