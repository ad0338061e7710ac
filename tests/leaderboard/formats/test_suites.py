"""A folder for each suite, and the page that leads to them."""

import json
import os
import re

import pytest

from sharegap import leaderboard
from sharegap.results import Store

HOSTILE = "ö +x.html"


@pytest.fixture
def suites(make_suite, tmp_path):
    """Two suites in one folder, of which the second was planned last; both have a page."""
    small = {"none": (0.8, 0.2, [None]), "hard": (0.9, 0.1, [None])}
    make_suite(methods=small).store(tmp_path, "first")
    store = make_suite(studies=["a", "b"], methods=small).store(tmp_path, HOSTILE)
    for suite in ("first", HOSTILE):
        leaderboard.write_suite(store, suite)
    return store


def index(store):
    return (store.leaderboards / "index.html").read_text(encoding="utf-8")


def cells(text):
    rows = text.split("<tbody>")[1].split("<tr>")[1:]
    return [[re.sub(r"<[^>]+>", "", cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row)] for row in rows]


def test_index_links_every_suite(suites):
    assert dict(re.findall(r'<a href="([^"]+)">([^<]+)</a>', index(suites))) == {
        "%C3%B6%20%2Bx.html/index.html": HOSTILE,
        "first/index.html": "first",
    }


def test_index_says_what_is_finished(suites):
    newest, oldest = cells(index(suites))
    assert newest[:4] == [HOSTILE, "2", "2", "16 of 16"]
    assert oldest[:4] == ["first", "1", "2", "8 of 8"]
    assert re.fullmatch(r"20\d\d-\d\d-\d\d \d\d:\d\d", oldest[4])


def test_one_suite_changes_nothing_of_another(suites):
    other = suites.leaderboard("first")
    before = {path: path.read_bytes() for path in other.iterdir()}
    leaderboard.write_suite(suites, HOSTILE)
    assert {path: path.read_bytes() for path in other.iterdir()} == before
    assert {path.name for path in suites.leaderboard(HOSTILE).iterdir()} == {path.name for path in before}


def test_suite_without_a_page_is_not_listed(suites):
    (suites.leaderboard("first") / "index.html").unlink()
    leaderboard.write_suite(suites, HOSTILE)
    assert [row[0] for row in cells(index(suites))] == [HOSTILE]


def test_plan_that_cannot_be_read_keeps_its_page(suites):
    (suites.plans / "first.parquet").write_bytes(b"PAR1")
    os.utime(suites.plans / "first.parquet", (1, 1))
    leaderboard.write_suite(suites, HOSTILE)
    assert cells(index(suites))[1] == ["first", "—", "—", "—", "—"]


def test_parts_without_a_date(suites):
    """As an earlier version stored them."""
    for part in suites.parts.iterdir():
        table, versions = suites.read("fleet"), json.dumps({"sharegap": "0.1.0"})
        table.write_parquet(
            part, metadata={"sharegap_schema": part.name.split(".v")[1].split(".")[0], "versions": versions}
        )
    leaderboard.write_suite(suites, HOSTILE)
    assert [row[4] for row in cells(index(suites))] == ["—", "—"]


@pytest.mark.parametrize("training", ["They are being trained.", ""])
def test_index_of_a_growing_suite_reloads(suites, training):
    leaderboard.write_suite(suites, "first", training=training)
    assert ('http-equiv="refresh"' in index(suites)) is bool(training)


def test_nothing_is_written_of_an_unknown_suite(suites, tmp_path):
    before = index(suites)
    with pytest.raises(ValueError, match="there is no stored suite"):
        leaderboard.write_suite(Store(tmp_path), "../results/fleet")
    assert index(suites) == before
