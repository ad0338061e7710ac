"""The heat map of the suite, the table of each study, and interactions.csv."""

import csv
import re

import pytest

from sharegap.results.interactions import INTERACTIONS
from tests.leaderboard.pictures import SVG, marks_of, pictures_of

METHODS = {
    "none": (0.70, 0.20, [None]),
    "l2": (0.73, 0.20, [1e-3, 1e-2]),
    "dropout": (0.74, 0.20, [0.1, 0.2]),
    "hard": (0.80, 0.10, [None]),
    "hard+l2": (0.83, 0.10, [1e-3, 1e-2]),  # helps as much
    "hard+dropout": (0.77, 0.10, [0.1, 0.2]),  # does harm once weights are shared
}


@pytest.fixture
def write(write):
    """Writes a suite; the texts of its files by name, which say nothing that is no number."""

    def write_suite(suite):
        texts = write(suite)
        shown = texts["index.html"].split("<header>")[1] + texts["leaderboard.md"] + texts["interactions.csv"]
        assert re.search(r"\b(nan|NaN|None|inf)\b", shown) is None
        return texts

    return write_suite


def rows_of(texts):
    return {(row["study"], row["method"]): row for row in csv.DictReader(texts["interactions.csv"].splitlines())}


def map_of(texts):
    """The heat map, by row, study and column: the effect relative to the error, and the text; None without a map."""
    for title, picture in pictures_of(texts["index.html"]).items():
        if title.startswith("Effect of a regularizer"):
            tiles = {}
            for mark in marks_of(picture):
                says = mark.findtext(f"{SVG}title")
                study, on, text, part = re.fullmatch(r".*: (.+), (on .+): (.*), (.*)% of the error", says).groups()
                tiles[mark.attrib["data-method"], study, on] = (float(part) / 100, text)
            return tiles
    return None


def test_suite_without_combined_methods(make_suite, write):
    """The file has its columns and no rows; there is no section."""
    texts = write(make_suite())
    assert texts["interactions.csv"].splitlines() == [",".join(INTERACTIONS)]
    assert "Interactions" not in texts["leaderboard.md"]
    assert map_of(texts) is None


def test_file_table_and_heat_map_agree(make_suite, write):
    texts = write(make_suite(studies=["a", "b"], seeds=8, methods=METHODS))
    rows = rows_of(texts)
    assert list(rows) == [(study, f"hard+{name}") for study in "ab" for name in ("l2", "dropout")]
    tiles = map_of(texts)
    assert set(tiles) == {
        (name, study, on) for name in ("l2", "dropout") for study in "ab" for on in ("on none", "on hard")
    }
    for (study, _), row in rows.items():
        for figure, on in (("effect_alone", "on none"), ("effect_shared", "on hard")):
            part, text = tiles[row["regularizer"], study, on]
            effect, low, high = (float(row[f"{figure}{end}"]) for end in ("", "_low", "_high"))
            assert part == pytest.approx(effect / float(row["none_error"]), abs=0.0006)
            assert float(re.search(r"[+−]([\d.]+)", text)[1]) == pytest.approx(abs(effect), abs=0.0006)
            assert ("▲" in text, "▼" in text) == (low > 0, high < 0)
    assert "▲" in tiles["dropout", "a", "on none"][1]
    assert "▼" in tiles["dropout", "a", "on hard"][1]
    line = re.search(r"^\| hard\+dropout .*", texts["leaderboard.md"].split("### Interactions")[1], re.MULTILINE)[0]
    section = texts["index.html"].split("<h3>Interactions")[1]
    cells = re.search(r'<th scope="row">hard\+dropout</th>.*?</tr>', section, re.DOTALL)[0]
    assert [(row.count("▲"), row.count("▼")) for row in (line, cells)] == 2 * [(1, 2)]  # alone; once shared, difference


def test_effects_are_positive_if_better(make_suite, write):
    """Also if a lower score is better."""
    suite = make_suite(studies=["a", "b"], seeds=8, methods=METHODS)
    suite.turn("b")
    texts = write(suite)
    for study in "ab":
        row = rows_of(texts)[study, "hard+dropout"]
        assert float(row["effect_alone_low"]) > 0 > float(row["effect_shared_high"])
    tiles = map_of(texts)
    assert [mark in tiles["dropout", "b", on][1] for on, mark in (("on none", "▲"), ("on hard", "▼"))] == [True, True]


def test_study_without_a_part_of_a_combination(make_suite, write):
    suite = make_suite(studies=["a", "b", "c"], seeds=8, methods=METHODS)
    suite.drop("a", "dropout")
    suite.drop("b", "hard")
    texts = write(suite)
    assert list(rows_of(texts)) == [("a", "hard+l2"), ("c", "hard+l2"), ("c", "hard+dropout")]
    tiles = map_of(texts)
    assert ("dropout", "a", "on none") not in tiles
    studies = re.split('<details class="part" id="study-', texts["index.html"])[1:]
    assert ["<h3>Interactions" in study for study in studies] == [True, False, True]


def test_diverged_method_has_no_tile(make_suite, write, diverge):
    suite = make_suite(seeds=8, methods=METHODS)
    for run in suite.of("hard+l2"):
        diverge(run)
    texts = write(suite)
    row = rows_of(texts)["mnist1d", "hard+l2"]
    assert (row["effect_shared"], row["interaction"], row["interaction_p_value"]) == ("", "", "")
    assert float(row["effect_alone"]) == pytest.approx(0.03, abs=0.01)
    tiles = map_of(texts)
    assert ("l2", "mnist1d", "on hard") not in tiles
    assert ("l2", "mnist1d", "on none") in tiles


def test_all_runs_diverged(make_suite, write, diverge):
    suite = make_suite(methods=METHODS)
    for run in suite.runs:
        diverge(run)
    assert map_of(write(suite)) is None


@pytest.mark.parametrize("seeds", [1, 2, 5])
def test_few_seeds_have_no_p_values(make_suite, write, seeds):
    texts = write(make_suite(seeds=seeds, methods=METHODS))
    row = rows_of(texts)["mnist1d", "hard+dropout"]
    assert float(row["interaction"]) == pytest.approx(-0.07, abs=0.02)
    assert (row["interaction_low"] == "") == (seeds == 1)
    assert {row[name] for name in row if "_p_" in name} == {""}
    assert "No p-values: significance in 2 rows takes 7 seeds." in texts["leaderboard.md"]


def test_names_are_escaped(make_suite, write):
    methods = {"none": METHODS["none"], "<b>x": METHODS["hard"], "l2": METHODS["l2"], "<b>x+l2": METHODS["hard+l2"]}
    tiles = map_of(write(make_suite(studies=["<i>"], seeds=8, methods=methods)))
    assert set(tiles) == {("l2", "<i>", "on none"), ("l2", "<i>", "on <b>x")}
