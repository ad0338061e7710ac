"""The table of a study: one row per method, the best test score first."""

from sharegap.leaderboard.cells import MISSING
from sharegap.leaderboard.columns import COLUMNS
from sharegap.leaderboard.report import Report
from sharegap.leaderboard.sections.differences import cells_by_baseline
from sharegap.leaderboard.sections.section import Section, Table
from sharegap.results.statistics import min_seeds_for_significance


def methods_section(study: Report) -> Section:
    """Make the study's table, titled with its name."""
    table = Table(COLUMNS, study.rows, wide=True, baselines=cells_by_baseline(study))
    intro = [_describe_study(study)]
    learning_rate = describe_learning_rate(study)
    if learning_rate:
        intro.append(learning_rate)
    missing_p_values = _explain_missing_p_values(study)
    notes = [missing_p_values] if missing_p_values else []
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
    size = MISSING if first["n_train"] is None else f"{first['n_train']:,}"
    counts: list[int] = study.leaderboard["seeds"].to_list()
    seeds = count_noun(max(counts), "seed")
    if min(counts) < max(counts):
        seeds = f"{min(counts)} to {seeds}"
    direction = "higher" if study.higher_is_better else "lower"
    return (
        f"dataset {first['dataset']}, model {first['model']}, n_train {size}, {seeds}, "
        f"score is {study.score_name} ({direction} is better), baseline {study.baseline}"
    )


def _explain_missing_p_values(study: Report) -> str:
    """Why the study shows no p-value. Empty if it can show some."""
    pairs: list[int] = study.leaderboard["pairs"].drop_nulls().to_list()
    if not pairs or max(pairs) >= min_seeds_for_significance(len(pairs)):
        return ""
    smallest = min(1.0, len(pairs) * 2 / 2 ** max(pairs))
    comparisons = count_noun(len(pairs), "comparison")
    return (
        f"No p-values: with {count_noun(max(pairs), 'seed')} and {comparisons} the smallest possible adjusted p-value "
        f"is {smallest:.2g}. Significance takes {min_seeds_for_significance(len(pairs))} seeds."
    )
