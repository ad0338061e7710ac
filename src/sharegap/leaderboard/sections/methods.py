"""The table of a study: one row per method, the best test score first."""

import polars as pl

from sharegap.leaderboard.cells import MISSING
from sharegap.leaderboard.columns import COLUMNS
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.differences import cells_by_baseline
from sharegap.leaderboard.sections.section import Section, Table
from sharegap.results.sampling import sampling_half_width
from sharegap.results.statistics import min_p_value, min_seeds_for_significance


def methods_section(study: Report) -> Section:
    """Make the study's table, titled with its name."""
    table = Table(COLUMNS, study.rows, wide=True, baselines=cells_by_baseline(study))
    intro = [_describe_study(study)]
    learning_rate = describe_learning_rate(study)
    if learning_rate:
        intro.append(learning_rate)
    sentences = [study.progress, _describe_test_part(study), _explain_p_values(study)]
    notes = [sentence for sentence in sentences if sentence]
    return Section(study.study_name, [table], notes, intro=intro, in_terminal=True)


def tunes_learning_rate(study: Report) -> bool:
    """Whether some method of the study selects among several learning rates."""
    return study.facts["learning_rates"] is not None


def describe_learning_rate(study: Report) -> str:
    """Say whether the learning rate was tuned. Empty if the runs do not tell."""
    if tunes_learning_rate(study):
        trials = study.plan["trial"].n_unique()
        selected = study.leaderboard["learning_rate"].unique()
        agreement = f"; all selected {selected[0]:g}" if len(selected) == 1 else ""
        return (
            "Learning rate: tuned on validation per method, jointly with the strength, "
            f"over {trials} trials{agreement}."
        )
    rates: list[float] = study.runs["learning_rate"].drop_nulls().unique().sort().to_list()
    if not rates:
        return ""
    alternatives = " or ".join(f"{rate:g}" for rate in rates)
    return f"Learning rate: not tuned, {alternatives}."


def count_noun(number: int, noun: str) -> str:
    """Format a count, e.g. `1 seed`, `8 seeds`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _describe_study(study: Report) -> str:
    """What was compared on what, e.g. `dataset mnist1d, model local1d, n_train 4,000, 8 seeds, ...`."""
    first = study.rows[0]
    n_train, n_test = (MISSING if first[name] is None else f"{first[name]:,}" for name in ("n_train", "n_test"))
    counts: list[int] = study.leaderboard["seeds"].to_list()
    seeds = count_noun(max(counts), "seed")
    if min(counts) < max(counts):
        seeds = f"{min(counts)} to {seeds}"
    direction = "higher" if study.higher_is_better else "lower"
    return (
        f"dataset {first['dataset']}, model {first['model']}, n_train {n_train}, n_test {n_test}, {seeds}, "
        f"score is {study.score_name} ({direction} is better), baseline {study.baseline}"
    )


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
