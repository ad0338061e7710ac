"""Sample efficiency: the learning curves of each series, and how much more data the baseline needs for equal error."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from sharegap.leaderboard.cells import MISSING, Cell
from sharegap.leaderboard.column import Column
from sharegap.leaderboard.columns import METHOD
from sharegap.leaderboard.figures import draw_factors, draw_learning_curves
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.section import Picture, Section, Table
from sharegap.results.learning_curves import FACTORS, FEWEST_SEEDS
from sharegap.results.study_errors import error_formula

TITLE = "Sample efficiency"
SIGNS = {"at least": "≥ ", "at most": "≤ ", None: ""}
NOTE = (
    "≥ and ≤: the baseline never reaches that error, or is better from its smallest size on. Nothing is extrapolated, "
    "so near the largest size every gain is only a bound. Brackets: 95 % intervals from a bootstrap over seeds."
)
CURVES_CAPTION = "Mean test error vs. training-set size, both axes logarithmic, with 95 % intervals over seeds."
FACTORS_CAPTION = (
    "How many times the data {baseline} needs for the method's test error: above 1 the method saves samples. Hollow "
    "markers are bounds, since the true factor lies beyond the sizes of {baseline}. Bars are 95 % intervals, cut at "
    "these bounds."
)
Row = Mapping[str, Any]


def sample_efficiency_section(report: Report) -> Section:
    """Make a table of factors, a sentence and two figures per series with enough sizes."""
    tables: list[Table] = []
    notes: list[str] = []
    pictures: list[Picture] = []
    few_seeds = False
    for (name,), series in report.sample_efficiency.group_by("series", maintain_order=True):
        rows = _overall_factors(series, report.baseline)
        tables.append(_factor_table(str(name), series, rows))
        notes += _summarize(str(name), rows, report.baseline)
        pictures += _draw_pictures(str(name), series, report)
        few_seeds = few_seeds or series["seeds"][0] < FEWEST_SEEDS
    if few_seeds:
        notes.append(f"With fewer than {FEWEST_SEEDS} seeds there is no interval.")
    return Section(TITLE, tables, [*notes, NOTE], pictures, collapsed=True)


def _overall_factors(series: pl.DataFrame, baseline: str) -> list[dict[str, Any]]:
    """The rows over all sizes, the most efficient method first, without the baseline's."""
    rows = series.filter(pl.col("n_train").is_null(), pl.col("method") != baseline)
    return rows.sort(pl.col("factor").fill_null(0.0), descending=True, maintain_order=True).to_dicts()


def _factor_table(name: str, series: pl.DataFrame, overall: Sequence[Row]) -> Table:
    sizes = series["n_train"].unique().sort().to_list()  # null sorts first, and stands for all sizes
    columns = [METHOD]
    for size in sizes:
        columns.append(_factor_column(size))
    rows: dict[str, dict[str, Any]] = {}
    for row in overall:
        rows[row["method"]] = {"method": row["method"]}
    for row in series.filter(pl.col("method").is_in(rows.keys())).to_dicts():
        rows[row["method"]][_factor_column(row["n_train"]).name] = _format_factor(row)
    return Table(columns, list(rows.values()), title=name)


def _factor_column(size: int | None) -> Column:
    heading = "sample efficiency" if size is None else f"at {size:,}"
    explanation = f"the same at the method's test error with {size} training samples"
    if size is None:
        explanation = "how many times the data the baseline needs for equal test error, averaged over all shared errors"
    return Column(f"factor {size}", explanation, heading=heading, kind="cell", show="page")


def _format_factor(row: Row) -> Cell:
    """The factor with its interval, unless there is none or it is the same bound."""
    texts = []
    for name in FACTORS:
        sign = SIGNS[row[f"{name}_bound"]]
        texts.append("" if row[name] is None else sign + _format_two_digits(row[name]))
    value, low, high = texts
    if row["factor_bound"] and value == low == high:
        return Cell(value)
    return Cell(value or MISSING, low, high)


def _format_two_digits(factor: float) -> str:
    """Two significant digits, and all digits before the point."""
    decimals = 1 - math.floor(math.log10(factor))
    return f"{factor:,.{min(max(decimals, 0), 3)}f}"


def _summarize(name: str, overall: Sequence[Row], baseline: str) -> Iterator[str]:
    factors = []
    for row in overall:
        factor = _format_factor(row)
        if factor.value != MISSING:
            factors.append(f"{row['method']} {factor.value}× {factor.interval}".rstrip())
    if factors:
        yield f"Sample efficiency on {name} (the data that {baseline} needs for equal error): {', '.join(factors)}."


def _draw_pictures(name: str, series: pl.DataFrame, report: Report) -> Iterator[Picture]:
    rows = series.filter(pl.col("n_train").is_not_null())
    run = report.selected_runs.filter(series=name).row(0, named=True)
    curves = draw_learning_curves(rows, report.styles, error_formula(run["score_name"], run["higher_is_better"]))
    factors = draw_factors(rows, report.styles, report.baseline)
    yield Picture(f"Learning curves: {name}", CURVES_CAPTION, curves)
    yield Picture(f"Sample efficiency: {name}", FACTORS_CAPTION.format(baseline=report.baseline), factors)
