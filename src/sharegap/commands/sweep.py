"""Many runs at once, from their configs."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from omegaconf import DictConfig, OmegaConf
from rich.console import Console

from sharegap.plan.environment import EnvironmentOptions, check_environment
from sharegap.plan.run import Run
from sharegap.plan.workload import RunList
from sharegap.results import Store


def run_many(configs: Sequence[DictConfig]) -> None:
    """Train the runs that `configs` describe, unless stored, in as few fleets as possible.

    Jobs may differ in where they are stored, trainer and logger: each combination has a driver of its own. All options
    are checked before any training starts.
    """
    sweeps: dict[str, tuple[DictConfig, list[Run]]] = {}
    for config in configs:
        check_environment(config)
        environment = OmegaConf.masked_copy(config, list(EnvironmentOptions.model_fields))
        key = OmegaConf.to_yaml(environment, resolve=True)
        sweeps.setdefault(key, (config, []))[1].append(Run.of(config))
    from sharegap.execute.check import check_runs
    from sharegap.execute.driver import open_driver
    from sharegap.training.runtime import configure_process

    configure_process()  # before anything is computed: threads that exist already would not take it over
    if len(sweeps) > 1:  # else the driver checks what it trains
        check_runs(run for _, runs in sweeps.values() for run in runs)
    for config, runs in sweeps.values():
        with open_driver(config) as driver:
            driver.train(RunList(runs), fresh=config.fresh)


def show_sweep(configs: Sequence[DictConfig], console: Console) -> None:
    """Print one row per setting of the stored runs that `configs` describe; the first of several processes prints."""
    from sharegap.execute.hardware import is_rank_zero
    from sharegap.leaderboard import show_settings

    if not is_rank_zero():
        return
    folders = {config.out for config in configs}
    runs = pl.concat([Store(Path(folder)).runs() for folder in folders])
    runs = runs.filter(pl.col("run").is_in([Run.of(config).id for config in configs]))
    show_settings(runs.unique("run", maintain_order=True), console)
