"""From finished runs to the leaderboard's numbers. Everything that is chosen is chosen on validation."""

import math
from collections.abc import Iterable
from typing import Any

import polars as pl

from sharegap.results.paired import compare_with_baseline
from sharegap.results.schema import SNAPSHOTS, SPLITS
from sharegap.results.statistics import mean_interval

DIRECTION = pl.when("higher_is_better").then(1.0).otherwise(-1.0)
"""What makes more of a score better."""


def join_runs(plan: pl.DataFrame, runs: pl.DataFrame) -> pl.DataFrame:
    """The plan's finished runs, one row each, with their figures at the snapshot that their method is scored at.

    Adds to the columns of the plan: `train_`, `validation_` and `test_` `score` and `loss`, `gap_score` (positive
    where train is better than test), `gap_loss` (test − train), `relative_copy_distance`, `cka`, both gaps at each
    snapshot (e.g. `loss_matched_gap_loss`), the `target_loss`, and what is known of the run as a whole. A diverged
    run's figures are NaN where its weights were.
    """

    def at_snapshot(figure: str) -> pl.Expr:
        best = pl.col("scored_at") == "best_val"
        return pl.when(best).then(f"best_val_{figure}").otherwise(f"final_{figure}").alias(figure)

    figures = [f"{part}_{figure}" for part in SPLITS for figure in ("score", "loss")]
    target = pl.col("config").str.json_path_match("$.training.target_loss").cast(pl.Float64())
    return (
        plan.join(runs.with_columns(target_loss=target).drop("config"), on="run", how="inner", maintain_order="left")
        .with_columns(at_snapshot(figure) for figure in [*figures, "relative_copy_distance", "cka"])
        .with_columns(_where_finite(f"{part}_loss", f"{part}_score").alias(f"{part}_score") for part in SPLITS)
        .with_columns(
            gap_score=DIRECTION * (pl.col("train_score") - pl.col("test_score")),
            gap_loss=pl.col("test_loss") - pl.col("train_loss"),
            **{
                f"{at}_gap_score": DIRECTION * (pl.col(f"{at}_train_score") - pl.col(f"{at}_test_score"))
                for at in SNAPSHOTS
            },
            **{f"{at}_gap_loss": pl.col(f"{at}_test_loss") - pl.col(f"{at}_train_loss") for at in SNAPSHOTS},
        )
    )


def selected_runs(scored_runs: pl.DataFrame) -> pl.DataFrame:
    """Of `scored_runs` those of each method's chosen trial: the best mean validation score over seeds.

    A trial in which a run's scored weights diverged is chosen only where all are so; a tie goes to the weaker
    strength.
    """
    return _best_trials(scored_runs, ["study", "method"])


def leaderboard(scored_runs: pl.DataFrame) -> pl.DataFrame:
    """One row per study and method, the best test score of a study first; intervals are over seeds."""
    best = selected_runs(scored_runs)
    compared = compare_with_baseline(best)
    everything = dict(iter(scored_runs.group_by("study", "method")))
    rows = []
    for (study, method), runs in best.group_by("study", "method", maintain_order=True):
        tried = everything[study, method]
        rows.append(_label(runs) | _figures(runs) | compared[study, method] | _cost(runs, tried))
    studies = {study: place for place, study in enumerate(scored_runs["study"].unique(maintain_order=True))}

    def place(row: dict[str, Any]) -> tuple[int, bool, float]:
        score = row["test_score"]
        return studies[row["study"]], math.isnan(score), -score if row["higher_is_better"] else score

    rows.sort(key=place)
    return pl.DataFrame(rows, infer_schema_length=None)


def by_strength(scored_runs: pl.DataFrame) -> pl.DataFrame:
    """One row per study, method and strength, weak to strong, with means and intervals over seeds.

    Each strength is shown at the learning rate that validation chooses for it.
    """
    ordered = _best_trials(scored_runs, ["study", "method", "strength"]).sort("trial", maintain_order=True)
    groups = ordered.group_by("study", "method", "trial", maintain_order=True)
    return pl.DataFrame([_label(runs) | _figures(runs) for _, runs in groups], infer_schema_length=None)


