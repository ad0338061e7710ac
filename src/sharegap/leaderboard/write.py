"""From stored runs to the leaderboard's files."""

import json
from pathlib import Path

import polars as pl

from sharegap import results
from sharegap.atomic import write_whole
from sharegap.errors import UserError
from sharegap.leaderboard.across import Across
from sharegap.leaderboard.columns import data, finite_or_null
from sharegap.leaderboard.markdown import markdown
from sharegap.leaderboard.page import page
from sharegap.results.across import across, errors


def write(store: results.Store, suite: str, folder: Path) -> pl.DataFrame:
    """Writes `index.html`, `leaderboard.csv`, `.json` and `.md`, `across.csv` and `figures.csv` of the suite.

    Returns the leaderboard's table. Raises UserError where no run is finished or the folder cannot be written.
    """
    plan = store.plan(suite)
    runs = results.scored(plan, store.runs())
    if runs.is_empty():
        raise UserError(f"no run of suite {suite!r} is finished yet: run `make bench SUITE={suite}` first")
    table = results.leaderboard(runs).with_columns(
        suite_runs_finished=pl.lit(runs["run"].n_unique()), suite_runs_planned=pl.lit(plan["run"].n_unique())
    )
    figures, further = data(table), results.further_figures(runs)
    found = errors(results.chosen(runs))
    over_studies = Across(found, across(found, table))
    files = {
        "leaderboard.csv": figures.write_csv(),
        "leaderboard.json": json.dumps(figures.to_dicts(), indent=1, allow_nan=False, ensure_ascii=False) + "\n",
        "leaderboard.md": markdown(suite, table, over_studies),
        "across.csv": over_studies.data.write_csv(),
        "figures.csv": finite_or_null(further).write_csv(),
        "index.html": page(suite, table, results.by_strength(runs), runs, further, over_studies),
    }
    try:
        for name, text in files.items():
            write_whole(folder / name, text.encode())
    except OSError as error:
        raise UserError(f"{folder} cannot be written: {error.strerror}") from error
    return table
