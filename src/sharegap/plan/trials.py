"""From a method's config to the numbers that are searched for it, and back."""

from collections.abc import Mapping, Sequence
from typing import cast

from omegaconf import DictConfig, OmegaConf

from sharegap.errors import UserError
from sharegap.plan.search import Axis, Trial
from sharegap.results.schema import tuned_paths

LEARNING_RATES = ("optimizer.lr", "model.lr_factor")
"""What multiplies the steps of an optimizer: of sharegap's, or of a LightningModule's that trains by itself."""
UNBOUNDED = (1e-9, 1e9)
"""Bounds of a search where the config states none; its range may be closed by 0 and infinity."""


def axes_of(name: str, config: DictConfig, factors: Sequence[float], budget: int) -> list[Axis]:
    """Return what is searched for a method: its own numbers, then the learning rate.

    `method.tunes` is the path of the number to tune, or a list of paths. Its grid stands beside it, or in a section
    around it, with the bounds of the search.

    Args:
        name: the method's, for messages.
        config: as composed.
        factors: of the config's learning rate, 1 first; with 1 alone it is not tuned.
        budget: the trials of the whole search.

    Raises:
        UserError: for a budget without a trial for each number.
    """
    paths = tuned_paths(OmegaConf.select(config, "method.tunes"))
    rate = LEARNING_RATES[OmegaConf.select(config, "model.lr_factor") is not None]
    rates = [float(f"{OmegaConf.select(config, rate) * factor:.6g}") for factor in factors]
    rate_trials = len(rates) - 1
    least = len(paths) + rate_trials
    if paths and budget < least:
        raise UserError(f"suite.trials must be 1, or >= {least} for all that method={name} tunes, got {budget}")
    axes = []
    for path in paths:
        axes += _axis(name, config, path, (budget - rate_trials) // len(paths))
    if rate_trials:
        axes.append(Axis(rate, tuple(rates), rates[0], *UNBOUNDED, trials=len(rates)))
    return axes


def set_numbers(config: DictConfig, numbers: Mapping[str, float]) -> DictConfig:
    """Return a new config: `config` with some numbers replaced, by their paths."""
    changed = cast(DictConfig, config.copy())
    for path, number in numbers.items():
        OmegaConf.update(changed, path, number, force_add=True)
    return changed


def _axis(name: str, config: DictConfig, path: str, trials: int) -> list[Axis]:
    """The axis of a number; none where its grid is empty."""
    section = path
    while section:
        section = section.rpartition(".")[0]
        grid = OmegaConf.select(config, f"{section}.grid")
        if grid is not None and not grid:
            return []
        if grid:
            weakest, strongest = OmegaConf.select(config, f"{section}.bounds") or UNBOUNDED
            # A strength is a real number, however its grid is written.
            whole = not path.endswith(".strength") and all(isinstance(value, int) for value in grid)
            middle = grid[len(grid) // 2]
            return [Axis(path, tuple(map(float, grid)), float(middle), weakest, strongest, trials, whole)]
    raise UserError(f"method={name} tunes {path}, which has no grid beside it")


def mean_scores(trials: Mapping[Trial, Sequence[str]], scores: Mapping[str, float]) -> dict[Trial, float]:
    """Return the mean score of each trial all of whose runs are finished.

    Args:
        trials: by trial, its runs.
        scores: by finished run, higher is better.
    """
    means = {}
    for trial, runs in trials.items():
        if all(run in scores for run in runs):
            means[trial] = sum(scores[run] for run in runs) / len(runs)
    return means
