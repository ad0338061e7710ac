"""One run, from its config to its row."""

from typing import Any

import polars as pl
from omegaconf import DictConfig

from sharegap.runs.build import check
from sharegap.runs.corridor import corridor
from sharegap.runs.run import Run
from sharegap.runs.understood import tell


def finish(config: DictConfig) -> dict[str, Any]:
    """The row of the run that `config` describes, trained now unless it is stored already."""
    run = Run.of(config)
    check(run)
    with corridor(config) as way:
        tell([run])
        way.complete([run])
        return way.store.runs().row(by_predicate=pl.col("run") == run.id, named=True)
