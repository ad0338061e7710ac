"""One method in one study: the runs that tune it, then those that measure it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from omegaconf import DictConfig

from sharegap.errors import UserError
from sharegap.plan.run import Run, per_run_numbers
from sharegap.plan.schema import Suite
from sharegap.plan.search import Axis, Trial, best_trial, edges, next_trials
from sharegap.plan.trials import LEARNING_RATES, axes_of, mean_scores, set_numbers

FIRST_TUNING_SEED = 1_000_000
"""Settings are tuned on seeds from here on, which no measured run has."""


@dataclass(frozen=True)
class PlannedRun:
    """A run, and what it is for.

    Args:
        phase: "tune" or "measure".
        trial: number of the setting.
        seed: number of the seed, from 0 in each phase.
        at_edge: whether the best setting lies at an end of what was tried.
        run: to train.
    """

    phase: str
    trial: int
    seed: int
    at_edge: bool
    run: Run


def compose_method(suite: Suite, name: str, config: DictConfig, chosen: Mapping[str, str | None]) -> "ComposedMethod":
    """Return what a method in a study consists of.

    Args:
        suite: how it is tuned and measured.
        name: the method's, for messages.
        config: as composed.
        chosen: by group, the names of the files that it was composed from.
    """
    axes = axes_of(name, config, suite.learning_rates, suite.trials) if suite.trials > 1 else []
    if axes and not config.dataset.n_validation:
        raise UserError(f"{name} needs validation samples to choose its settings: set dataset.n_validation")
    return ComposedMethod(suite, axes, config, chosen, Run.of(config, chosen))


@dataclass(frozen=True)
class ComposedMethod:
    """A method in a study, from which its runs follow.

    Args:
        suite: how it is tuned and measured.
        axes: the numbers to tune; empty where nothing is.
        config: as composed.
        chosen: by group, the names of the files that it was composed from.
        base: its run at its own settings.
        runs: those planned so far, by trial and seed.
    """

    suite: Suite
    axes: Sequence[Axis]
    config: DictConfig
    chosen: Mapping[str, str | None]
    base: Run
    runs: dict[tuple[Trial, int], Run] = field(default_factory=dict)

    def plan(self, scores: Mapping[str, float]) -> list[PlannedRun]:
        """Return the runs that are known so far.

        Args:
            scores: by finished run, its validation score; higher is better.
        """
        tried: dict[Trial, list[Run]] = {}
        means: dict[Trial, float] = {}
        while self.axes and (trials := next_trials(self.axes, means, self.suite.trials)):
            for trial in trials:
                tried[trial] = [self._run(trial, FIRST_TUNING_SEED + seed) for seed in range(self.suite.tuning_seeds)]
            means = mean_scores({trial: [run.id for run in runs] for trial, runs in tried.items()}, scores)
            if len(means) < len(tried):
                break
        planned = []
        for number, runs in enumerate(tried.values()):
            for seed, run in enumerate(runs):
                planned.append(PlannedRun("tune", number, seed, False, run))
        if len(means) == len(tried):  # the search has ended
            best = best_trial(self.axes, means) if self.axes else ()
            at_edge = any(name not in LEARNING_RATES for name in edges(self.axes, means)) if self.axes else False
            number = list(tried).index(best) if self.axes else 0
            for seed in range(self.suite.seeds):
                planned.append(PlannedRun("measure", number, seed, at_edge, self._run(best, seed)))
        return planned

    def runs_after(self, planned: Sequence[PlannedRun]) -> int:
        """Return how many runs follow those `planned`, at most."""
        if planned[-1].phase == "measure":
            return 0
        trials_left = self.suite.trials - len({row.trial for row in planned})
        return trials_left * self.suite.tuning_seeds + self.suite.seeds

    def _run(self, trial: Trial, seed: int) -> Run:
        if (trial, seed) not in self.runs:
            self.runs[trial, seed] = self._make_run(trial, seed)
        return self.runs[trial, seed]

    def _make_run(self, trial: Trial, seed: int) -> Run:
        numbers = dict(zip([axis.name for axis in self.axes], trial, strict=True))
        quick = per_run_numbers(self.base.config)
        slow = {axis.name: axis.cast(numbers.pop(axis.name)) for axis in self.axes if axis.name not in quick}
        base = Run.of(set_numbers(self.config, slow), self.chosen) if slow else self.base
        return base.with_numbers(numbers | {"seed": self.base.config["seed"] + seed})
