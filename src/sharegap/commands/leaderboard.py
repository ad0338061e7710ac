"""`python -m sharegap.commands.leaderboard OUT [SUITE]`: the leaderboard from stored results, without training."""

import sys
import warnings
from argparse import ArgumentParser
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from sharegap.errors import UserError
from sharegap.leaderboard import show, show_settings, write
from sharegap.results import Store


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the leaderboard of one suite to OUT/leaderboard, print its tables and return the exit code.

    Runs without a suite are summarized by their settings instead, and nothing is written.
    """
    parser = ArgumentParser(prog="python -m sharegap.commands.leaderboard", description=__doc__)
    parser.add_argument("out", metavar="OUT", type=Path, help="the folder that holds the stored results")
    parser.add_argument("suite", metavar="SUITE", nargs="?", help="default: the suite that was planned last")
    options = parser.parse_args(arguments)
    store, folder = Store(options.out), options.out / "leaderboard"
    console = Console()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", UserWarning)  # e.g. a stored part that cannot be read
        try:
            if not options.suite and _show_runs(store, console):
                return 0
            suite = options.suite or _newest_suite(store, console)
            report = write(store, suite, folder)
        except UserError as error:
            print(error, file=sys.stderr)
            return 2
        finally:
            for warning in caught:
                print(f"warning: {warning.message}", file=sys.stderr)
    show(report, console)
    console.print(f"{folder / 'index.html'}", markup=False, highlight=False, soft_wrap=True)
    return 0


def _show_runs(store: Store, console: Console) -> bool:
    """Print the runs of a folder that has no suite, one row per setting, and return whether there are some."""
    if any(store.plans.glob("*.parquet")):
        return False
    runs = store.runs()
    show_settings(runs, console)
    return not runs.is_empty()


def _newest_suite(store: Store, console: Console) -> str:
    *older, newest = store.suites()
    if older:
        console.print(
            f"suite {newest}, the one planned last (others: {', '.join(older)})", markup=False, highlight=False
        )
    return newest


if __name__ == "__main__":
    sys.exit(main())
