"""Mean, spread and number of each figure over the runs that differ in their seed alone."""

import polars as pl

LABELS = ("suite", "study", "method", "phase", "trial", "strength", "second_strength", "learning_rate")
"""What the runs of a group have in common."""
FIGURES = (
    *("test_score", "gap_score", "gap_loss", "validation_score", "train_score"),
    *("test_loss", "validation_loss", "train_loss", "relative_copy_distance", "cka", "train_seconds"),
)


def group_table(scored_runs: pl.DataFrame) -> pl.DataFrame:
    """Return one row per group of runs and figure.

    Args:
        scored_runs: as `join_runs` returns them.

    Returns:
        LABELS, `figure`, `mean`, `standard_deviation` (with n − 1, null where n = 1), `n` and `standard_error`
        (standard deviation / √n). The mean is NaN where a run's figure is; a figure that was not measured has no row.
    """
    values = scored_runs.select(*LABELS, *FIGURES).unpivot(
        FIGURES, index=LABELS, variable_name="figure", value_name="value"
    )
    groups = values.drop_nulls("value").group_by(*LABELS, "figure", maintain_order=True)
    table = groups.agg(mean=pl.col("value").mean(), standard_deviation=pl.col("value").std(), n=pl.len().cast(pl.Int64))
    table = table.with_columns(standard_error=pl.col("standard_deviation") / pl.col("n").sqrt())
    place = {figure: number for number, figure in enumerate(FIGURES)}
    studies = scored_runs.select(*LABELS).unique(maintain_order=True).with_row_index("group")
    ordered = table.join(studies, on=LABELS, how="left", nulls_equal=True)
    return ordered.sort("group", pl.col("figure").replace_strict(place)).drop("group")
