"""From stored runs to the leaderboard's files."""

import json
from pathlib import Path

from sharegap import results
from sharegap.atomic import write_atomic
from sharegap.errors import UserError
from sharegap.leaderboard.columns import data, finite_or_null
from sharegap.leaderboard.formats.html import page
from sharegap.leaderboard.formats.markdown import markdown
from sharegap.leaderboard.report import Tables
from sharegap.leaderboard.sections.registry import Board, board
from sharegap.leaderboard.sections.run_list import run_figures


def write(store: results.Store, suite: str, folder: Path) -> Board:
    """Writes the suite's page, `leaderboard.csv`, `.json` and `.md`, and what further csv files there are.

    Returns what they show. Raises UserError where no run is finished or the folder cannot be written.
    """
    plan, facts = store.plan(suite)
    runs = results.join_runs(plan, facts, store.runs())
    if runs.is_empty():
        raise UserError(f"no run of suite {suite!r} is finished yet: run `make bench SUITE={suite}` first")
    tables = Tables(plan, facts, runs)
    whole, figures = board(tables), data(tables.leaderboard)
    files = {
        "leaderboard.csv": figures.write_csv(),
        "leaderboard.json": json.dumps(figures.to_dicts(), indent=1, allow_nan=False, ensure_ascii=False) + "\n",
        "leaderboard.md": markdown(whole),
        "runs.csv": run_figures(tables).write_csv(),
        "figures.csv": finite_or_null(tables.extra_metrics).write_csv(),
        "comparisons.csv": finite_or_null(tables.paired_comparisons).write_csv(),
        **{name: table.write_csv() for section in whole.sections for name, table in section.files.items()},
        "index.html": page(whole),
    }
    try:
        for name, text in files.items():
            write_atomic(folder / name, text.encode())
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror}") from error
    return whole
