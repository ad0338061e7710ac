"""Pictures: safe with any name, in the colors of the page, each mark of a method named, and small."""

import re
from xml.etree import ElementTree

import numpy as np
import polars as pl
import pytest

from sharegap.leaderboard.figures import assign_styles, draw_error_vs_gap, draw_training_curves, to_svg
from sharegap.leaderboard.figures.encodings import LINE, PAGE, QUIET, TEXT
from sharegap.leaderboard.roles import read_roles
from tests.leaderboard.pictures import SVG, marks_of, methods_of, texts_of
from tests.rows import facts_of

HOSTILE = [
    "</svg><script>alert(1)</script>",
    "a\"b'c&d<e>",
    'x", "y"]',
    "line\nbreak\ttab",
    "\x00\x1b[31m\x9b\ufffe",
    "datum.x\\u0022'] + {{ 7 * 7 }}",
]


def styles_of(methods):
    return assign_styles(methods, read_roles(facts_of("s", methods, baseline=methods[0])))


def scores_of(methods):
    """Rows of a leaderboard."""
    random = np.random.default_rng(0)
    rows = []
    for method in methods:
        row = {"method": method, "score_name": "accuracy", "higher_is_better": True}
        for name, value in (("test_score", 0.5 + random.random() / 3), ("gap_score", random.random() / 3)):
            row |= {name: value, f"{name}_low": value - 0.01, f"{name}_high": value + 0.01}
        rows.append(row)
    return pl.DataFrame(rows)


def runs_of(methods, points=21):
    """Measured runs with training curves that are as long as by default."""
    random = np.random.default_rng(0)
    names = [f"curve_{split}_{metric}" for split in ("train", "validation", "test") for metric in ("loss", "score")]
    rows = []
    for method in methods:
        row = {"method": method, "score_name": "accuracy", "higher_is_better": True}
        row["curve_step"] = [200 * i for i in range(points)]
        rows.append(row | {name: random.random(points).tolist() for name in names})
    return pl.DataFrame(rows)


@pytest.fixture(scope="module")
def picture():
    """A picture of methods with hostile names, parsed."""
    chart = draw_error_vs_gap(scores_of(HOSTILE), styles_of(HOSTILE))
    return ElementTree.fromstring(to_svg(chart, f"picture of {HOSTILE[0]}{HOSTILE[4]}"))


def test_names_are_text_only(picture):
    tags = {element.tag.removeprefix(SVG) for element in picture.iter()}
    assert tags <= {"svg", "g", "path", "line", "text", "title", "rect", "defs", "clipPath"}
    assert any(HOSTILE[0] in text for text in texts_of(picture))


def test_marks_say_their_method_and_figures(picture):
    """A name is as it is, but for signs that no XML may have."""
    assert methods_of(picture) == {*HOSTILE[:4], "\ufffd\ufffd[31m\x9b\ufffd", HOSTILE[5]}
    for mark in marks_of(picture):
        title = mark.findtext(f"{SVG}title")
        assert title.startswith(f"{mark.attrib['data-method']}: gap 0.")
        assert "test error 0." in title


def test_picture_has_a_name_and_a_size(picture):
    assert (picture.get("role"), picture.get("class")) == ("img", "picture")
    assert picture.get("aria-label") == f"picture of {HOSTILE[0]}\ufffd\ufffd[31m\x9b\ufffd"
    assert picture.get("viewBox") == f"0 0 {picture.get('width')} {picture.get('height')}"


def test_strict_policy_holds(picture):
    """A Content-Security-Policy may forbid styles, scripts and anything from elsewhere."""
    for element in picture.iter():
        assert not {name for name in element.attrib if name == "style" or name.startswith("on") or "href" in name}
        references = re.findall(r"url\((.)", " ".join(element.attrib.values()))
        assert set(references) <= {"#"}


def test_page_recolors_what_is_of_no_method(picture):
    """Every color of the light page has a class by which `svg.css` sets the page's own."""
    parents = {child: parent for parent in picture.iter() for child in parent}
    names = {TEXT: "text", QUIET: "quiet", LINE: "line", PAGE: "page"}
    recolored = set()
    for element in picture.iter():
        for attribute in ("fill", "stroke"):
            name = names.get(element.get(attribute))
            if name:
                assert f"{attribute}-{name}" in (element.get("class") or parents[element].get("class")).split()
                recolored.add(f"{attribute}-{name}")
    assert recolored == {"fill-text", "fill-quiet", "stroke-line", "stroke-quiet"}


def test_legend_names_methods():
    methods = ["none", "hard", "l2"]
    picture = ElementTree.fromstring(to_svg(draw_training_curves(runs_of(methods), styles_of(methods)), "curves"))
    entries = [group for group in picture.iter(f"{SVG}g") if "data-method" in group.attrib]
    assert [entry.get("data-method") for entry in entries] == methods
    assert [entry.findtext(f"{SVG}text") for entry in entries] == methods


def test_pictures_of_a_page_share_no_id():
    methods = ["none", "hard"]
    chart = draw_training_curves(runs_of(methods), styles_of(methods))
    pictures = [ElementTree.fromstring(to_svg(chart, name)) for name in ("one", "two")]
    ids = [{element.get("id") for element in picture.iter() if "id" in element.attrib} for picture in pictures]
    assert ids[0]
    assert not ids[0] & ids[1]
    for picture, defined in zip(pictures, ids, strict=True):
        used = re.findall(r"url\(#([^)]*)\)", ElementTree.tostring(picture, encoding="unicode"))
        assert set(used) == defined


def test_thirty_methods_are_small():
    """Eleven studies, each with a few such pictures, make a page of a few megabytes."""
    methods = ["none", *[f"regularizer_{i}" for i in range(29)]]
    text = to_svg(draw_training_curves(runs_of(methods), styles_of(methods)), "curves")
    picture = ElementTree.fromstring(text)
    assert methods_of(picture) == set(methods)
    assert sum(1 for _ in marks_of(picture)) == 30 * 6
    assert len(text) < 80_000


def test_lines_are_where_their_points_are():
    """Shortened paths end where the data do: at the right edge of a panel of 190 pixels."""
    methods = ["none"]
    picture = ElementTree.fromstring(to_svg(draw_training_curves(runs_of(methods), styles_of(methods)), "curves"))
    (first, *_) = [mark for mark in marks_of(picture) if mark.tag == f"{SVG}path"]
    start, steps = re.fullmatch(r"M([-\d.,]+)l([-\d., ]+)", first.get("d")).groups()
    x = float(start.split(",")[0]) + sum(float(step.split(",")[0]) for step in steps.split(" "))
    assert x == pytest.approx(190, abs=0.1)
