"""The table in the terminal."""

import io
import re

import pytest
from rich.console import Console

from sharegap import leaderboard


@pytest.fixture
def show(tmp_path):
    def show_suite(suite, width):
        board = leaderboard.write(suite.store(tmp_path), "made_up", tmp_path / "leaderboard")
        screen = io.StringIO()
        leaderboard.show(board, Console(file=screen, width=width))
        return screen.getvalue()

    return show_suite


@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_figure_is_cut_off(make_suite, show, width):
    suite = make_suite(studies=["mnist1d", "digits"])
    text = show(suite, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for figure in (
        "mnist1d: dataset mnist1d, model local1d, n_train 4,000, 4 seeds",
        "early_stopping",
        "43,210",
        "0 of 12",
    ):
        assert figure in text
    methods = re.findall(r"^(hard|soft|none|l2|early_stopping) ", text, re.MULTILINE)
    assert methods == 2 * ["hard", "soft", "early_stopping", "none", "l2"]


def test_says_what_the_score_is_and_what_is_unfinished(make_suite, show):
    suite = make_suite()
    text = show(suite, 100)
    assert "accuracy" in text
    assert "finished" not in text
    suite.runs.pop()
    assert f"{len(suite.runs)} of {len(suite.plan)} runs are finished." in show(suite, 100)


def test_published_value_and_its_source(make_suite, show):
    suite = make_suite()
    for row in suite.plan:
        if row["method"] == "hard":
            row.update(published=0.923, published_source="Someone [2024]")
    text = show(suite, 80)
    assert "published, hard: 0.923 (Someone [2024])" in text


def test_names_are_no_markup(make_suite, show):
    text = show(make_suite(methods={"none": (0.8, 0.2, [None]), "[red]x": (0.9, 0.1, [None])}), 100)
    assert "[red]x" in text
