"""Writes the leaderboard of a stored suite to a folder."""

import json
from pathlib import Path

import polars as pl
from polars import selectors as cs

from sharegap.atomic import write_atomic
from sharegap.leaderboard.column import finite_or_null
from sharegap.leaderboard.columns import file_table
from sharegap.leaderboard.formats.html import render_page
from sharegap.leaderboard.formats.markdown import render_markdown
from sharegap.leaderboard.report import Report, load_report
from sharegap.leaderboard.sections.registry import suite_sections
from sharegap.leaderboard.sections.run_list import run_table
from sharegap.results import Store
from sharegap.results.changes import read_measured
from sharegap.results.groups import group_table

CHANGES_FILE = "changes.csv"
"""What changed since an older measurement: only where one is named."""
FORMULA = r"^([=+\-@\t\r＝＋－＠])"
"""How text begins that a spreadsheet reads as a formula: see OWASP, "CSV injection"."""


def write(store: Store, suite: str, folder: Path, *, against: Store | None = None, training: str = "") -> Report:
    """Write the page, csv, json and markdown of a stored suite.

    Args:
        store: Where its plan and its finished runs are.
        suite: Its name.
        folder: Where the files are written. Files of a previous leaderboard are replaced.
        against: Where an older measurement of the suite is, whose changes are shown.
        training: What the page says of the training that goes on: it then loads itself again now and then.

    Returns:
        The report that the files show, for `show`.

    Raises:
        UserError: No run is finished.
        OSError: The folder cannot be written.
    """
    older = read_measured(against, suite) if against else None
    report = load_report(store, suite)
    if older:
        report = report.compare_with(older)
    sections = suite_sections(report)
    leaderboard = file_table(report.leaderboard)
    tables = {"leaderboard.csv": leaderboard, **_list_tables(report)}
    files = {name: _to_csv(table) for name, table in tables.items()}
    files["leaderboard.json"] = json.dumps(leaderboard.to_dicts(), indent=1, allow_nan=False, ensure_ascii=False) + "\n"
    files["leaderboard.md"] = render_markdown(report, sections)
    files["index.html"] = render_page(report, sections, training=training)
    for name, text in files.items():
        write_atomic(folder / name, text.encode())
    if not older:
        (folder / CHANGES_FILE).unlink(missing_ok=True)  # of an earlier comparison
    return report


def _list_tables(report: Report) -> dict[str, pl.DataFrame]:
    """Return the tables beside the leaderboard, by the names of their files."""
    tables = {
        "runs.csv": run_table(report),
        "groups.csv": finite_or_null(group_table(report.runs)),
        "figures.csv": report.extra_metrics,
        "comparisons.csv": report.paired_comparisons,
        "across.csv": report.aggregate,
        "sample_efficiency.csv": report.sample_efficiency,
        "interactions.csv": report.interactions,
        "published.csv": report.published,
        "anchors.csv": report.anchors,
    }
    if report.changes:
        tables[CHANGES_FILE] = finite_or_null(report.changes.scores)
    return tables


def _to_csv(table: pl.DataFrame) -> str:
    """Return the table as CSV, with ' before a name that a spreadsheet would read as a formula; numbers stay."""
    return table.with_columns(cs.string().str.replace(FORMULA, "'$1")).write_csv()
