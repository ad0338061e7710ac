"""Whether the learning rate was tuned, and what was chosen, wherever a study is shown."""

import io
import re

import pytest
from rich.console import Console

from sharegap import leaderboard

METHODS = {"none": (0.8, 0.2, [None] * 4), "soft": (0.85, 0.1, [0.1, 0.1, 1.0, 1.0])}
HEADING = "learning rate"


@pytest.fixture
def write(tmp_path):
    """Writes a suite; the study on the page, in markdown and in the terminal."""

    def write_suite(suite):
        board = leaderboard.write(suite.store(tmp_path), "made_up", tmp_path / "leaderboard")
        page, text = ((tmp_path / "leaderboard" / name).read_text() for name in ("index.html", "leaderboard.md"))
        screen = io.StringIO()
        leaderboard.show(board, Console(file=screen, width=1000))
        return page.split("<section")[1], text.split("## mnist1d")[1], screen.getvalue()

    return write_suite


@pytest.fixture
def tuned(make_suite):
    def make(*, of_none):
        """Each method tries four settings, the first of which is chosen."""
        suite = make_suite(methods=METHODS)
        for row in suite.plan:
            rates = of_none if row["method"] == "none" else [0.01, 0.03, 0.01, 0.03]
            row["learning_rate"] = rates[row["trial"]]
        return suite

    return make


def test_not_tuned(make_suite, write):
    suite = make_suite()
    for row in suite.plan:
        row["learning_rate"] = 0.01
    for text in write(suite):
        assert "Learning rate: not tuned, 0.01." in text
        assert HEADING not in text


def test_tuned_and_chosen_differently(tuned, write):
    page, text, screen = write(tuned(of_none=[0.02, 0.01, 0.015, 0.03]))
    for shown in (page, text, screen):
        assert "Learning rate: each method chose it on validation, with its strength, among 4 trials." in shown
    board = page.split("</table>")[0]
    place = re.findall(r"<th [^>]*>([^<]*)<", board).index(HEADING)
    rows = [re.findall(r"<td[^>]*>([^<]*)<", row) for row in board.split("<tr data-method")[1:]]
    assert {row[0]: row[place] for row in rows} == {"none": "0.02", "soft": "0.01"}
    assert HEADING in text


def test_tuned_and_chosen_alike(tuned, write):
    page, text, screen = write(tuned(of_none=[0.01, 0.02, 0.015, 0.03]))
    for shown in (page, text, screen):
        assert "among 4 trials; all chose 0.01." in shown
    assert HEADING not in page.split("</table>")[0]


def test_what_is_unfinished_is_still_called_tuned(tuned, write):
    suite = tuned(of_none=[0.01, 0.02, 0.015, 0.03])
    first = {row["run"] for row in suite.plan if row["trial"] == 0}
    suite.runs = [run for run in suite.runs if run["run"] in first]
    for shown in write(suite):
        assert "among 4 trials" in shown


def test_a_suite_that_does_not_know_says_nothing(make_suite, write):
    assert all("Learning rate" not in shown for shown in write(make_suite()))
