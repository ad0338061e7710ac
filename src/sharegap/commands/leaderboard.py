"""The leaderboard of stored results, without training: `sharegap leaderboard out=outputs suite=default`."""

import sys
import warnings
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from sharegap.commands.arguments import describe_command, parse_options
from sharegap.commands.score_file import OPTIONS, store_scores
from sharegap.errors import UserError, printable
from sharegap.results import Store
from sharegap.tables import as_text

DEFAULTS = {"out": "outputs", "suite": "", "against": "", "table": "", **dict.fromkeys(OPTIONS, "")}
"""The folder of the stored results; no suite is the one that was planned last; an older folder to compare with; a file
of finished scores, and what is asked of it."""


def start(arguments: Sequence[str]) -> None:
    """Write the leaderboard of one suite to the folder `leaderboard/SUITE` in `out`, and print its tables.

    With `table`, a file of finished scores is stored as a suite first.

    With `against`, they say what changed since the results of that folder. Runs without a suite are summarized by their
    settings instead, and nothing is written.
    """
    options = parse_options(arguments, DEFAULTS)
    for name in OPTIONS:
        if options[name] and not options["table"]:
            raise UserError(f"{name} must be left out without a table, got {options[name]}")
    # Figures take seconds to load: a mistake in the options is reported before that.
    from sharegap.leaderboard import PAGE, show, write_suite

    store, console = Store(Path(options["out"])), Console()
    against = Store(Path(options["against"])) if options["against"] else None
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)  # e.g. a stored part that cannot be read
        try:
            if options["table"]:
                given = {name: options[name] or default for name, default in OPTIONS.items()}
                command = describe_command("leaderboard", arguments)
                options["suite"] = store_scores(store, Path(options["table"]), options | given, command)
            if not options["suite"] and not against and _show_runs(store, console):
                return
            suite = options["suite"] or _newest_suite(store, console)
            report = write_suite(store, suite, against=against)
        finally:
            for sentence in dict.fromkeys(printable(str(warning.message)) for warning in caught):
                print(f"sharegap: {sentence}", file=sys.stderr)
    show(report, console)
    console.print(f"{store.leaderboard(suite) / PAGE}", markup=False, highlight=False, soft_wrap=True)


def _show_runs(store: Store, console: Console) -> bool:
    """Print the runs of a folder that has no suite, one row per setting, and return whether there are some."""
    from sharegap.leaderboard import show_settings

    if any(store.plans.glob("*.parquet")):
        return False
    runs = store.runs()
    show_settings(runs, console)
    return not runs.is_empty()


def _newest_suite(store: Store, console: Console) -> str:
    *older, newest = store.suites()
    if older:
        console.print(as_text(f"suite {newest}, the one planned last (others: {', '.join(older)})"))
    return newest
