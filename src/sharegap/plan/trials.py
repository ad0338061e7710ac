"""The settings that each method of a study tries."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
from omegaconf import DictConfig, OmegaConf

from sharegap.errors import UserError


@dataclass(frozen=True)
class Trial:
    """One setting of a method.

    Args:
        strength: its strength; None for a method that tunes none.
        learning_rate: the optimizer's.
    """

    strength: float | None
    learning_rate: float

    def compose(self, config: DictConfig) -> DictConfig:
        """Return a new config: `config` with this setting."""
        setting = OmegaConf.create({"optimizer": {"lr": self.learning_rate}})
        if self.strength is not None:
            OmegaConf.update(setting, _tuned(config), self.strength, force_add=True)
        return cast(DictConfig, OmegaConf.merge(config, setting))


def make_trials(configs: Mapping[str, DictConfig], factors: Sequence[float]) -> dict[str, list[Trial]]:
    """List what each method tries, in the order in which ties are broken.

    All methods have the same number of trials. Every strength meets every learning rate, the config's own times each
    of `factors`. A method without a strength spends its trials on more learning rates between the same ends. Strengths
    go from weak to strong; the config's own learning rate comes first, then the nearest ones.

    Args:
        configs: each method's composed config, by name.
        factors: of the config's own learning rate.

    Raises:
        UserError: where grids differ in length, or several trials have no validation samples to choose by.
    """
    grids, sizes = {}, {}
    for name, config in configs.items():
        grids[name] = strengths_of(name, config)
        if _tuned(config):
            sizes[name] = len(grids[name])
    if len(set(sizes.values())) > 1:
        raise UserError(f"every method must have the same number of strengths to choose from, not {sizes}")
    trials = {}
    for name, grid in grids.items():
        config = configs[name]
        count = len(factors) if name in sizes else len(factors) * max(sizes.values(), default=1)
        rates = _learning_rates(config.optimizer.lr, factors, count)
        trials[name] = list(_pair(grid, rates))
        if len(trials[name]) > 1 and not config.dataset.n_validation:
            raise UserError(f"{name} needs validation samples to choose its settings: set dataset.n_validation")
    return trials


def _pair(strengths: Sequence[float | None], rates: Sequence[float]) -> Iterator[Trial]:
    for strength in strengths:
        for rate in rates:
            yield Trial(strength, rate)


def _learning_rates(default: float, factors: Sequence[float], count: int) -> list[float]:
    """`count` learning rates between the ends of `factors` times the default, the nearest to it first."""
    if len(factors) == 1:
        return [default]
    logs = np.log(sorted(factors))
    positions = np.linspace(0, len(logs) - 1, count)
    between = np.interp(positions, np.arange(len(logs)), logs)
    nearest_first = sorted(between, key=lambda log: (round(abs(log), 9), log))
    return [float(f"{default * math.exp(log):.6g}") for log in nearest_first]


def strengths_of(name: str, config: DictConfig) -> list[float | None]:
    """List the strengths to try, weak to strong; a method that tunes nothing has one empty choice.

    `method.tunes` is the path of the number to tune. Its grid stands beside it, or in a section around it.
    """
    section = path = _tuned(config)
    if not path:
        return [None]
    while section:
        section = section.rpartition(".")[0]
        if grid := OmegaConf.select(config, f"{section}.grid"):
            return list(grid)
    raise UserError(f"method={name} tunes {path}, which has no grid beside it")


def _tuned(config: DictConfig) -> str:
    """The path of the number that a method tunes; empty for one that tunes none."""
    return OmegaConf.select(config, "method.tunes") or ""
