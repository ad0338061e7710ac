"""The table of a study says what was tuned, on how many seeds, and what was chosen, in every format."""

import io
import re

import pytest
from rich.console import Console

from sharegap import leaderboard
from sharegap.leaderboard.report import load_report
from sharegap.leaderboard.sections.methods import methods_section

METHODS = {"none": (0.8, 0.2, [None] * 4), "soft": (0.85, 0.1, [0.1, 0.1, 1.0, 1.0])}
HEADING = "learning rate"
MEASURED = "the one with the best validation score was measured on 4 fresh seeds"


@pytest.fixture
def write(tmp_path):
    """Write a suite; return the study on the page, in markdown and in the terminal."""

    def write_suite(suite):
        report = leaderboard.write(suite.store(tmp_path), "made_up", tmp_path / "leaderboard")
        page, text = ((tmp_path / "leaderboard" / name).read_text() for name in ("index.html", "leaderboard.md"))
        screen = io.StringIO()
        leaderboard.show(report, Console(file=screen, width=1000))
        study = page.split('<details class="part" id="study-mnist1d"')[1].split('<details class="part"')[0]
        return study, text.split("## mnist1d")[1], screen.getvalue()

    return write_suite


@pytest.fixture
def tuned(make_suite):
    def make(*, baseline_rates):
        """Each method tries four settings, the first of which is measured."""
        suite = make_suite(methods=METHODS)
        for row in suite.plan:
            rates = baseline_rates if row["method"] == "none" else [0.01, 0.03, 0.01, 0.03]
            row["learning_rate"] = rates[row["trial"]]
        return suite

    return make


def test_nothing_was_tuned(make_suite, write):
    suite = make_suite(methods={"none": (0.8, 0.2, [None]), "soft": (0.85, 0.1, [0.1])})
    for row in suite.plan:
        row["learning_rate"] = 0.01
    for text in write(suite):
        assert "Not tuned: learning rate 0.01." in text
        assert "settings on" not in text


def test_trials_and_seeds(tuned, write):
    page, text, screen = write(tuned(baseline_rates=[0.02, 0.01, 0.015, 0.03]))
    for shown in (page, text, screen):
        assert f"Each method tried 4 settings on 2 tuning seeds; {MEASURED}." in shown
    table = page.split("</table>")[0]
    index = re.findall(r"<th [^>]*>([^<]*)<", table).index(HEADING)
    rows = [re.findall(r"<t[hd][^>]*>([^<]*)<", row) for row in table.split("<tr data-method")[1:]]
    assert {row[0]: row[index] for row in rows} == {"none": "0.02", "soft": "0.01"}
    assert HEADING in text


def test_learning_rate_chosen_by_all(tuned, write):
    page, text, screen = write(tuned(baseline_rates=[0.01, 0.02, 0.015, 0.03]))
    for shown in (page, text, screen):
        assert f"{MEASURED}, all at learning rate 0.01." in shown
    assert HEADING not in page.split("<thead>")[1].split("</table>")[0]


def test_methods_with_different_trials(make_suite, write):
    for shown in write(make_suite()):
        assert f"Each method tried 0 to 3 settings on 2 tuning seeds; {MEASURED}." in shown


def test_bound_is_marked_and_explained(make_suite, write):
    suite = make_suite()
    assert all("(bound)" not in shown for shown in write(suite)[:2])
    for row in suite.plan:
        row["at_edge"] = row["method"] == "soft" and row["phase"] == "measure"
    for shown in write(suite):
        assert "0.01 (bound)" in shown
        assert "0.0001 (bound)" not in shown
        assert "Bound: an end of what was tried, so that a better strength may lie beyond." in shown


def test_unknown_learning_rate(make_suite, write):
    suite = make_suite(methods={"none": (0.8, 0.2, [None])})
    assert all("Not tuned" not in shown for shown in write(suite))


def test_anchors_stand_below_the_methods(make_suite, tmp_path):
    """They are in no other table, and change none."""
    suite = make_suite(studies=["a", "b"], seeds=8)
    leaderboard.write(suite.store(tmp_path), "made_up", tmp_path / "leaderboard")
    tables = {path.name: path.read_text() for path in (tmp_path / "leaderboard").glob("*.csv")}
    suite.anchor("linear", 0.95)
    suite.anchor("chance", 0.1)
    report = leaderboard.write(suite.store(tmp_path), "made_up", tmp_path / "leaderboard")
    for name in tables.keys() - {"anchors.csv"}:
        assert (tmp_path / "leaderboard" / name).read_text() == tables[name]
    for study in report.studies:
        table, *_ = methods_section(study).tables
        assert [row["method"] for row in table.rows[-2:]] == ["linear (anchor)", "chance (anchor)"]
        assert [row["test_score"] for row in table.rows[-2:]] == pytest.approx([0.95, 0.1], abs=0.01)


def test_anchor_better_than_all_is_said(make_suite, tmp_path):
    for score, is_said in ((0.7, False), (0.95, True)):
        suite = make_suite()
        suite.anchor("linear", score)
        study = load_report(suite.store(tmp_path / str(score)), "made_up").studies[0]
        notes = " ".join(methods_section(study).notes)
        assert "Anchors are unranked" in notes
        assert ("No method here is as good as linear, which needs no network." in notes) == is_said


def test_negative_control_is_said(make_suite, tmp_path):
    suite = make_suite(studies=["a", "b"])
    suite.negative_controls = ["b"]
    first, second = load_report(suite.store(tmp_path), "made_up").studies
    assert not any("Negative control" in sentence for sentence in methods_section(first).intro)
    assert any("sharing should not help" in sentence for sentence in methods_section(second).intro)
