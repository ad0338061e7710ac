"""Sample efficiency: a table, a sentence and two figures per series, and sample_efficiency.csv."""

import re
from pathlib import Path

import polars as pl
import pytest

from sharegap import leaderboard
from sharegap.leaderboard.figures import draw_learning_curves
from sharegap.leaderboard.report import load_report
from sharegap.leaderboard.sections.aggregate import LARGEST, aggregate_section
from sharegap.leaderboard.sections.learning_curves import sample_efficiency_section
from sharegap.results.learning_curves import FEWEST_SEEDS, SCHEMA
from tests.leaderboard.pictures import pictures_of
from tests.leaderboard.pictures import rows_of as rows_of_chart

SIZES = (200, 400, 800, 1600)
WORTH = {"none": 1, "hard": 3, "l2": 0.7}
FILE = "sample_efficiency.csv"


@pytest.fixture
def make_store(make_suite, tmp_path):
    """A stored suite of two series, in which methods are worth WORTH times the samples."""

    def build(seeds=8, sizes=SIZES, change=lambda suite: None):
        studies = [f"{series}_{size}" for series in "ab" for size in sizes]
        methods = {method: (0.0, 0.1, [None]) for method in WORTH}
        suite = make_suite(studies=studies, seeds=seeds, methods=methods)
        for planned, run in zip(suite.plan, suite.runs, strict=True):
            series, _, size = planned["study"].partition("_")
            planned.update(series=series, n_train=int(size))
            error = 3 * (int(size) * WORTH[planned["method"]]) ** -0.4 * (1 + 0.02 * planned["seed"])
            run["final_test_score"] = 1 - error
        change(suite)
        return suite.store(tmp_path)

    return build


@pytest.fixture
def make_report(make_store):
    """The report of such a suite."""
    return lambda **options: load_report(make_store(**options), "made_up")


@pytest.fixture
def section(make_report):
    """The section of such a suite."""
    return lambda **options: sample_efficiency_section(make_report(**options))


def texts_of(table):
    """The table as {method: [value with interval]}."""
    _, cells = table.format("page")
    rows = zip(*cells, strict=True)
    return {method.value: [f"{cell.value} {cell.interval}".strip() for cell in row] for method, *row in rows}


def test_one_row_per_series_method_and_size(make_report):
    table = make_report().sample_efficiency
    assert table.columns == list(SCHEMA)
    assert table.height == 2 * len(WORTH) * (1 + len(SIZES))
    found = {(row["series"], row["method"], row["n_train"]): row for row in table.to_dicts()}
    assert found["a", "hard", None]["factor"] == pytest.approx(3)
    assert [found["b", "hard", 800][name] for name in ("factor", "factor_bound")] == [2, "at least"]
    assert (found["a", "none", 800]["factor"], found["a", "none", None]["test_error"]) == (None, None)


def test_section_has_the_best_method_first(section):
    shown = section()
    assert [table.title for table in shown.tables] == ["a", "b"]
    assert texts_of(shown.tables[0]) == {
        "hard": ["3.0 [3.0, 3.0]", "3.0 [3.0, 3.0]", "3.0 [3.0, 3.0]", "≥ 2.0", "≥ 1.0"],
        "l2": ["0.70 [0.70, 0.70]", "≤ 1.0", *3 * ["0.70 [0.70, 0.70]"]],
    }
    assert shown.notes[0] == (
        "Sample efficiency on a (the data that none needs for equal error): "
        "hard 3.0× [3.0, 3.0], l2 0.70× [0.70, 0.70]."
    )


def test_aggregate_uses_the_largest_size(make_report):
    """The largest training-set size counts for its series."""
    report = make_report()
    across = aggregate_section(report)
    assert set(report.aggregate["studies"]) == {2}
    assert across.notes[0].startswith("Over 2 studies")
    assert LARGEST in across.notes


