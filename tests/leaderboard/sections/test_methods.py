"""The table of a study says whether the learning rate was tuned, and what was selected, in every format."""

import io
import re

import pytest
from rich.console import Console

from sharegap import leaderboard

METHODS = {"none": (0.8, 0.2, [None] * 4), "soft": (0.85, 0.1, [0.1, 0.1, 1.0, 1.0])}
HEADING = "learning rate"


@pytest.fixture
def write(tmp_path):
    """Write a suite; return the study on the page, in markdown and in the terminal."""

    def write_suite(suite):
        report = leaderboard.write(suite.store(tmp_path), "made_up", tmp_path / "leaderboard")
        page, text = ((tmp_path / "leaderboard" / name).read_text() for name in ("index.html", "leaderboard.md"))
        screen = io.StringIO()
        leaderboard.show(report, Console(file=screen, width=1000))
        return page.split("<section")[1], text.split("## mnist1d")[1], screen.getvalue()

    return write_suite


@pytest.fixture
def tuned(make_suite):
    def make(*, baseline_rates):
        """Each method tries four settings, the first of which is selected."""
        suite = make_suite(methods=METHODS)
        for row in suite.plan:
            rates = baseline_rates if row["method"] == "none" else [0.01, 0.03, 0.01, 0.03]
            row["learning_rate"] = rates[row["trial"]]
        return suite

    return make


def test_learning_rate_not_tuned(make_suite, write):
    suite = make_suite()
    for row in suite.plan:
        row["learning_rate"] = 0.01
    for text in write(suite):
        assert "Learning rate: not tuned, 0.01." in text
        assert HEADING not in text


def test_learning_rate_selected_per_method(tuned, write):
    page, text, screen = write(tuned(baseline_rates=[0.02, 0.01, 0.015, 0.03]))
    for shown in (page, text, screen):
        assert "Learning rate: tuned on validation per method, jointly with the strength, over 4 trials." in shown
    table = page.split("</table>")[0]
    index = re.findall(r"<th [^>]*>([^<]*)<", table).index(HEADING)
    rows = [re.findall(r"<td[^>]*>([^<]*)<", row) for row in table.split("<tr data-method")[1:]]
    assert {row[0]: row[index] for row in rows} == {"none": "0.02", "soft": "0.01"}
    assert HEADING in text


def test_learning_rate_selected_by_all(tuned, write):
    page, text, screen = write(tuned(baseline_rates=[0.01, 0.02, 0.015, 0.03]))
    for shown in (page, text, screen):
        assert "over 4 trials; all selected 0.01." in shown
    assert HEADING not in page.split("</table>")[0]


def test_learning_rate_of_an_unfinished_suite(tuned, write):
    """The plan says that it is tuned."""
    suite = tuned(baseline_rates=[0.01, 0.02, 0.015, 0.03])
    first = {row["run"] for row in suite.plan if row["trial"] == 0}
    suite.runs = [run for run in suite.runs if run["run"] in first]
    for shown in write(suite):
        assert "over 4 trials" in shown


def test_learning_rate_unknown(make_suite, write):
    assert all("Learning rate" not in shown for shown in write(make_suite()))
