"""How many samples is a method worth? The learning curves of each series, and what none would need in its place."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from sharegap.leaderboard.cells import MISSING, finite
from sharegap.leaderboard.columns import METHOD, Column, finite_or_null
from sharegap.leaderboard.figures import Style, factor_curves, learning_curves
from sharegap.leaderboard.report import Tables
from sharegap.leaderboard.sections.section import Grid, Picture, Section
from sharegap.results.learning_curves import FACTORS, FEWEST_SEEDS, sample_efficiency
from sharegap.results.paired import BASELINE

TITLE = "Sample efficiency"
SIGNS = {"at least": "≥ ", "at most": "≤ ", None: ""}
READING = (
    "≥ and ≤: none is never as good, not even at its largest size, or better from its smallest size on; nothing is "
    "extrapolated, so that near the largest size every gain is only a bound. Brackets are 95 % intervals from a "
    "bootstrap over seeds."
)
CURVES = "Mean test error over the training-set size, both axes logarithmic, with 95 % intervals over seeds."
NEEDED = (
    "How many times as many samples none must be fed to reach the method's test error with so many: above 1 the method "
    "saves samples. Hollow: a bound, since the true factor lies beyond the sizes that none was trained at. Bars are "
    "95 % intervals, as far as they can be seen."
)
Rows = Sequence[Mapping[str, Any]]


def samples_worth(tables: Tables) -> Section:
    """Per series with enough sizes a table of factors, the best first, a sentence and two pictures."""
    table = sample_efficiency(tables.selected_runs, tables.facts["baseline"])
    files = {"sample_efficiency.csv": finite_or_null(table)}
    series = {str(name): own for (name,), own in table.group_by("series", maintain_order=True)}
    if not series:
        return Section(TITLE, files=files)
    best_first = {name: _best_first(own) for name, own in series.items()}
    return Section(
        TITLE,
        [_grid(name, series[name], methods) for name, methods in best_first.items()],
        [*_notes(series, best_first), READING],
        [picture for name, own in series.items() for picture in _pictures(name, own, tables.style)],
        files,
    )


def _best_first(series: pl.DataFrame) -> Rows:
    """The rows over all sizes, but for none's."""
    whole = series.filter(pl.col("n_train").is_null(), pl.col("method") != BASELINE).to_dicts()
    return sorted(whole, key=lambda row: -(finite(row["factor"]) or 0.0))


def _grid(name: str, series: pl.DataFrame, best_first: Rows) -> Grid:
    cells = {(row["method"], row["n_train"]): _words(row) for row in series.to_dicts()}
    sizes = series["n_train"].unique().sort().to_list()  # first none, which is all of them
    rows = [
        {"method": row["method"]}
        | {
            f"{figure} {size}": word
            for size in sizes
            for figure, word in zip(FACTORS, cells[row["method"], size], strict=True)
        }
        for row in best_first
    ]
    return Grid([METHOD, *map(_column, sizes)], rows, title=name)


def _column(size: int | None) -> Column:
    if size is None:
        heading = "times the samples"
        explanation = (
            "how many times as many samples none must be fed for the method's test error, the mean over all errors "
            "that both reach"
        )
    else:
        heading, explanation = f"with {size:,}", f"the same for the method's test error with {size:,} training samples"
    value, low, high = (f"{figure} {size}" for figure in FACTORS)
    return Column(value, heading, "words", explanation, bounds=(low, high), place="page")


def _words(row: Mapping[str, Any]) -> tuple[str, ...]:
    """A factor and its interval's ends; empty ends where there is no interval or it is the same bound."""
    figures = [(finite(row[name]), SIGNS[row[f"{name}_bound"]]) for name in FACTORS]
    value, low, high = ("" if figure is None else sign + _short(figure) for figure, sign in figures)
    if row["factor_bound"] and value == low == high:
        return value, "", ""
    return value or MISSING, low, high


def _short(factor: float) -> str:
    """With two digits, or all of a large one."""
    decimals = 1 - math.floor(math.log10(factor))
    return f"{factor:,.{min(max(decimals, 0), 3)}f}"


def _notes(series: Mapping[str, pl.DataFrame], best_first: Mapping[str, Rows]) -> Iterator[str]:
    for name, rows in best_first.items():
        factors = [(row["method"], *_words(row)) for row in rows if finite(row["factor"]) is not None]
        worth = [(method, f"{value} [{low}, {high}]" if low else value) for method, value, low, high in factors]
        if worth:
            (best, times), *others = worth
            rest = "".join(f", {method} {factor}" for method, factor in others)
            yield f"On {name}, {best} is worth {times} times the samples{rest}."
    if any(own["seeds"][0] < FEWEST_SEEDS for own in series.values()):
        yield f"With fewer than {FEWEST_SEEDS} seeds there is no interval."


def _pictures(name: str, series: pl.DataFrame, style: Mapping[str, Style]) -> Iterator[Picture]:
    rows = series.filter(pl.col("n_train").is_not_null()).to_dicts()
    yield Picture(f"Learning curves: {name}", CURVES, learning_curves(rows, style))
    yield Picture(f"Samples that none needs: {name}", NEEDED, factor_curves(rows, style))
