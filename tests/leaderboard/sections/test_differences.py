"""Differences to any baseline: comparisons.csv, the select box of the page, raw and parameter-matched."""

import base64
import csv
import gzip
import html
import json
import re

import pytest

from sharegap.results.paired import COMPARISONS

METHODS = {
    "none": (0.80, 0.20, [None]),
    "hard": (0.90, 0.10, [None]),
    "narrow": (0.77, 0.10, [None]),
    "l2": (0.82, 0.15, [1e-3, 1e-2]),
}
PARAMETERS = {"hard": 5000, "narrow": 5500}


@pytest.fixture
def make_matched(make_suite):
    """A suite of METHODS with their PARAMETERS."""

    def build(parameters=PARAMETERS, **options):
        suite = make_suite(**{"seeds": 8, "methods": METHODS} | options)
        for method in {row["method"] for row in suite.plan}:
            for run in suite.of(method):
                run["unique_parameters"] = parameters.get(method, 40000)
        return suite

    return build


def comparisons_of(texts):
    rows = csv.DictReader(texts["comparisons.csv"].splitlines())
    return {(row["study"], row["method"], row["baseline"]): row for row in rows}


def data_of(page):
    """What the page's script may show."""
    packed = re.search(r'<script type="text/plain" id="data">(.*?)</script>', page)[1]
    return json.loads(gzip.decompress(base64.b64decode(packed)))


def shown(page, baseline, study="mnist1d"):
    """The mark and the difference of each method of a study against a baseline, once this is selected."""
    data = data_of(page)
    compared = data["against"][data["methods"].index(baseline)][data["studies"].index(study)]
    return {method: cell[:2] for method, cell in zip(data["methods"], compared, strict=True) if cell}


def table_of(page, study):
    """The table of a study as it is without a script."""
    return page.split(f'<table class="board" data-study="{study}">')[1].split("</table>")[0]


def test_comparisons_agree_with_the_leaderboard(make_matched, write):
    texts = write(make_matched(studies=["a", "b"]))
    assert texts["comparisons.csv"].splitlines()[0] == ",".join(COMPARISONS)
    found = comparisons_of(texts)
    assert set(found) == {(s, m, b) for s in "ab" for m in METHODS for b in METHODS if m != b}
    for row in csv.DictReader(texts["leaderboard.csv"].splitlines()):
        if row["method"] != "none":
            own = found[row["study"], row["method"], "none"]
            assert {name: row[name] for name in own if name in row} == {name: own[name] for name in own if name in row}


def test_toolbar_selects_a_baseline(make_matched, write):
    """Without a script the tables show the suite's baseline."""
    suite = make_matched(studies=["a", "b"])
    suite.drop("b", "hard")
    page = write(suite)["index.html"]
    toolbar = re.search(r'<div class="toolbar scripted"[^>]* hidden>.*?<section', page, re.DOTALL)[0]
    options = toolbar.split('<select id="baseline"')[1].split("</select>")[0]
    assert re.findall("<option selected>(.*?)</option>", options) == ["none"]
    assert set(re.findall("<option>(.*?)</option>", options)) == {"hard", "narrow", "l2"}
    for study, methods in (("a", {"none", "hard", "narrow", "l2"}), ("b", {"none", "narrow", "l2"})):
        heading, body = table_of(page, study).split("</thead>")
        assert re.findall("data-against>(.*?)</th>", heading) == ["vs. baseline"]
        rows = re.findall(r'<th scope="row">(\w+)</th>.*?<td data-difference>(.*?)</td>', body, re.DOTALL)
        differences = {method: re.sub("<i>.*|<[^>]+>", "", cell) for method, cell in rows}
        expected = shown(page, "none", study)
        assert set(differences) == set(expected) == methods
        for method, words in differences.items():
            mark, value = expected[method]
            assert words == f"{mark} {value}".strip()
        assert all(set(shown(page, method, study)) == methods for method in methods)
    assert shown(page, "hard", "b") == {}


def test_differences_to_a_selected_baseline(make_matched, write):
    texts = write(make_matched())
    differences = shown(texts["index.html"], "narrow")
    assert {method: mark.rstrip("*") for method, (mark, _) in differences.items()} == {
        **{"none": "▲", "hard": "▲", "l2": "▲"},
        "narrow": "",
    }
    assert differences["narrow"][1] == "—"
    found = comparisons_of(texts)
    for method in ("hard", "l2", "none"):
        delta = float(found["mnist1d", method, "narrow"]["delta_test_score"])
        assert float(differences[method][1]) == pytest.approx(delta, abs=0.0006)


