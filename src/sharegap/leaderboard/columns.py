"""The columns of the leaderboard, declared once: csv, json, markdown, page and terminal follow COLUMNS."""

import polars as pl

from sharegap.leaderboard.column import Column, finite_or_null

MARKS = (
    "▲ better, ▼ worse than the baseline in a complete study: the 95 % interval of the difference, paired by seed, "
    "excludes 0, and it is more than one test sample; not adjusted for the number of methods"
)
"""What the marks mean, the same text everywhere."""
P_VALUES = (
    "p: two-sided permutation test of that difference, Holm-adjusted for the number of planned methods; ≤: the "
    "smallest possible"
)
BOUND = "bound: an end of what was tried, so that a better strength may lie beyond"
"""What a bound is, the same text everywhere."""
AT_LOSS = "where the clean train loss first falls to the study's target; mean over the runs that cross it"
COMMON_SCORE = "the highest one that nine in ten runs of every method reach"

METHOD = Column("method", "what is compared: one change to the baseline", kind="text", show="terminal")


def _at_snapshot(snapshot: str, weights: str) -> list[Column]:
    figures = {"test_score": "test score", "gap_score": "gap in score", "gap_loss": "gap in loss"}
    columns = []
    for figure, heading in figures.items():
        heading = f"{heading} at the {weights} weights"
        explanation = f"{heading}, whichever weights the method is scored at"
        columns.append(Column(f"{snapshot}_{figure}", explanation, heading=heading, interval=True))
    return columns


def _differences_of_errors() -> list[Column]:
    columns = []
    for figure in ("test error", "train error", "gap"):
        explanation = f"difference of the {figure} to the baseline, paired by seed; below 0 is a smaller one"
        name = f"delta_{figure.replace(' ', '_')}"
        columns.append(Column(name, explanation, heading=f"Δ {figure}", kind="difference", interval=True))
    return columns


