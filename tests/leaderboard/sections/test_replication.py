"""Our values vs. published ones: in the terminal, on the page, in markdown and in a file."""

import io
import math

import polars as pl
import pytest
from rich.console import Console

from sharegap import leaderboard

VALUE = {"published": 0.92, "published_tolerance": 0.03, "published_source": "Someone [2024]"}
DIFFERS = {"published_deviations": "Fewer steps, and a|nother text."}


@pytest.fixture
def write(tmp_path):
    """Plans some of the literature's figures by method, and returns what is shown in each place."""

    def written(suite, **published):
        for row in suite.plan:
            row |= published.get(row["method"], {})
        report = leaderboard.write(suite.store(tmp_path), "made_up", tmp_path)
        screen = io.StringIO()
        leaderboard.show(report, Console(file=screen, width=100))
        texts = {name: (tmp_path / name).read_text() for name in ("index.html", "leaderboard.md")}
        return texts | {"terminal": screen.getvalue(), "rows": pl.read_csv(tmp_path / "published.csv").to_dicts()}

    return written


def test_value_within_tolerance(make_suite, write):
    found = write(make_suite(), hard=VALUE | DIFFERS, none=VALUE)
    (none, hard) = sorted(found["rows"], key=lambda row: row["ours"])
    assert (hard["method"], hard["holds"], none["holds"]) == ("hard", True, False)
    assert hard["difference"] == pytest.approx(hard["ours"] - 0.92)
    assert hard["ours_low"] < hard["ours"] < hard["ours_high"]
    for text in (found["index.html"], found["leaderboard.md"], found["terminal"]):
        assert "yes (±0.03)" in text
        assert "no (±0.03)" in text
        assert "Deviations from the published setting (mnist1d): Fewer steps" in text
        assert "Someone [2024] (mnist1d " in text


def test_terminal_ends_with_the_section(make_suite, write):
    text = write(make_suite(), hard=VALUE)["terminal"]
    assert "early_stopping" not in text.split("\nPublished results\n")[1]


def test_ordering_by_paired_difference(make_suite, write):
    orderings = {"hard": {"published_outperforms": ["none", "absent"]}, "l2": {"published_outperforms": ["none"]}}
    found = write(make_suite(), **orderings)
    hard, l2 = sorted(found["rows"], key=lambda row: row["method"])
    assert (hard["other"], hard["holds"], l2["holds"]) == ("none", True, False)
    assert hard["ours"] == pytest.approx(0.1, abs=0.02)
    assert hard["ours_low"] > 0
    assert hard["published"] is None
    assert "38,000 of 43,210" in found["terminal"]
    assert "better than none" not in found["terminal"].split("Published results")[0]


def test_ordering_where_lower_is_better(make_suite, write):
    suite = make_suite(seeds=3)
    suite.turn("mnist1d")
    (row,) = write(suite, hard={"published_outperforms": ["none"]})["rows"]
    assert row["ours"] < 0
    assert row["holds"]


def test_ordering_without_a_clear_interval(make_suite, write):
    one = write(make_suite(seeds=1), hard={"published_outperforms": ["none"]})
    assert "yes, without an interval" in one["leaderboard.md"]
    methods = {"none": (0.8, 0.1, [None]), "hard": (0.8, 0.1, [None])}
    alike = write(make_suite(seeds=8, methods=methods), hard={"published_outperforms": ["none"]})
    assert ", but the interval includes 0" in alike["leaderboard.md"]


def test_published_difference_of_two_values(make_suite, write):
    value = VALUE | {"published_outperforms": ["none"]}
    rows = write(make_suite(), hard=value, none=VALUE | {"published": 0.85})["rows"]
    assert [row["published"] for row in rows if row["claim"] == "outperforms"] == [pytest.approx(0.07)]


def test_train_score(make_suite, write):
    published = {"published_train_score": 1.0, "published_tolerance": 0.02}
    found = write(make_suite(), none=published)
    assert [(row["claim"], row["holds"]) for row in found["rows"]] == [("train_score", True)]
    assert "train accuracy" in found["terminal"]


def test_diverged_method_does_not_hold(make_suite, write, diverge):
    suite = make_suite()
    diverge(suite.of("hard")[0])
    rows = write(suite, hard=VALUE | {"published_outperforms": ["none"]})["rows"]
    assert [row["holds"] for row in rows] == [False, False]
    assert all(row["ours"] is None or math.isnan(row["ours"]) for row in rows)


def test_suite_without_published_results(make_suite, write):
    found = write(make_suite())
    assert found["rows"] == []
    assert "\nPublished results" not in found["terminal"]
    assert "## Published results" not in found["leaderboard.md"]
