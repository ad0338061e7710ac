"""From a suite's few lines to all its runs, and the plan that says what each stands for."""

from typing import Any

import polars as pl
from hydra import compose
from omegaconf import DictConfig, OmegaConf

from sharegap.errors import UserError, check_count, unknown
from sharegap.results import PLAN
from sharegap.runs.build import check
from sharegap.runs.run import Run


def expand(suite: DictConfig, precision: str) -> tuple[pl.DataFrame, dict[str, Run]]:
    """The plan of a suite, in the columns of PLAN, and its runs by their ids.

    `precision` is the trainer's. Hydra must be initialized with the project's configs, as in a Hydra program.
    Raises UserError for what could not be trained, before anything is, and where grids differ in length.
    """
    check_count("suite.seeds", suite.seeds, as_is=True)
    plan: list[dict[str, Any]] = []
    runs: dict[str, Run] = {}
    for study, of_study in suite.studies.items():
        sizes: dict[str, int] = {}
        for method in _methods(suite, study):
            overrides = [*of_study, *suite.overrides, f"method={method}", f"trainer.precision={precision}"]
            config = compose("config", overrides)
            grid = grid_of(config)
            if config.method.tunes:
                sizes[method] = len(grid)
                if len(grid) > 1 and not config.dataset.n_validation:
                    raise UserError(
                        f"{method} needs validation samples to choose its strength: set dataset.n_validation"
                    )
            published = OmegaConf.select(suite, f"published.{study}.{method}") or {}
            labels = {
                "suite": suite.name,
                "study": study,
                "dataset": config.dataset.name,
                "model": config.model.name,
                "n_train": config.dataset.n_train,
                "method": method,
                "published": published.get("test_score"),
                "published_source": published.get("source"),
            }
            for index, strength in enumerate(grid):
                if strength is not None:
                    OmegaConf.update(config, config.method.tunes, strength)
                tried = Run.of(config)
                check(tried)
                labels |= {"grid_index": index, "strength": strength}
                for seed in range(suite.seeds):
                    run = tried.with_numbers({"seed": seed})
                    runs[run.id] = run
                    plan.append(labels | {"seed": seed, "run": run.id})
        if len(set(sizes.values())) > 1:
            raise UserError(f"every method must have the same number of strengths to choose from, not {sizes}")
    return pl.DataFrame(plan, schema=PLAN), runs


def _methods(suite: DictConfig, study: str) -> list[str]:
    """The suite's methods, less those that make no sense in this study."""
    without = suite.get("without") or {}
    for name in without:
        if name not in suite.studies:
            raise unknown("study in suite.without", name, suite.studies)
    for method in without.get(study, []):
        if method not in suite.methods:
            raise unknown(f"method in suite.without.{study}", method, suite.methods)
    return [method for method in suite.methods if method not in without.get(study, [])]


def grid_of(config: DictConfig) -> list[float | None]:
    """The strengths to try, weak to strong; a method that tunes nothing has one empty choice.

    `method.tunes` is the path of the number to tune; the grid stands beside it, or in a section around it.
    """
    if config.method.tunes is None:
        return [None]
    section = config.method.tunes
    while section:
        section = section.rpartition(".")[0]
        if grid := OmegaConf.select(config, f"{section}.grid"):
            return list(grid)
    raise UserError(f"method={config.method.name} tunes {config.method.tunes}, which has no grid beside it")
