"""Differences to any baseline: comparisons.csv, the select box of the page, raw and parameter-matched."""

import csv
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


def shown(section, baseline):
    """The column of differences against a baseline, row by row, as words, and whether it is hidden."""
    cell = rf'<span data-against="{baseline}"( hidden)?>(.*?)(?=<span data-against|</td>)'
    found = re.findall(cell, section, re.DOTALL)
    return [re.sub("<[^>]+>", " ", words).split() for _, words in found], {bool(hidden) for hidden, _ in found}


def test_comparisons_agree_with_the_leaderboard(make_matched, write):
    texts = write(make_matched(studies=["a", "b"]))
    assert texts["comparisons.csv"].splitlines()[0] == ",".join(COMPARISONS)
    found = comparisons_of(texts)
    assert set(found) == {(s, m, b) for s in "ab" for m in METHODS for b in METHODS if m != b}
    for row in csv.DictReader(texts["leaderboard.csv"].splitlines()):
        if row["method"] != "none":
            own = found[row["study"], row["method"], "none"]
            assert {name: row[name] for name in own if name in row} == {name: own[name] for name in own if name in row}


def test_heading_selects_a_baseline(make_matched, write):
    """Without a script it shows the suite's baseline."""
    suite = make_matched(studies=["a", "b"])
    suite.drop("b", "hard")
    first, second = write(suite)["index.html"].split("<section")[1:]
    for section, others in ((first, {"hard", "narrow", "l2"}), (second, {"narrow", "l2"})):
        heading = section.split("</thead>")[0]
        assert '<span class="unscripted">vs. baseline</span>' in heading
        assert '<label class="scripted" hidden>' in heading
        none, *rest = re.findall("<option>(.*?)</option>", heading)
        assert none == "none"
        assert set(rest) == others
        assert shown(section, "none")[1] == {False}
        assert all(shown(section, other)[1] == {True} for other in others)


def test_differences_to_a_selected_baseline(make_matched, write):
    texts = write(make_matched())
    section = texts["index.html"].split("<section")[1]
    words, _ = shown(section, "narrow")
    assert [row[0] for row in words] == ["▲", "▲", "▲", "—"]  # hard, l2, none and narrow itself
    found = comparisons_of(texts)
    for method, row in zip(("hard", "l2", "none"), words, strict=False):
        delta = float(found["mnist1d", method, "narrow"]["delta_test_score"])
        assert float(row[1]) == pytest.approx(delta, abs=0.0006)


def test_marks_where_lower_is_better(make_matched, write):
    suite = make_matched()
    suite.turn("mnist1d")
    words, _ = shown(write(suite)["index.html"].split("<section")[1], "narrow")
    assert words[0][0] == "▲"
    assert words[0][1].startswith("−")


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
    words, _ = shown(texts["index.html"].split("<section")[1], "narrow")
    assert words == 4 * [["—"]]
    assert comparisons_of(texts)["mnist1d", "hard", "narrow"]["delta_test_score"] == ""


def test_study_without_the_baseline(make_suite, write):
    """There is nothing to select."""
    texts = write(make_suite(methods={name: METHODS[name] for name in ("hard", "l2")}))
    assert "<select" not in texts["index.html"].split("<header>")[1]
    assert set(comparisons_of(texts)) == {("mnist1d", "hard", "l2"), ("mnist1d", "l2", "hard")}


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", 'a"b&c', "{{ 7 * 7 }}"])
def test_baseline_names_are_escaped(make_suite, write, name):
    page = write(make_suite(methods={"none": METHODS["none"], name: METHODS["hard"]}))["index.html"]
    assert "<script>alert" not in page.split("<header>")[1]
    assert 'data-against="a"b' not in page


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
    assert re.findall(r'<td class="text">(\w+)', section.split("</table>")[0]) == ["hard", "narrow"]


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
