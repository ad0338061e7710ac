"""What becomes of the gap, on the page and in markdown."""

import csv
import re

import pytest

TITLE = "What becomes of the gap"


def rows_of(texts):
    section = texts["leaderboard.md"].split(f"### {TITLE}")[1].split("###")[0]
    lines = [line.strip("|").split(" | ") for line in section.splitlines() if line.startswith("| ")]
    heading, _, *rows = [[cell.strip().replace("\\", "") for cell in line] for line in lines]
    assert heading == ["method", "Δ test error", "= Δ train error", "+ Δ gap", "gap closed"][: len(heading)]
    return {row[0]: row[1:] for row in rows}


def value(cell):
    return float(re.match(r"[+−]?[\d.]+", cell)[0].replace("−", "-"))


def test_parts_add_up_as_they_are_shown(make_suite, write):
    """Hard closes half of the gap and fits as well; l2 closes nearly all of it and fits much worse."""
    texts = write(make_suite(seeds=8))
    rows = rows_of(texts)
    assert list(rows) == ["hard", "soft", "early_stopping", "l2"]
    for cells in rows.values():
        test, train, gap, _ = map(value, cells)
        assert test == pytest.approx(train + gap, abs=0.0015)
    assert list(map(value, rows["hard"])) == pytest.approx([-0.1, 0, -0.1, 0.5], abs=0.01)
    assert list(map(value, rows["l2"])) == pytest.approx([0.2, 0.39, -0.19, 0.95], abs=0.01)
    assert f"<h3>{TITLE}</h3>" in texts["index.html"]


def test_parts_are_in_the_file(make_suite, write):
    rows = csv.DictReader(write(make_suite())["leaderboard.csv"].splitlines())
    for row in rows:
        names = [f"{name}{end}" for name in ("delta_train_error", "delta_gap", "gap_closed") for end in ("", "_low")]
        assert {row[name] == "" for name in names} == {row["method"] == "none"}


@pytest.mark.parametrize("methods", [{"none": (0.8, 0.2, [None])}, {"hard": (0.8, 0.2, [None])}])
def test_no_section_without_a_comparison(make_suite, write, methods):
    assert TITLE not in write(make_suite(methods=methods))["leaderboard.md"]


def test_nothing_to_close(make_suite, write):
    """A baseline without a gap: the differences are shown, the ratio is not."""
    rows = rows_of(write(make_suite(methods={"none": (0.8, 0.0, [None]), "hard": (0.9, 0.1, [None])})))
    assert len(rows["hard"]) == 3
    assert value(rows["hard"][2]) == pytest.approx(0.1, abs=0.01)