def test_marks_where_lower_is_better(make_matched, write):
    suite = make_matched()
    suite.turn("mnist1d")
    mark, value = shown(write(suite)["index.html"], "narrow")["hard"]
    assert mark[0] == "▲"
    assert value.startswith("−")


@pytest.mark.parametrize("seeds", [1, 4])
def test_few_seeds_have_no_p_values(make_matched, write, seeds):
    texts = write(make_matched(seeds=seeds))
    row = comparisons_of(texts)["mnist1d", "hard", "narrow"]
    assert float(row["delta_test_score"]) == pytest.approx(0.13, abs=0.02)
    assert (row["delta_low"] == "", row["p_value"], row["p_adjusted"]) == (seeds == 1, "", "")


def test_diverged_baseline_is_a_dash(make_matched, write, diverge):
    suite = make_matched()
    for run in suite.of("narrow"):
        diverge(run)
    texts = write(suite)
    assert shown(texts["index.html"], "narrow") == {method: ["", "—"] for method in METHODS}
    assert comparisons_of(texts)["mnist1d", "hard", "narrow"]["delta_test_score"] == ""


def test_study_without_the_baseline(make_suite, write):
    """No difference is shown until a baseline is selected."""
    texts = write(make_suite(methods={name: METHODS[name] for name in ("hard", "l2")}))
    page = texts["index.html"]
    assert "data-difference" not in table_of(page, "mnist1d")
    assert re.findall(r'<b class="mark[^"]*">(.*?)</b>', page) == 2 * [""]
    assert set(shown(page, "hard")) == set(shown(page, "l2")) == {"hard", "l2"}
    assert set(comparisons_of(texts)) == {("mnist1d", "hard", "l2"), ("mnist1d", "l2", "hard")}


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", 'a"b&c', "{{ 7 * 7 }}"])
def test_baseline_names_are_escaped(make_suite, write, name):
    page = write(make_suite(methods={"none": METHODS["none"], name: METHODS["hard"]}))["index.html"]
    assert "<script>alert" not in page
    options = page.split('<select id="baseline"')[1].split("</select>")[0]
    assert [html.unescape(option) for option in re.findall("<option[^>]*>(.*?)</option>", options)] == ["none", name]
    assert name in shown(page, name)


def matched(texts):
    """The rows of the table Raw and parameter-matched in markdown, cell by cell."""
    parts = texts["leaderboard.md"].split("### Raw and parameter-matched")[1:]
    lines = parts[0].strip().split("\n\n")[0].splitlines() if parts else []
    return [[cell.strip() for cell in line.strip("| ").split("|")] for line in lines]


def test_size_control_table(make_matched, write):
    texts = write(make_matched())
    heading, _, hard, narrow = matched(texts)
    assert heading[2:] == ["vs. none (40,000 parameters)", "vs. narrow (5,500 parameters)"]
    assert (hard[:2], narrow[:2]) == (["hard", "5,000"], ["narrow", "5,500"])
    found = comparisons_of(texts)
    for cell, baseline in zip(hard[2:], ("none", "narrow"), strict=True):
        delta = float(found["mnist1d", "hard", baseline]["delta_test_score"])
        assert float(cell.split()[0]) == pytest.approx(delta, abs=0.0006)
    assert "▼" in narrow[2]
    assert narrow[3] == "—"
    section = texts["index.html"].split("<h3>Raw and parameter-matched</h3>")[1]
    assert re.findall(r'<th scope="row">(\w+)', section.split("</table>")[0]) == ["hard", "narrow"]


@pytest.mark.parametrize(
    ("parameters", "methods"),
    [
        ({"hard": 6800, "narrow": 5500}, ["hard", "narrow"]),  # widths are whole numbers
        ({"hard": 7000, "narrow": 5500}, []),
        ({"hard": 5000, "narrow": 5500, "l2": 5500}, ["hard", "l2", "narrow"]),
        ({"hard": 36000, "narrow": 36000}, ["hard", "narrow"]),  # none itself has not fewer, nor has l2
    ],
)
def test_size_control_lists_matched_methods(make_matched, write, parameters, methods):
    assert [row[0] for row in matched(write(make_matched(parameters)))[2:]] == methods


@pytest.mark.parametrize("lacking", ["none", "narrow", "hard"])
def test_size_control_needs_all_three(make_matched, write, lacking):
    texts = write(make_matched(methods={name: own for name, own in METHODS.items() if name != lacking}))
    assert matched(texts) == []
