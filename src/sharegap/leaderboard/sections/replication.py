"""Ours beside what the literature reports: is it within the stated tolerance, and of the published order?"""

import math
from collections.abc import Iterable, Mapping
from typing import Any

from sharegap.leaderboard.columns import METHOD, Column, finite_or_null
from sharegap.leaderboard.report import Tables
from sharegap.leaderboard.sections.section import Grid, Section

TITLE = "Published"
STUDY = Column("study", "study", "text", "dataset, model and training-set size", place="terminal")
VALUES = (
    STUDY,
    METHOD,
    Column("figure", "figure", "text", "the part of the data, and the score", place="terminal"),
    Column(
        "ours", "ours", "measure", "our mean over seeds", bounds=("ours_low", "ours_high"), place="terminal"
    ),
    Column("published", "published", "strength", "what the literature reports", place="terminal"),
    Column("difference", "ours − published", "difference", "how far our mean is from it", place="terminal"),
    Column("within", "within tolerance", "text", "whether that is within the tolerance, in brackets", place="terminal"),
)  # fmt: skip
ORDERINGS = (
    STUDY,
    METHOD,
    Column("other", "better than", "text", "the method that it was published as better than", place="terminal"),
    Column(
        "ours",
        "our difference",
        "difference",
        "difference of our test scores, paired by seed",
        bounds=("ours_low", "ours_high"),
        place="terminal",
    ),
    Column(
        "published",
        "published difference",
        "difference",
        "difference of the published scores",
        place="terminal",
        where_known=True,
    ),
    Column("sign", "published sign", "text", "whether our difference has the published sign", place="terminal"),
    Column(
        "saved",
        "parameters saved",
        "count",
        "unique parameters that the better method has fewer, of those of the other",
        of="unique_parameters_other",
        place="terminal",
    ),
)
READING = (
    "Tolerances are absolute, and stated in the suite before it was run: our mean is within where it is no further "
    "from the published value. A published ordering is looked for in our paired difference, with its 95 % interval."
)


def published_figures(tables: Tables) -> Section:
    """One row per published value and one per published ordering, and what of the setting differs."""
    table = tables.published
    rows = [_shown(row) for row in table.to_dicts()]
    values = [row for row in rows if row["claim"] != "outperforms"]
    orderings = [row for row in rows if row["claim"] == "outperforms"]
    grids = [Grid(VALUES, values), Grid(ORDERINGS, orderings, "Orderings" if values else "")]
    files = {"published.csv": finite_or_null(table)}
    return Section(TITLE, grids, [*_sources(rows), READING, *_differences(rows)], files=files, in_terminal=True)


def _shown(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row with what the columns show of it."""
    part = row["claim"].removesuffix("_score")
    tolerance = row["tolerance"]
    within = None if tolerance is None else f"{_yes(row['holds'])} (±{tolerance:g})"
    other = row["unique_parameters_other"]
    saved = None if other is None else other - row["unique_parameters"]
    figure = f"{part} {row['score_name']}"
    return {**row, "figure": figure, "within": within, "sign": _sign(row), "saved": saved}


def _sign(row: Mapping[str, Any]) -> str:
    low, high = row["ours_low"], row["ours_high"]
    if math.isnan(low):
        return f"{_yes(row['holds'])}, without an interval"
    return _yes(row["holds"]) + (", but the interval has 0" if low <= 0 <= high else "")


def _yes(holds: bool) -> str:
    return "yes" if holds else "no"


def _sources(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """Where the figures were published, in one sentence."""
    sources = _each_once(rows, "source", "{study} {method}")
    return ["Sources: " + "; ".join(f"{source} ({of})" for source, of in sources.items())] if sources else []


def _differences(rows: Iterable[Mapping[str, Any]]) -> list[str]:
    """What differs from the published settings, a sentence for each."""
    differences = _each_once(rows, "deviations", "{study}")
    return [f"What differs from the published setting ({of}): {text}" for text, of in differences.items()]


def _each_once(rows: Iterable[Mapping[str, Any]], name: str, about: str) -> dict[str, str]:
    """Every text that the rows have in the column `name`, and what it is `about`, a pattern of other columns."""
    found: dict[str, dict[str, None]] = {}
    for row in rows:
        if row[name]:
            found.setdefault(row[name], {})[about.format_map(row)] = None
    return {text: ", ".join(of) for text, of in found.items()}
