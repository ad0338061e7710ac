"""The stored tables: finished runs, and the plan of a suite. Their columns and their version."""

from collections.abc import Iterable
from typing import NotRequired, TypedDict

import polars as pl

VERSION = 6
"""Version of the stored columns and of their meaning. Files of another version are not read."""

SNAPSHOTS = ("final", "best_val")
"""The weights that a run is measured at: see `sharegap.training.fleet`."""
SPLITS = ("train", "validation", "test")

RUNS: dict[str, pl.DataType] = {
    "run": pl.String(),  # identity: the hash of `config` and of the protocol's version
    "config": pl.String(),  # the resolved config as JSON
    "score_name": pl.String(),  # e.g. accuracy
    "higher_is_better": pl.Boolean(),  # direction of the scores: false of e.g. perplexity
    "scored_at": pl.String(),  # the snapshot at which the method is scored
    "diverged": pl.Boolean(),
    "unique_parameters": pl.Int64(),
    "train_seconds": pl.Float64(),  # this run's share of its fleet's training time, by steps
    # Measured in eval mode on clean data. A snapshot that was never taken has no rows. `split` is null where it makes
    # no sense: of `step`, `relative_copy_distance` and `cka`. Other metrics: `score`, `loss`, and the task's own; and
    # `samples`, how many there are of the split: of `test` at `final`, the same at all weights.
    "measurements": pl.List(
        pl.Struct({"snapshot": pl.String(), "split": pl.String(), "metric": pl.String(), "value": pl.Float64()})
    ),
    # Score and loss on each split at each evaluation until the run ended.
    "curve": pl.List(
        pl.Struct({"step": pl.Int64(), "split": pl.String(), "metric": pl.String(), "value": pl.Float64()})
    ),
}
"""One row per finished run."""

PLAN: dict[str, pl.DataType] = {
    "suite": pl.String(),
    "series": pl.String(),  # studies that differ in training-set size only
    "study": pl.String(),
    "method": pl.String(),
    "phase": pl.String(),  # tune, or measure: on fresh seeds, at the setting that was best in tuning
    "trial": pl.Int64(),  # index of the tried settings of a method, in the order in which they were tried
    "seed": pl.Int64(),  # methods are paired by it
    "at_edge": pl.Boolean(),  # whether the measured setting lies at an end of what was tried
    "run": pl.String(),
}
"""What a suite consists of: which run stands for which study, method, trial and seed."""

FLEETS: dict[str, pl.DataType] = {"run": pl.String(), "fleet": pl.String()}
"""Which runs were packed into one fleet when they were first planned."""


class MethodFacts(TypedDict):
    """What the config of a method declares about it. Every key is there; a value that is not declared is None."""

    tunes: str | list[str] | None
    """Path of the tuned number in the run's config, e.g. `sharing.strength`, or the paths of two."""
    path: str | None
    """Name of the path of methods that this one lies on, e.g. `sharing`."""
    path_position: float | None
    """Position on that path, from 0 to infinity. None: the method's strength is its position."""
    control: str | None
    """What else than sharing may explain an effect, and does in this method: `start`, `parameters`, `structure`."""
    shares: bool | None
    """Whether it shares weights: whether its strategy is another than `independent`. None of one from a table."""
    combines: list[str] | None
    """Names of the two methods that this one combines, the sharing method first."""


def tuned_paths(tunes: str | Iterable[str] | None) -> list[str]:
    """Return the paths that a `tunes` names: one, several or none."""
    return [tunes] if isinstance(tunes, str) else list(tunes or ())


class PublishedFacts(TypedDict, total=False):
    """What the literature reports of one method in one study. A key that is not reported is left out."""

    test_score: float
    train_score: float
    tolerance: float
    """Largest absolute difference at which our mean counts as a replication."""
    outperforms: list[str]
    """The methods that it was published as better than."""
    source: str


class SuiteFacts(TypedDict):
    """The facts about a suite that no single run carries. Stored beside its plan, as JSON."""

    name: str
    baseline: str
    """Name of the method that all others are compared with, usually `none`."""
    trials: int
    """How many settings every method tries; 1: none, it is measured at its config's own."""
    tuning_seeds: int
    """How many runs each setting is tuned by."""
    methods: dict[str, MethodFacts]
    published: dict[str, dict[str, PublishedFacts]]
    """By study, then by method."""
    deviations: dict[str, str]
    """By study: how its setting deviates from the published one."""
    anchors: dict[str, dict[str, list[str]]]
    """By study, then by anchor: its runs, in the order of the seeds. In no plan, as they compete with nothing."""
    negative_controls: list[str]
    """The studies in which what sharing assumes does not hold."""
    notes: NotRequired[list[str]]
    """Of a suite that was made of a table of scores, what a reader must know of it; a trained suite has no such key."""
