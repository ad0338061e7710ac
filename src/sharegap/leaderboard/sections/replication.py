"""Comparison with published results: are our values within tolerance, and our orderings as published?"""

from collections.abc import Iterable, Mapping
from typing import Any

from sharegap.leaderboard.column import Column
from sharegap.leaderboard.columns import METHOD
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.section import Section, Table

TITLE = "Published results"
STUDY = Column("study", "dataset, model and training-set size", kind="text", show="terminal")
VALUES = (
    STUDY,
    METHOD,
    Column("figure", "the split and the score", kind="text", show="terminal"),
    Column("ours", "our mean over seeds", interval=True, show="terminal"),
    Column("published", "the published value", kind="strength", show="terminal"),
    Column("difference", "the difference of the two", heading="ours − published", kind="difference", show="terminal"),
    Column(
        "within",
        "whether that is within the tolerance, in brackets",
        heading="within tolerance",
        kind="text",
        show="terminal",
    ),
)
ORDERINGS = (
    STUDY,
    METHOD,
    Column(
        "other", "the method that it was published to outperform", heading="better than", kind="text", show="terminal"
    ),
    Column(
        "ours",
        "difference of our test scores, paired by seed",
        heading="our difference",
        kind="difference",
        interval=True,
        show="terminal",
    ),
    Column(
        "published",
        "difference of the published scores",
        heading="published difference",
        kind="difference",
        show="terminal",
        hide_if_missing=True,
    ),
    Column(
        "sign", "whether our difference has the published sign", heading="published sign", kind="text", show="terminal"
    ),
    Column(
        "saved",
        "unique parameters that the better method saves, out of the other's",
        heading="parameters saved",
        kind="count",
        total="unique_parameters_other",
        show="terminal",
    ),
)
NOTE = (
    "Tolerances are absolute, and were stated in the suite before it was run. Orderings are compared with our paired "
    "difference and its 95 % interval."
)


def replication_section(report: Report) -> Section:
    """Make a table of published values, a table of published orderings, and notes on sources and deviations."""
    values, orderings = [], []
    claims = report.published.to_dicts()
    for claim in claims:
        if claim["claim"] == "outperforms":
            orderings.append(_ordering_row(claim))
        else:
            values.append(_value_row(claim))
    tables = [Table(VALUES, values), Table(ORDERINGS, orderings, "Orderings" if values else "")]
    notes = [NOTE]
    sources = _group_by_text(claims, "source", label="{study} {method}")
    if sources:
        notes.insert(0, "Sources: " + "; ".join(f"{source} ({labels})" for source, labels in sources.items()))
    for deviations, labels in _group_by_text(claims, "deviations", label="{study}").items():
        notes.append(f"Deviations from the published setting ({labels}): {deviations}")
    return Section(TITLE, tables, notes, in_terminal=True, collapsed=True)


def _value_row(claim: Mapping[str, Any]) -> dict[str, Any]:
    split = claim["claim"].removesuffix("_score")
    tolerance = claim["tolerance"]
    within = None if tolerance is None else f"{_yes_or_no(claim['holds'])} (±{tolerance:g})"
    return {**claim, "figure": f"{split} {claim['score_name']}", "within": within}


def _ordering_row(claim: Mapping[str, Any]) -> dict[str, Any]:
    low, high = claim["ours_low"], claim["ours_high"]
    sign = _yes_or_no(claim["holds"])
    if low is None:
        sign += ", without an interval"
    elif low <= 0 <= high:
        sign += ", but the interval includes 0"
    saved = claim["unique_parameters_other"] - claim["unique_parameters"]
    return {**claim, "sign": sign, "saved": saved}


def _yes_or_no(holds: bool | None) -> str:
    return {True: "yes", False: "no", None: "study unfinished"}[holds]


def _group_by_text(claims: Iterable[Mapping[str, Any]], column: str, label: str) -> dict[str, str]:
    """Each text of a column once, with the labels of its claims; `label` is a pattern of other columns."""
    labels: dict[str, dict[str, None]] = {}
    for claim in claims:
        if claim[column]:
            labels.setdefault(claim[column], {})[label.format_map(claim)] = None
    return {text: ", ".join(names) for text, names in labels.items()}
