"""What made the figures: the command, the code, the machines, the seeds, and when."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from sharegap.leaderboard.column import Column
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.methods import count_noun
from sharegap.leaderboard.sections.section import Section, Table

TITLE = "Provenance"
UNKNOWN = "unknown"
COLUMNS = (
    Column("fact", "what is known of how the figures were made", kind="text", show="page"),
    Column("value", "in brackets: how many runs, where they differ", kind="text", show="page"),
)
PACKAGES = ("sharegap", "torch", "pytorch-lightning", "python")
NOTE = (
    "Training time is summed over runs, tuning included: what is trained side by side counts as often. What an earlier "
    "version stored without its origin is unknown."
)
EDITED = "A commit with a + had changes that were not committed."


def provenance_section(report: Report) -> Section:
    """Make a table of two columns that says what made the finished runs of a suite."""
    origins = report.origins.to_dicts()
    finished, planned = report.runs["run"].n_unique(), report.plan["run"].n_unique()
    seconds = report.runs.unique("run")["train_seconds"].sum()
    facts = {
        "command": report.command or UNKNOWN,
        "finished (UTC)": describe_dates(report.origins),
        "training time": f"{timedelta(seconds=round(seconds))} (hours:minutes:seconds)",
        "hardware": _count_labels(_describe_hardware(origin) for origin in origins),
        "versions": describe_packages(report.origins, PACKAGES),
        "commit": describe_commits(report.origins),
        "tuning seeds": _describe_seeds(report, "tune"),
        "measured seeds": _describe_seeds(report, "measure"),
        "runs": f"{finished:,} finished of {planned:,} planned",
        "protocol": _count_labels(str(origin["protocol"] or UNKNOWN) for origin in origins),
    }
    notes = [NOTE, EDITED] if "+" in facts["commit"] else [NOTE]
    if report.notes:  # it was made of a table, which does not say what trained its rows
        notes = report.notes
        facts = {name: facts[name] for name in ("command", "measured seeds", "runs")}
    rows = [{"fact": fact, "value": value} for fact, value in facts.items() if value]
    return Section(TITLE, [Table(COLUMNS, rows, wide=True)], notes, collapsed=True)


def describe_dates(origins: pl.DataFrame) -> str:
    """Return from when to when runs were finished, in UTC."""
    dates = origins["finished"].drop_nulls().dt.strftime("%Y-%m-%d %H:%M").sort()
    if dates.is_empty():
        return UNKNOWN
    missing = len(origins) - len(dates)
    span = dates[0] if dates[0] == dates[-1] else f"{dates[0]} to {dates[-1]}"
    return f"{span} ({UNKNOWN} of {count_noun(missing, 'run')})" if missing else span


def describe_packages(origins: pl.DataFrame, packages: Sequence[str]) -> str:
    """Return the versions of `packages` that made runs."""
    labels = []
    for origin in origins.select(packages).to_dicts():
        labels.append(", ".join(f"{name} {version}" for name, version in origin.items() if version) or UNKNOWN)
    return _count_labels(labels)


def describe_commits(origins: pl.DataFrame) -> str:
    """Return the commits of sharegap that made runs."""
    return _count_labels(origins["commit"].fill_null(UNKNOWN))


def _describe_hardware(origin: Mapping[str, Any]) -> str:
    if origin["cpu"] is None:
        return UNKNOWN
    gpus = Counter(origin["gpus"]).items()
    names = [f"{number} × {name}" for name, number in gpus]
    return ", ".join([*names, origin["cpu"], count_noun(origin["cores"], "usable core")])


def _describe_seeds(report: Report, phase: str) -> str:
    """The seeds of a phase, e.g. `0 to 9`; empty if it has none."""
    runs = report.plan.filter(phase=phase)
    seeds = report.origins.join(runs, on="run", how="semi")["seed"]
    if seeds.is_empty():
        return ""
    return ", ".join(_ranges(seeds.drop_nulls().unique().sort().to_numpy())) or UNKNOWN


def _ranges(numbers: np.ndarray) -> Iterator[str]:
    """Yield each run of successive numbers."""
    for part in np.split(numbers, np.flatnonzero(np.diff(numbers) > 1) + 1):
        if len(part):
            yield f"{part[0]:,}" if len(part) == 1 else f"{part[0]:,} to {part[-1]:,}"


def _count_labels(labels: Iterable[str]) -> str:
    """Name each label once, the commonest first, with its number of runs where there are several."""
    counts = Counter(labels)
    if len(counts) == 1:
        return next(iter(counts))
    return "; ".join(f"{label} ({count_noun(number, 'run')})" for label, number in counts.most_common())
