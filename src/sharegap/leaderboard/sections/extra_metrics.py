"""The metrics of a study other than its score, such as the ROC AUC, one column each."""

import polars as pl

from sharegap.leaderboard.column import Column
from sharegap.leaderboard.columns import BY_NAME, METHOD
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.section import Section, Table

NOTE = (
    "On the test split, at the scored weights. Brackets: 95 % intervals over seeds. A score of some members is that of "
    "an ensemble of the first members only."
)


def extra_metrics_section(study: Report) -> Section:
    """Make a table of the methods that have extra metrics, in the order of the study's table."""
    columns = [METHOD, BY_NAME["test_score"]]
    table = study.leaderboard.select("method", "test_score", "test_score_low", "test_score_high")
    rows = table.filter(pl.col("method").is_in(study.extra_metrics["method"].to_list()))
    for (name,), metrics in study.extra_metrics.group_by("figure", maintain_order=True):
        name = str(name)
        columns.append(Column(name, f"{name} on the test split", heading=name, interval=True, show="page"))
        metrics = metrics.select(
            "method",
            pl.col("mean").alias(name),
            pl.col("low").alias(f"{name}_low"),
            pl.col("high").alias(f"{name}_high"),
        )
        # A method without a metric that another one has shows a dash.
        rows = rows.join(metrics, on="method", how="left", maintain_order="left")
    return Section("Extra metrics", [Table(columns, rows.to_dicts())], [NOTE])
