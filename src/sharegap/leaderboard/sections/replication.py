"""Comparison with published results: are our values within tolerance, and our orderings as published?"""

from collections.abc import Iterable, Mapping
from typing import Any

from sharegap.leaderboard.columns import METHOD, Column
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.section import Section, Table

TITLE = "Published results"
STUDY = Column("study", kind="text", explanation="dataset, model and training-set size", shown_in="terminal")
VALUES = (
    STUDY,
    METHOD,
    Column("figure", kind="text", explanation="the split and the score", shown_in="terminal"),
    Column("ours", explanation="our mean over seeds", interval=True, shown_in="terminal"),
    Column("published", kind="strength", explanation="the published value", shown_in="terminal"),
    Column(
        "difference",
        heading="ours − published",
        kind="difference",
        explanation="the difference of the two",
        shown_in="terminal",
    ),
    Column(
        "within",
        heading="within tolerance",
        kind="text",
        explanation="whether that is within the tolerance, in brackets",
        shown_in="terminal",
    ),
)
ORDERINGS = (
    STUDY,
    METHOD,
    Column(
        "other",
        heading="better than",
        kind="text",
        explanation="the method that it was published to outperform",
        shown_in="terminal",
    ),
    Column(
        "ours",
        heading="our difference",
        kind="difference",
        explanation="difference of our test scores, paired by seed",
        interval=True,
        shown_in="terminal",
    ),
    Column(
        "published",
        heading="published difference",
        kind="difference",
        explanation="difference of the published scores",
        shown_in="terminal",
        hide_if_missing=True,
    ),
    Column(
        "sign",
        heading="published sign",
        kind="text",
        explanation="whether our difference has the published sign",
        shown_in="terminal",
    ),
    Column(
        "saved",
        heading="parameters saved",
        kind="count",
        explanation="unique parameters that the better method saves, out of the other's",
        total="unique_parameters_other",
        shown_in="terminal",
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
    return Section(TITLE, tables, notes, in_terminal=True)


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


def _yes_or_no(holds: bool) -> str:
    return "yes" if holds else "no"


def _group_by_text(claims: Iterable[Mapping[str, Any]], column: str, label: str) -> dict[str, str]:
    """Each text of a column once, with the labels of its claims; `label` is a pattern of other columns."""
    labels: dict[str, dict[str, None]] = {}
    for claim in claims:
        if claim[column]:
            labels.setdefault(claim[column], {})[label.format_map(claim)] = None
    return {text: ", ".join(names) for text, names in labels.items()}
