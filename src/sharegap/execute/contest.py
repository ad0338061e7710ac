"""What is compared for data of one's own: which model, which methods, and what a run of each costs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from omegaconf import DictConfig

from sharegap.data.dataset import Dataset
from sharegap.errors import UserError
from sharegap.execute.build import build_task, load_dataset
from sharegap.execute.check import CheckedStructure, check_runs, compatible_models
from sharegap.execute.estimate import OVERHEAD_RUNS, seconds_of, time_some
from sharegap.execute.hardware import trainer_options
from sharegap.execute.timing import time_fleet
from sharegap.plan.question import BASELINE, Size, compose_question, run_config
from sharegap.plan.run import Run

METHODS = (
    *("none", "soft", "hard", "l2", "dropout", "same_start", "output_noise"),
    *("input_noise", "hard_permuted", "narrow", "augmentation", "ensemble"),
)
"""What is compared unless asked otherwise, the more important first: where time is short, the last are left out."""
MODELS = {
    "related_tasks": "per_task",
    "related_classes": "per_task",
    "multitask": "multitask",
    "pairs": "siamese",
    "reconstruction": "autoencoder",
}
"""The models of kinds that only one is made for."""
TIMED_RUNS = 8
"""In a fleet that is timed."""


@dataclass(frozen=True)
class Contest:
    """What can be compared.

    Args:
        options: of all runs, the model among them.
        costs: by method, the more important first, the seconds of one run in a fleet.
        left_out: why methods are not compared, in words.
    """

    options: list[str]
    costs: Mapping[str, float]
    left_out: list[str]


def open_contest(config: DictConfig, study: str, options: Sequence[str], methods: Sequence[str] | None) -> Contest:
    """Find out what can be compared, and what it costs.

    Args:
        config: the command's, as composed.
        study: the name of the data.
        options: of all runs, as typed.
        methods: what is compared; None for what goes with the data and the model.

    Raises:
        UserError: for data, a model and methods that do not go together.
    """
    run = Run.of(run_config(config))
    dataset = load_dataset(run)
    options = list(options)
    if dataset.kind and not any(word.startswith("model=") for word in options):
        options.append(f"model={default_model(dataset, build_task(run).output_shape, config.model.name)}")
    precision = config.trainer.precision
    wanted = methods or [name for name in METHODS if name != "augmentation" or config.dataset.augmentation]
    suite = compose_question(study, options, wanted, Size(trials=1, tuning_seeds=1, seeds=2), precision)
    runs = {labels["method"]: method.base for labels, method in suite.methods}
    checked, left_out = _check(runs, is_asked=bool(methods))
    left_out += [f"{name} (model.scaled_sizes names no width)" for name in wanted if name not in runs]
    if len(checked) < 2:
        raise UserError(f"methods must leave one to compare with {BASELINE}, got none of them: {'; '.join(left_out)}")
    costs = _costs({name: run for name, run in runs.items() if run.structure in checked}, checked, config.trainer)
    return Contest(options, costs, left_out)


def default_model(dataset: Dataset, output_shape: Sequence[int], otherwise: str) -> str:
    """Return the model for a kind of data, whose site is what such data may share.

    Args:
        dataset: a user's.
        output_shape: of its task.
        otherwise: what the config of the data set chooses.
    """
    if dataset.kind in MODELS:
        return MODELS[dataset.kind]
    channels, *size = dataset.sample_shape
    if channels == 1 and len(size) == 1 and len(output_shape) == 1:
        return otherwise  # the columns of a table, for which others have no order
    fitting = compatible_models(dataset.sample_shape, output_shape, has_tokens=dataset.has_tokens)
    if len(size) == 2 and "local2d" in fitting:
        return "local2d"
    if len(size) == 1 and channels > 1 and "local1d" in fitting:
        return "local1d"
    return fitting[0] if fitting and otherwise not in fitting else otherwise


def _check(runs: Mapping[str, Run], *, is_asked: bool) -> tuple[dict[str, CheckedStructure], list[str]]:
    """Check the run of each method; one that was not asked for, and does not go with the data, is left out."""
    checked: dict[str, CheckedStructure] = {}
    left_out = []
    for method, run in runs.items():
        try:
            structures = check_runs([run])
        except UserError as error:
            if is_asked or method == "none":
                raise
            left_out.append(f"{method} ({error})")
            continue
        objective = structures[run.structure].objective
        if objective.scored_at != "final":
            raise UserError(
                f"methods must be without {method}, whose weights are chosen on the validation samples that are to "
                "judge it: bench compares it"
            )
        checked |= structures
    return checked, left_out


def _costs(runs: Mapping[str, Run], checked: Mapping[str, CheckedStructure], trainer: DictConfig) -> dict[str, float]:
    """Return by method the seconds of one run in a fleet."""
    options = trainer_options(trainer)
    fleets = []
    for run in runs.values():
        count = 1 if checked[run.structure].alone else TIMED_RUNS
        seeds = range(run.config["seed"], run.config["seed"] + count)
        fleets.append([run.with_numbers({"seed": seed}) for seed in seeds])

    def time_one(fleet: Sequence[Run]) -> float | None:
        return time_fleet(fleet, checked[fleet[0].structure], options)

    seconds = seconds_of(fleets, time_some(fleets, time_one))
    # What trains one by one shares nothing with other runs.
    shares = [len(fleet) + OVERHEAD_RUNS if len(fleet) > 1 else 1 for fleet in fleets]
    return {name: time / share for name, time, share in zip(runs, seconds, shares, strict=True)}