def extra_metrics_table(scored_runs: pl.DataFrame) -> pl.DataFrame:
    """The test part's figures beside the score, at the scored snapshot and chosen strength; intervals over seeds.

    One row per study, method and figure: `suite`, `study`, `method`, `strength`, `figure`, `part`, `mean`, `low`,
    `high`. Without a row where nothing but the score was measured.
    """
    figures = (
        selected_runs(scored_runs)
        .explode("extra_metrics")
        .unnest("extra_metrics")
        .filter(pl.col("part") == "test", pl.col("snapshot") == pl.col("scored_at"))
        .rename({"name": "figure"})
        .with_columns(value=_where_finite("test_loss", "value"))
    )
    labels = ["suite", "study", "method", "strength", "figure", "part"]
    groups = figures.group_by(labels, maintain_order=True)
    rows = [(*label, *mean_interval(runs["value"].to_numpy())) for label, runs in groups]
    schema = {label: figures.schema[label] for label in labels} | {
        name: pl.Float64() for name in ("mean", "low", "high")
    }
    return pl.DataFrame(rows, schema, orient="row")


def _best_trials(scored_runs: pl.DataFrame, per: list[str]) -> pl.DataFrame:
    score = DIRECTION * pl.col("validation_score")
    best = (
        scored_runs.group_by(*dict.fromkeys(["study", "method", *per, "trial"]))
        .agg(choice=score.mean().fill_nan(-math.inf).fill_null(-math.inf))
        .sort(["choice", "trial"], descending=[True, False])
        .unique(per, keep="first", maintain_order=True)
    )
    return scored_runs.join(best, on=["study", "method", "trial"], how="semi")


def _where_finite(loss: str, figure: str) -> pl.Expr:
    # The argmax of NaN outputs is a class like any other: a diverged network's score means nothing.
    return pl.when(pl.col(loss).is_finite()).then(figure).otherwise(math.nan)


def _label(runs: pl.DataFrame) -> dict[str, Any]:
    study = ("suite", "study", "dataset", "model", "n_train", "score_name", "higher_is_better")
    names = (*study, "method", "strength", "learning_rate", "scored_at")
    return {name: runs[name][0] for name in names} | {"seeds": runs.height}


def _interval(name: str, values: Iterable[float | None]) -> dict[str, float]:
    mean, low, high = mean_interval([math.nan if value is None else value for value in values])
    return {name: mean, f"{name}_low": low, f"{name}_high": high}


def _figures(runs: pl.DataFrame) -> dict[str, Any]:
    names = ("test_score", "gap_score", "gap_loss", "train_score", "validation_score", "test_loss")
    of_copies = ("relative_copy_distance", "cka")
    figures = {name: value for figure in names + of_copies for name, value in _interval(figure, runs[figure]).items()}
    for snapshot in SNAPSHOTS:
        # Where only some runs matched, their mean would speak of the easier seeds: the share says so beside it.
        taken = runs.filter(pl.col("loss_matched_step").is_not_null()) if snapshot == "loss_matched" else runs
        for figure in ("test_score", "gap_score", "gap_loss"):
            figures |= _interval(f"{snapshot}_{figure}", taken[f"{snapshot}_{figure}"])
    share = runs["loss_matched_step"].count() / runs.height
    return figures | {"loss_matched_share": share, "target_loss": runs["target_loss"][0]}


def _cost(runs: pl.DataFrame, tried: pl.DataFrame) -> dict[str, Any]:
    """What the chosen `runs` hold, and what it took to choose them."""
    return {
        "unique_parameters": runs["unique_parameters"][0],
        "train_seconds_per_run": tried["train_seconds"].mean(),
        "runs": tried.height,
        "learning_rates": tried["learning_rate"].n_unique(),
        "diverged": int(tried["diverged"].sum()),
    }
