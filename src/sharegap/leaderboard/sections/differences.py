"""Differences to any baseline and to the control of equal size: is it the structure, or fewer parameters?"""

import polars as pl

from sharegap.leaderboard.cells import Cell, format_cells
from sharegap.leaderboard.column import Column
from sharegap.leaderboard.columns import BY_NAME, METHOD
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.section import Section, Table
from sharegap.results.paired import COMPARISON

TITLE = "Raw and parameter-matched"
TOLERANCE = 0.25
"""How much a method's parameters may differ from the control's: widths are integers (docs/statistics.md)."""
NOTE = (
    "Differences of the test scores, paired by seed. vs. {baseline}: the effect of the method, its smaller number of "
    "parameters included. vs. {control}, the unshared network with about as many parameters: the effect of the "
    "structure alone. The row of {control} is the effect of fewer parameters alone."
)


def cells_by_baseline(study: Report) -> dict[str, list[Cell]]:
    """Format the column `delta_test_score` against each method of the study, the suite's baseline first."""
    methods = study.leaderboard["method"].to_list()
    leaderboard = study.leaderboard.drop(COMPARISON)
    cells = {}
    for baseline in sorted(methods, key=lambda method: method != study.baseline):
        comparisons = study.paired_comparisons.filter(baseline=baseline).select("method", *COMPARISON)
        rows = leaderboard.join(comparisons, on="method", how="left", maintain_order="left").to_dicts()
        cells[baseline] = format_cells(BY_NAME["delta_test_score"], rows)
    return cells


def size_control_section(study: Report) -> Section:
    """Compare the methods that have about as many parameters as the control with it and with the baseline.

    They have fewer unique parameters than the baseline. The last row is the control itself.
    """
    baseline, control = study.baseline, study.roles.controls.get("parameters")
    parameters = dict(study.leaderboard.select("method", "unique_parameters").iter_rows())
    if control is None or not {baseline, control} <= set(parameters):
        return Section(TITLE)
    count, target = pl.col("unique_parameters"), parameters[control]
    is_matched = (count < parameters[baseline]) & ((count - target).abs() <= TOLERANCE * target)
    methods = study.leaderboard.select("method", "unique_parameters", "higher_is_better")
    matched = methods.filter(is_matched & (pl.col("method") != control))
    if matched.is_empty():
        return Section(TITLE)
    rows = pl.concat([matched, methods.filter(method=control)])
    columns = [METHOD, Column("unique_parameters", "each counted once", kind="count", show="page")]
    for reference in (baseline, control):
        columns.append(_difference_column(reference, parameters[reference]))
        rows = rows.join(_differences_to(study, reference), on="method", how="left", maintain_order="left")
    return Section(TITLE, [Table(columns, rows.to_dicts())], [NOTE.format(baseline=baseline, control=control)])


def _difference_column(reference: str, parameters: int) -> Column:
    return Column(
        f"vs {reference}",
        f"difference of the test scores to {reference}, paired by seed",
        heading=f"vs. {reference} ({parameters:,} parameters)",
        kind="difference",
        interval=True,
        test=f"vs {reference}_",
        show="page",
    )


def _differences_to(study: Report, reference: str) -> pl.DataFrame:
    return study.paired_comparisons.filter(baseline=reference).select(
        "method",
        pl.col("delta_test_score").alias(f"vs {reference}"),
        pl.col("delta_low").alias(f"vs {reference}_low"),
        pl.col("delta_high").alias(f"vs {reference}_high"),
        pl.col("marked", "p_adjusted", "p_is_smallest").name.prefix(f"vs {reference}_"),
    )