def test_bounds_are_hollow(section):
    """Each series has learning curves, and factors with hollow bounds."""
    curves, factors, *of_b = (picture.chart for picture in section().pictures)
    assert len(of_b) == 2
    for method in WORTH:
        assert [row["n_train"] for row in rows_of_chart(curves, method=method)] == list(SIZES)
    assert rows_of_chart(curves, method="none")[0]["value"] == pytest.approx(3 * 200**-0.4 * 1.07)
    known = [row["value"] for row in rows_of_chart(factors, method="hard", is_bound=False)]
    bounds = [row["value"] for row in rows_of_chart(factors, method="hard", is_bound=True)]
    assert (known, bounds) == (pytest.approx([3, 3]), pytest.approx([2, 1]))
    *_, filled, hollow = factors.to_dict()["layer"]
    assert (filled["mark"]["filled"], hollow["mark"]["filled"]) == (True, False)


def test_intervals_below_0_end_at_the_axis(make_report):
    """A logarithmic axis has no place for 0."""
    report = make_report()
    rows = report.sample_efficiency.filter(pl.col("n_train").is_not_null(), series="a")
    rows = rows.with_columns(test_error_low=-0.1)
    chart = draw_learning_curves(rows, report.styles, "1 − accuracy")
    low, _ = chart.to_dict()["layer"][0]["encoding"]["y"]["scale"]["domain"]
    assert 0 < low < rows["test_error"].min()
    assert draw_learning_curves(rows.with_columns(test_error=0.0), report.styles, "1 − accuracy") is None


def test_section_is_in_every_format(make_store, tmp_path):
    leaderboard.write(make_store(sizes=SIZES[:3]), "made_up", tmp_path / "leaderboard")
    texts = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "leaderboard").iterdir()}
    for name in ("index.html", "leaderboard.md"):
        assert "Sample efficiency" in texts[name]
        assert "Sample efficiency on b (the data that none needs for equal error): hard 3.0× [3.0, 3.0]" in texts[name]
    assert texts["index.html"].count("<h3>Learning curves: ") == 2
    named = [name for name in pictures_of(texts["index.html"]) if name.startswith("Learning curves: ")]
    assert len(named) == 2  # for those who cannot see them too
    assert texts[FILE].splitlines()[0] == ",".join(SCHEMA)


@pytest.mark.parametrize("sizes", [(200, 400), (200,)])
def test_two_sizes_have_no_section(make_report, sizes):
    report = make_report(sizes=sizes)
    assert not sample_efficiency_section(report)
    assert report.sample_efficiency.columns == list(SCHEMA)


def test_few_seeds_have_no_interval(section):
    few = section(seeds=FEWEST_SEEDS - 1)
    assert few.notes[0] == "Sample efficiency on a (the data that none needs for equal error): hard 3.0×, l2 0.70×."
    says = f"With fewer than {FEWEST_SEEDS} seeds there is no interval."
    assert says in few.notes
    assert says not in section(seeds=FEWEST_SEEDS).notes


@pytest.mark.parametrize("method", ["hard", "none"])
def test_diverged_method_has_dashes(make_report, diverge, method):
    report = make_report(change=lambda suite: [diverge(run) for run in suite.of(method)])
    found = sample_efficiency_section(report)
    text = " ".join([*found.notes, *map(str, map(texts_of, found.tables)), report.sample_efficiency.write_csv()])
    assert re.search(r"\b(nan|NaN|None|inf)\b", text) is None
    assert texts_of(found.tables[0])["hard"] == ["—"] * 5
    assert any("l2 0.70×" in note for note in found.notes) == (method == "hard")
    assert len([picture for picture in found.pictures if picture.chart]) == (4 if method == "hard" else 2)


def test_every_column_is_documented():
    page = (Path(__file__).parents[3] / "docs" / "statistics.md").read_text(encoding="utf-8")
    ends = ("test_error_low", "test_error_high", "factor_low", "factor_high")  # explained for all columns at once
    assert {name for name in SCHEMA if f"`{name}`" not in page} == set(ends)
