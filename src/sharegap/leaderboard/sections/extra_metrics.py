"""A study's further figures beside the score, such as the ROC AUC, one column each."""

from sharegap.leaderboard.columns import METHOD, Column
from sharegap.leaderboard.sections.section import Grid, Section
from sharegap.leaderboard.studies import Study

NOTE = "On the test split, at the weights that are scored: means with 95 % intervals over seeds."


def extra_metrics_table(study: Study) -> Section:
    """One row per method that has any, in the order of the study's table."""
    found = {(row["figure"], row["method"]): row for row in study.extra_metrics.to_dicts()}
    figures = study.extra_metrics["figure"].unique(maintain_order=True)
    columns, rows = [METHOD], []
    for name in figures:
        bounds = f"{name} low", f"{name} high"
        columns.append(Column(name, name, "measure", f"{name} on the test split", bounds=bounds, place="page"))
    for method in (row["method"] for row in study.rows if row["method"] in study.extra_metrics["method"]):
        row = {"method": method}
        for name in figures:
            own = found.get((name, method), dict.fromkeys(("mean", "low", "high")))
            row |= {name: own["mean"], f"{name} low": own["low"], f"{name} high": own["high"]}
        rows.append(row)
    return Section("Further figures", [Grid(columns, rows)], [NOTE])
