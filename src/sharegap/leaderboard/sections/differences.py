"""Differences to any baseline and to the control of equal size: is it the structure, or fewer parameters?"""

from typing import Any

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
Comparison = dict[str, Any]


def cells_by_baseline(study: Report) -> dict[str, list[Cell]]:
    """Format the column `delta_test_score` against each method of the study, the suite's baseline first."""
    column = BY_NAME["delta_test_score"]
    cells = {}
    for baseline in sorted((row["method"] for row in study.rows), key=lambda method: method != study.baseline):
        comparisons = _comparisons_with(study, baseline)
        cells[baseline] = format_cells(column, [row | comparisons[row["method"]] for row in study.rows])
    return cells


def size_control_section(study: Report) -> Section:
    """Compare the methods that have about as many parameters as the control with it and with the baseline.

    They have fewer unique parameters than the baseline. The last row is the control itself.
    """
    baseline, control = study.baseline, study.facts.size_control
    parameters = {row["method"]: row["unique_parameters"] for row in study.rows}
    if control is None or not {baseline, control} <= set(parameters):
        return Section(TITLE)
    matched = []
    for method, count in parameters.items():
        near = abs(count - parameters[control]) <= TOLERANCE * parameters[control]
        if near and count < parameters[baseline] and method != control:
            matched.append(method)
    if not matched:
        return Section(TITLE)
    columns = [METHOD, Column("unique_parameters", "each counted once", kind="count", show="page")]
    rows = []
    for method in [*matched, control]:
        count = parameters[method]
        rows.append({"method": method, "unique_parameters": count, "higher_is_better": study.higher_is_better})
    for reference in (baseline, control):
        columns.append(_difference_column(reference, parameters[reference]))
        comparisons = _comparisons_with(study, reference)
        for row in rows:
            row |= _difference_values(reference, comparisons[row["method"]])
    return Section(TITLE, [Table(columns, rows)], [NOTE.format(baseline=baseline, control=control)])


def _comparisons_with(study: Report, baseline: str) -> dict[str, Comparison]:
    """The comparison of each method with the baseline. Its values are None for the baseline itself."""
    comparisons: dict[str, Comparison] = {row["method"]: dict.fromkeys(COMPARISON) for row in study.rows}
    comparisons |= {row["method"]: row for row in study.paired_comparisons.filter(baseline=baseline).to_dicts()}
    return comparisons


def _difference_column(reference: str, parameters: int) -> Column:
    return Column(
        f"vs {reference}",
        f"difference of the test scores to {reference}, paired by seed",
        heading=f"vs. {reference} ({parameters:,} parameters)",
        kind="difference",
        interval=True,
        p_value=f"vs {reference}_p",
        show="page",
    )


def _difference_values(reference: str, comparison: Comparison) -> Comparison:
    name = f"vs {reference}"
    return {
        name: comparison["delta_test_score"],
        f"{name}_low": comparison["delta_low"],
        f"{name}_high": comparison["delta_high"],
        f"{name}_p": comparison["p_adjusted"],
    }