COLUMNS = (
    Column("suite", "the suite that planned the runs", kind="text"),
    Column("study", "dataset, model and training-set size: what the methods are compared on", kind="text"),
    Column("dataset", "the dataset", kind="text"),
    Column("model", "the network", kind="text"),
    Column("n_train", "training samples", heading="n_train", kind="count"),
    Column("n_test", "test samples; empty of runs that were stored without it", heading="n_test", kind="count"),
    Column("study_complete", "whether every method of the study is measured; marks wait for it", kind="text"),
    METHOD,
    Column(
        "strength",
        f"the strength with the best mean validation score in tuning; {BOUND}",
        kind="strength",
        bound="at_edge",
        show="terminal",
        hide_if_missing=True,
    ),
    Column(
        "second_strength",
        "a second tuned number of the method",
        kind="strength",
        show="page",
        hide_if_missing=True,
    ),
    Column("at_edge", "whether the strength is a bound", kind="text"),
    Column(
        "learning_rate",
        "tuned after the strength, if it is tuned",
        kind="strength",
        show="page",
        hide_if_constant=True,
    ),
    Column("seeds", "measured runs, one per seed; nothing was chosen by them", kind="count"),
    Column("score_name", "the metric of the scores", heading="score", kind="text"),
    Column("higher_is_better", "true for scores such as accuracy, false for perplexity", kind="text"),
    Column("scored_at", "the scored weights: final, or best on validation", kind="text"),
    Column("test_score", "mean over seeds on the test split; orders the rows", interval=True, show="terminal"),
    Column(
        "delta_test_score",
        f"difference of the test scores. {MARKS}. {P_VALUES}",
        heading="vs. baseline",
        kind="difference",
        interval="delta",
        test="",
        show="terminal",
        hide_if_missing=True,
    ),
    Column(
        "gap_score",
        "how much better the train score is, in eval mode on clean data",
        heading="gap in score",
        interval=True,
        show="terminal",
        hide_if_missing=True,
    ),
    Column(
        "gap_loss",
        "test − train loss, in eval mode on clean data",
        heading="gap in loss",
        interval=True,
        show="page",
        hide_if_missing=True,
    ),
    Column(
        "gap_closed",
        "the part of the baseline's gap in score that is closed: 1 is all of it, and below 0 the gap is wider",
        interval=True,
        show="terminal",
        hide_if_missing=True,
    ),
    Column(
        "loss_matched_gap_loss",
        f"gap in loss {AT_LOSS}",
        heading="equal-loss gap",
        interval=True,
        show="page",
        hide_if_missing=True,
    ),
    Column(
        "score_matched_test_score",
        f"test score where the train score first reaches {COMMON_SCORE}; mean over the runs that cross it",
        heading="test score at equal train score",
        interval=True,
        show="page",
        hide_if_missing=True,
    ),
    Column("unique_parameters", "shared parameters count once", kind="count", show="terminal", hide_if_missing=True),
    Column(
        "late_gain",
        "gain in validation score over the last quarter of training; well above 0, methods are compared mid-way",
        heading="still improving",
        kind="difference",
        interval=True,
        show="page",
        hide_if_missing=True,
    ),
    Column(
        "train_seconds_per_run",
        "mean training seconds, a run's share of its batch",
        heading="s per run",
        kind="seconds",
        show="terminal",
        hide_if_missing=True,
    ),
    Column(
        "diverged",
        "runs whose loss became infinite or undefined",
        heading="diverged runs",
        kind="count",
        total="runs",
        show="terminal",
    ),
    Column("trials", "settings that were tried on tuning seeds; 0: not tuned", kind="count"),
    Column("runs", "finished runs, tuning included", kind="count"),
    Column("train_score", "mean over seeds", interval=True),
    Column("validation_score", "mean over seeds", interval=True),
    Column("test_loss", "mean over seeds", interval=True),
    Column("loss_matched_test_score", f"test score {AT_LOSS}", heading="test score at equal train loss", interval=True),
    Column(
        "relative_copy_distance",
        "distance between copies, relative to their mean",
        heading="copy distance",
        interval=True,
    ),
    Column(
        "cka",
        "similarity of the copies' representations of the validation data, from 0 to 1 (identical), by "
        "linear centered kernel alignment (Kornblith et al. 2019)",
        heading="CKA of copies",
        interval=True,
    ),
    *_differences_of_errors(),
    Column("suite_runs_finished", "finished runs of the suite", heading="finished runs", kind="count"),
    Column("suite_runs_planned", "runs of the suite that are planned so far", heading="planned runs", kind="count"),
    Column("marked", "whether the difference is marked ▲ or ▼", kind="text"),
    Column("pairs", "seeds that both the method and the baseline have", kind="count"),
    Column(
        "p_value",
        "two-sided paired permutation test of the difference to the baseline; empty with too few seeds",
        heading="p-value",
        kind="p_value",
    ),
    Column(
        "p_adjusted",
        "p_value, Holm-adjusted for the number of methods that are planned in the study",
        heading="adjusted p-value",
        kind="p_value",
    ),
    Column("p_is_smallest", "whether no smaller p_value is possible with so few pairs", kind="text"),
    Column("loss_matched_gap_score", f"gap in score {AT_LOSS}", interval=True),
    Column("loss_matched_share", "runs that cross the target loss", heading="reached loss", kind="share"),
    Column("score_matched_share", "runs that cross the target score", heading="reached score", kind="share"),
    *_at_snapshot("final", "final"),
    *_at_snapshot("best_val", "best-validation"),
    Column("target_loss", "the clean train loss at which runs are compared"),
    Column("target_score", f"the clean train score at which runs are compared: {COMMON_SCORE}"),
)
BY_NAME = {column.name: column for column in COLUMNS}


def file_table(leaderboard: pl.DataFrame) -> pl.DataFrame:
    """Return the leaderboard as csv and json hold it: COLUMNS in order, full precision, null if not finite."""
    names = []
    for column in COLUMNS:
        names += [column.name, *(column.bounds or ())]
    return finite_or_null(leaderboard.select(names))
