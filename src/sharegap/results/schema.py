"""The table of finished runs: one row per run, its columns and their version."""

import polars as pl

VERSION = 4
"""Raised with every change to the columns or to what they mean; stored parts of another version are not read."""

SNAPSHOTS = ("final", "best_val", "loss_matched")
SPLITS = ("train", "validation", "test")

RUNS: dict[str, pl.DataType] = {
    "run": pl.String(),  # the run's identity: the hash of `config` and the protocol's version
    "config": pl.String(),  # the resolved config as JSON
    "score_name": pl.String(),  # what the scores are, e.g. accuracy
    "higher_is_better": pl.Boolean(),  # of the scores; false of e.g. perplexity
    "scored_at": pl.String(),  # the snapshot that the method is scored at
    "diverged": pl.Boolean(),
    "unique_parameters": pl.Int64(),
    "train_seconds": pl.Float64(),  # this run's share of its fleet's seconds, by steps
    **{
        f"{snapshot}_{part}_{figure}": pl.Float64()  # in eval mode on clean data; null where never taken
        for snapshot in SNAPSHOTS
        for part in SPLITS
        for figure in ("score", "loss")
    },
    **{f"{snapshot}_step": pl.Int64() for snapshot in SNAPSHOTS},
    # How far the copies are apart and how alike their representations are; NaN where a network has no copies.
    **{f"{snapshot}_{figure}": pl.Float64() for figure in ("relative_copy_distance", "cka") for snapshot in SNAPSHOTS},
    # Further figures of this kind of task beside its score.
    "extra_metrics": pl.List(
        pl.Struct({"snapshot": pl.String, "part": pl.String, "name": pl.String, "value": pl.Float64})
    ),
    "curve_step": pl.List(pl.Int64()),
    **{
        f"curve_{part}_{figure}": pl.List(pl.Float64())
        for part in ("train", "validation")
        for figure in ("loss", "score")
    },
}

PLAN: dict[str, pl.DataType] = {
    "suite": pl.String(),
    "series": pl.String(),  # the studies that differ in training-set size only
    "study": pl.String(),
    "dataset": pl.String(),
    "model": pl.String(),
    "n_train": pl.Int64(),
    "method": pl.String(),
    "strength": pl.Float64(),  # null for a method without one
    "learning_rate": pl.Float64(),
    "trial": pl.Int64(),  # a method's strength and learning rate together, in the order in which ties are broken
    "seed": pl.Int64(),  # what pairs the methods' runs
    "run": pl.String(),
    "published": pl.Float64(),  # the published test score of this method in this study, if there is one
    "published_source": pl.String(),
    "published_train_score": pl.Float64(),
    "published_tolerance": pl.Float64(),  # how far from these values ours may be
    "published_outperforms": pl.List(pl.String),  # the methods that it was published as better than
    "published_deviations": pl.String(),  # what of the published setting does, in this study
}
"""What a suite consists of: which run stands for which method, strength and seed of which study."""
