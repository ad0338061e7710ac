"""A name from a user scripts no page, is no formula in a spreadsheet and commands no terminal."""

import csv
import json
import re
from html.parser import HTMLParser

import pytest

from tests.leaderboard.pictures import methods_of, pictures_of
from tests.made_up_suite import METHODS, written_texts

PAYLOAD = (
    "</script><img src=x onerror=alert(1)><a href='javascript:alert(1)'>x</a>\"'`|\\ {{ 7 * 7 }} %{z} [x](http://x) "
    "[/bold][link=http://x]x[/link] \x1b[31m\x1b]0;t\x07\x9b\u202e\x00x"
)
HOSTILE = [f"{start}{PAYLOAD}" for start in ("=1", "-1", "\t")]


def suite_of(make_suite, name):
    """A suite that has `name` wherever a user may put one."""
    methods = {"none": METHODS["none"], name: METHODS["hard"], "l2": METHODS["l2"], f"{name}+l2": METHODS["soft"]}
    suite = make_suite(studies=[f"{name}{number}" for number in range(2)], methods=methods)
    for row in suite.plan:
        row.update(model=name, published_source=name, published_deviations=name, published=0.5)
        row["published_tolerance"] = 0.1
    for run in suite.runs:
        run["score_name"] = name
        run["extra_metrics"] = [{"snapshot": "final", "split": "test", "metric": name, "value": 0.5}]
    return suite


PLACES = {"transform", "x", "y", "x1", "x2", "y1", "y2"}
"""What a longer name moves."""


class Structure(HTMLParser):
    """The tags of a page with the names of their attributes."""

    def __init__(self, source):
        super().__init__()
        self.tags = []
        self.feed(source)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, {name for name, _ in attributes} - PLACES))


@pytest.fixture(scope="module")
def harmless(make_suite, tmp_path_factory):
    return written_texts(suite_of(make_suite, "harmless"), tmp_path_factory.mktemp("harmless"), 100)[1]


@pytest.fixture(scope="module", params=HOSTILE, ids=["equals", "minus", "tab"])
def hostile(request, make_suite, tmp_path_factory):
    return request.param, written_texts(suite_of(make_suite, request.param), tmp_path_factory.mktemp("hostile"), 100)[1]


def test_page_has_the_same_tags(hostile, harmless):
    _, texts = hostile
    assert Structure(texts["index.html"]).tags == Structure(harmless["index.html"]).tags


def test_pictures_name_the_method(hostile):
    """As it is, but for signs that no XML may have."""
    name, texts = hostile
    pictures = pictures_of(texts["index.html"]).items()
    methods = [methods_of(picture) for title, picture in pictures if title.startswith("Test error vs. gap")]
    assert len(methods) == 2
    assert all(re.sub("[\x00\x1b\x07]", "\ufffd", name) in names for names in methods)


def test_csv_begins_no_formula(hostile):
    """A name that begins one has ' before it; a negative number stays one."""
    name, texts = hostile
    cells = set()
    for file in [file for file in texts if file.endswith(".csv")]:
        for line in csv.reader(texts[file].splitlines(keepends=True)):
            cells |= set(line)
    assert f"'{name}" in cells
    starting = [cell for cell in cells if re.match(r"[=+\-@\t\r]", cell)]
    assert [float(cell) for cell in starting]


def test_json_has_the_name_itself(hostile):
    name, texts = hostile
    assert name in {row["method"] for row in json.loads(texts["leaderboard.json"])}


def test_markdown_has_no_tag_and_no_link(hostile):
    _, texts = hostile
    text = texts["leaderboard.md"]
    assert not re.search(r"(?<!\\)<|\]\(", text)
    assert "7 \\* 7" in text


def test_terminal_prints_no_control(hostile):
    _, texts = hostile
    assert "onerror" in texts["terminal"]
    assert all(letter.isprintable() for letter in texts["terminal"].replace("\n", ""))
