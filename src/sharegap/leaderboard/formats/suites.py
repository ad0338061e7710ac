"""A folder for each suite, and the page that leads to them."""

import polars as pl

from sharegap.atomic import write_atomic
from sharegap.errors import UserError
from sharegap.leaderboard.cells import MISSING
from sharegap.leaderboard.formats.files import write
from sharegap.leaderboard.formats.html import RELOAD_SECONDS
from sharegap.leaderboard.formats.templates import render
from sharegap.leaderboard.report import Report
from sharegap.results import Store
from sharegap.results.origins import read_origins

PAGE = "index.html"
"""The name of a suite's page, and of the page of all suites, each in its folder."""


def write_suite(store: Store, suite: str, *, against: Store | None = None, training: str = "") -> Report:
    """Write a stored suite's page and tables to its folder in the store, and the page of all suites.

    Nothing of another suite is changed.

    Args:
        store: Where its plan and its finished runs are.
        suite: Its name.
        against: Where an older measurement of the suite is, whose changes are shown.
        training: What the page says of the training that goes on: both pages then load themselves again now and then.

    Returns:
        The report that the files show, for `show`.

    Raises:
        UserError: No run is finished.
        OSError: The folder cannot be written.
    """
    report = write(store, suite, store.leaderboard(suite), against=against, training=training)
    reload_seconds = RELOAD_SECONDS if training else None
    text = render("suites.html.j2", suites=list_suites(store), reload_seconds=reload_seconds)
    write_atomic(store.leaderboards / PAGE, text.encode())
    return report


def list_suites(store: Store) -> list[dict[str, str]]:
    """Return one row per stored suite that has a page, the one planned last first.

    Returns:
        `name`, and as text the number of `studies` and `methods`, the finished of the planned `runs`, and when the last
        of them was `finished`, in UTC.
    """
    origins = read_origins(store)
    names = [name for name in reversed(store.suites()) if (store.leaderboard(name) / PAGE).exists()]
    return [{"name": name, **_describe(store, name, origins)} for name in names]


def _describe(store: Store, suite: str, origins: pl.DataFrame) -> dict[str, str]:
    """What is planned of a suite, and how much of it is finished."""
    try:
        plan, _ = store.plan(suite)
    except UserError:  # of another version, or damaged: its page is there, and may be all that is left
        return dict.fromkeys(("studies", "methods", "runs", "finished"), MISSING)
    finished = origins.join(plan, on="run", how="semi")
    last = finished["finished"].dt.strftime("%Y-%m-%d %H:%M").max()
    return {
        "studies": f"{plan['study'].n_unique():,}",
        "methods": f"{plan['method'].n_unique():,}",
        "runs": f"{finished.height:,} of {plan['run'].n_unique():,}",
        "finished": MISSING if last is None else str(last),
    }
