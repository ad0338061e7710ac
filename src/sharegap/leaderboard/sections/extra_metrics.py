"""The metrics of a study other than its score, such as the ROC AUC, one column each."""

from typing import Any

from sharegap.leaderboard.column import Column
from sharegap.leaderboard.columns import METHOD
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.section import Section, Table

NOTE = "On the test split, at the scored weights. Brackets: 95 % intervals over seeds."


def extra_metrics_section(study: Report) -> Section:
    """Make a table of the methods that have extra metrics, in the order of the study's table."""
    names = study.extra_metrics["figure"].unique(maintain_order=True)
    columns = [METHOD]
    for name in names:
        explanation = f"{name} on the test split"
        columns.append(Column(name, explanation, heading=name, interval=True, show="page"))
    values: dict[str, dict[str, Any]] = {}
    for metric in study.extra_metrics.to_dicts():
        # A method without a metric that another one has shows a dash.
        row = values.setdefault(
            metric["method"], {f"{name}{end}": None for name in names for end in ("", "_low", "_high")}
        )
        name = metric["figure"]
        row |= {"method": metric["method"], name: metric["mean"]}
        row |= {f"{name}_low": metric["low"], f"{name}_high": metric["high"]}
    rows = [values[row["method"]] for row in study.rows if row["method"] in values]
    return Section("Extra metrics", [Table(columns, rows)], [NOTE])
