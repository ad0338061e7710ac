"""The table of a study: one row per method, the best test score first."""

from typing import Any

import polars as pl

from sharegap.leaderboard.cells import MISSING, format_strength
from sharegap.leaderboard.columns import BOUND, COLUMNS
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.controls import explain_rivals
from sharegap.leaderboard.sections.section import Section, Table
from sharegap.results.sampling import sampling_half_width
from sharegap.results.statistics import min_p_value, min_seeds_for_significance

NEGATIVE_CONTROL = (
    "Negative control: what sharing assumes does not hold here, so sharing should not help. Where it does, it is for "
    "another reason. Figures across studies leave this study out."
)
ANCHORS = (
    "Anchors are unranked: chance (frequencies or the mean), a linear model and nearest neighbours, on the samples of "
    "the same seeds and not tuned."
)


def methods_section(study: Report) -> Section:
    """Make the study's table, titled with its name."""
    anchors = [_unranked(study, anchor) for anchor in study.anchors.to_dicts()]
    table = Table(COLUMNS, study.rows + anchors, wide=True)
    intro = [_describe_study(study)]
    if study.study_name in study.negative_controls:
        intro.append(NEGATIVE_CONTROL)
    tuning = describe_tuning(study)
    if tuning:
        intro.append(tuning)
    sentences = [study.progress, _describe_anchors(study), *explain_rivals(study), _explain_bounds(study)]
    sentences += [_describe_test_part(study), _explain_p_values(study)]
    notes = [sentence for sentence in sentences if sentence]
    return Section(study.study_name, [table], notes, intro=intro, in_terminal=True)


def _unranked(study: Report, anchor: dict[str, Any]) -> dict[str, Any]:
    """Return the row of an anchor in the table of methods."""
    return dict.fromkeys(study.leaderboard.columns) | anchor | {"method": f"{anchor['anchor']} (anchor)"}


def _describe_anchors(study: Report) -> str:
    """Say what anchors are, and whether a network is needed at all. Empty if none is measured."""
    if study.anchors.is_empty():
        return ""
    best = study.anchors.filter("beats_methods")["anchor"].to_list()
    if not best:
        return ANCHORS
    return f"{ANCHORS} No method here is as good as {' or '.join(best)}, which needs no network."


def describe_tuning(study: Report) -> str:
    """Say what was tuned on how many seeds, and measured on how many. Empty if the runs do not tell."""
    rates: list[float] = study.leaderboard["learning_rate"].drop_nulls().unique().sort().to_list()
    if study.leaderboard["trials"].max() == 0:
        return f"Not tuned: learning rate {' or '.join(map(format_strength, rates))}." if rates else ""
    if not study.has_fresh_seeds:
        return "Of a method's strengths, the one with the best mean validation score over the same seeds counts."
    agreement = f", all at learning rate {format_strength(rates[0])}" if len(rates) == 1 else ""
    settings, seeds = _count_range(study, "trials", "setting"), _count_range(study, "seeds", "fresh seed")
    tuning_seeds = count_noun(study.facts["tuning_seeds"], "tuning seed")
    return (
        f"Each method tried {settings} on {tuning_seeds}; the one with the best validation score was measured on "
        f"{seeds}{agreement}."
    )


def count_noun(number: int, noun: str) -> str:
    """Format a count, e.g. `1 seed`, `8 seeds`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _count_range(study: Report, column: str, noun: str) -> str:
    """Format a column of counts, e.g. `3 to 4 seeds`."""
    counts: list[int] = study.leaderboard[column].to_list()
    most = count_noun(max(counts), noun)
    return most if min(counts) == max(counts) else f"{min(counts)} to {most}"


def _describe_study(study: Report) -> str:
    """What was compared on what, e.g. `dataset mnist1d, model local1d, n_train 4,000, 8 seeds, ...`."""
    first = study.rows[0]
    # A table of scores may say nothing of them.
    facts = [f"{name} {first[name]}" for name in ("dataset", "model") if first[name] is not None]
    for name in ("n_train", "n_test"):
        facts.append(f"{name} {MISSING if first[name] is None else format(first[name], ',')}")
    direction = "higher" if study.higher_is_better else "lower"
    return (
        f"{', '.join(facts)}, {_count_range(study, 'seeds', 'seed')}, score is {study.score_name} "
        f"({direction} is better), baseline {study.baseline}"
    )


def _explain_bounds(study: Report) -> str:
    """Say what a bound is. Empty if no strength is one."""
    return f"{BOUND[0].upper()}{BOUND[1:]}." if study.leaderboard["at_edge"].any() else ""


def _describe_test_part(study: Report) -> str:
    """Say what the size of the test part makes uncertain. Empty where that is unknown, or less than over seeds."""
    wider, widest = 0, 0.0
    scored = [row for row in study.rows if row["test_score"] is not None]
    for row in scored:
        half_width = sampling_half_width(row["test_score"], row["score_name"], row["n_test"])
        low, high = row["test_score_low"] or 0.0, row["test_score_high"] or 0.0  # a single seed shows no spread
        if half_width is not None and half_width > (high - low) / 2:
            wider, widest = wider + 1, max(widest, half_width)
    if not wider:
        return ""
    n_test = study.rows[0]["n_test"]
    return (
        f"Test part: each of its {n_test:,} samples is {1 / n_test:.2g} of a score. With other samples a score varies "
        f"by up to ±{widest:.2g} (95 %, binomial), more than seeds show for {wider} of "
        f"{count_noun(len(scored), 'method')}. Intervals, marks and p are for these samples."
    )


def _explain_p_values(study: Report) -> str:
    """Why the study shows no p-value, or none that is smaller. Empty if neither is so."""
    pairs: list[int] = study.leaderboard["pairs"].drop_nulls().to_list()
    if not pairs:
        return ""
    planned = study.plan["method"].n_unique() - 1
    seeds, comparisons = count_noun(max(pairs), "seed"), count_noun(planned, "planned comparison")
    needed = min_seeds_for_significance(planned)
    if max(pairs) < needed:
        smallest = min(1.0, planned * min_p_value(max(pairs)))
        return (
            f"No p-values: with {seeds} and {comparisons} the smallest possible adjusted p-value is {smallest:.2g}. "
            f"Significance takes {needed} seeds."
        )
    at_floor: list[float] = study.leaderboard.filter(pl.col("p_is_smallest"))["p_adjusted"].to_list()
    if not at_floor:
        return ""
    return f"p ≤ {min(at_floor):.2g}: the smallest possible with {seeds} and {comparisons}."
