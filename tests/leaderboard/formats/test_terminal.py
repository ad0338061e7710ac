"""The table in the terminal."""

import io
import re

import pytest
from rich.console import Console

from sharegap import leaderboard


@pytest.fixture
def show(tmp_path):
    def show_suite(suite, width):
        report = leaderboard.write(suite.store(tmp_path), "made_up", tmp_path / "leaderboard")
        screen = io.StringIO()
        leaderboard.show(report, Console(file=screen, width=width))
        return screen.getvalue()

    return show_suite


@pytest.mark.parametrize("width", [80, 100, 160])
def test_no_value_is_truncated(make_suite, show, width):
    suite = make_suite(studies=["mnist1d", "digits"])
    text = show(suite, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for figure in (
        "dataset mnist1d, model local1d, n_train 4,000, n_test 1,000, 4 seeds",
        "early_stopping",
        "43,210",
        "0 of 10",
    ):
        assert figure in text
    assert {"strength", "baseline", "parameters", "diverged"} <= set(text.split())
    methods = re.findall(r"^(hard|soft|none|l2|early_stopping) ", text.split("Across")[0], re.MULTILINE)
    assert methods == 2 * ["hard", "soft", "early_stopping", "none", "l2"]


def test_score_name_and_progress(make_suite, show):
    suite = make_suite()
    text = show(suite, 100)
    assert "accuracy" in text
    assert "finished" not in text
    suite.runs.pop()
    assert f"{len(suite.runs)} of {len(suite.plan)} runs are finished." in show(suite, 100)


def test_a_wide_table_folds_between_words(make_suite, show):
    methods = {"early_stopping": (0.8, 0.2, [None]), "hard+early_stopping": (0.801, 0.1, [None])}
    suite = make_suite(methods=methods)
    for row in suite.plan:
        if row["method"] == "hard+early_stopping":
            row["published_outperforms"] = ["early_stopping"]
    words = show(suite, 80).split("Published results")[1].split()
    assert {"mnist1d", "hard+early_stopping", "early_stopping", "interval", "parameters"} <= set(words)


def test_names_are_not_markup(make_suite, show):
    text = show(make_suite(methods={"none": (0.8, 0.2, [None]), "[red]x": (0.9, 0.1, [None])}), 100)
    assert "[red]x" in text


@pytest.mark.parametrize(
    ("width", "row"),
    [
        (80, r"\+0\.10\d ▲ .*\n +±\S+ ±0\.00\d .*\n +p≤\.031 *$"),
        (100, r"\+0\.10\d ▲ .*\n +±\S+ ±0\.00\d p≤\.031 ±\S+ ±\S+ *$"),
        (120, r"0\.\d\d\d ±\S+ \+0\.10\d ▲ ±0\.00\d p≤\.031 "),
    ],
)
def test_rows_take_few_lines(make_suite, show, width, row):
    """Intervals and p-values stand beside the values, or below them, their digits below one another."""
    text = show(make_suite(seeds=8), width)
    assert max(map(len, text.splitlines())) <= width
    hard = re.search(rf"^hard .*{row}", text, re.MULTILINE)[0]
    value, *below = hard.splitlines()
    if below:
        assert value.index("+0.10") == below[0].index("±0.00", value.index("+0.10"))
    assert "p: two-sided permutation test" in " ".join(text.split())
    assert "No p-values" not in text


def test_few_seeds_have_no_p_values(make_suite, show):
    text = show(make_suite(), 80)
    assert "No p-values: with 4 seeds and 4 planned comparisons" in text
    assert " p ." not in text


@pytest.mark.parametrize("width", [80, 120])
def test_table_across_studies_comes_last(make_suite, show, width):
    text = show(make_suite(studies=list("abcdef"), seeds=8), width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    across = text.split("Across studies")[1]
    assert "dataset f" not in across
    rows = re.findall(
        r"^ +(\d) +(\w+) +(\S+)(?: ±\S+)? +(\S+)(?: ±\S+)? +(\S+)(?: ±\S+)? +(\S+) +(\S+) +(\S+)",
        across,
        re.MULTILINE,
    )
    shared_ranks, *rows = zip(*rows, strict=True)
    assert shared_ranks == ("1", "1", "1", "2", "3")  # the critical difference is 2.49
    rows = list(zip(*rows, strict=True))
    assert [row[0] for row in rows] == ["hard", "soft", "early_stopping", "none", "l2"]
    assert rows[0][1:2] + rows[0][4:] == ("1.00", "6", "0", "0")
    assert rows[3][2:] == 5 * ("—",)
    for heading in ("rank", "reduction", "improvement", "wins", "ties", "losses"):
        assert heading in across
    assert "Friedman's test shows differences" in across


def test_one_study_has_no_table_across(make_suite, show):
    assert "Across studies" not in show(make_suite(), 80)
